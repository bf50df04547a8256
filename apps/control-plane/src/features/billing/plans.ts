// Plans: what each allows and includes. Flat for an organisation, not for each seat.

import type { platform } from '@molecule/contracts';

export interface PlanTerms {
  shownAs: string;
  /** Null: as many as they like. */
  maxWorkspaces: number | null;
  monthlyCredits: number;
  overageCap: number;
  priceDollarsPerMonth: number;
}

/** A credit is a thousand tokens. */
export const TOKENS_PER_CREDIT = 1_000;
export const TRIAL_CREDITS = 250;

export const PLANS: Readonly<Record<platform.Plan, PlanTerms>> = {
  free: { shownAs: 'Free', maxWorkspaces: 3, monthlyCredits: 0, overageCap: 0, priceDollarsPerMonth: 0 },
  starter: {
    shownAs: 'Team',
    maxWorkspaces: 10,
    monthlyCredits: 5_000,
    overageCap: 0,
    priceDollarsPerMonth: 29,
  },
  pro: {
    shownAs: 'Growth',
    maxWorkspaces: null,
    monthlyCredits: 25_000,
    overageCap: 10_000,
    priceDollarsPerMonth: 99,
  },
};

export function creditsOf(tokens: number): number {
  return tokens / TOKENS_PER_CREDIT;
}
