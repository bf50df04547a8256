// Spend: what roles spent this month of what they may. Whole US cents, as agents report them; nobody else counts them.

import type { Role, Roles } from '../workspaces/model.ts';

export interface SpendLine {
  role: Role;
  spentCents: number;
  limitCents: number | null;
  /** Of its limit; null without one. Above 1 when more was spent than allowed. */
  share: number | null;
}

export interface SpendSheet {
  lines: readonly SpendLine[];
  totalCents: number;
}

/** Whoever spent most stands first; who spent nothing and may spend anything is left out of the way at the end. */
export function spendSheet(roles: Roles): SpendSheet {
  const lines = Object.values(roles)
    .map(toLine)
    .sort((a, b) => b.spentCents - a.spentCents || a.role.name.localeCompare(b.role.name));
  return { lines, totalCents: lines.reduce((sum, line) => sum + line.spentCents, 0) };
}

function toLine(role: Role): SpendLine {
  return { role, spentCents: role.spendCents, limitCents: role.budgetCents, share: shareOf(role) };
}

/** A limit of nothing is spent from the start. */
export function shareOf({ spendCents, budgetCents }: Role): number | null {
  if (budgetCents === null) return null;
  return budgetCents === 0 ? 1 : spendCents / budgetCents;
}

export type SpendState = 'free' | 'well' | 'near' | 'over';
const NEAR = 0.8;

/** `over`: messages to the role are refused until its limit is raised or the month is over. */
export function spendState(share: number | null): SpendState {
  if (share === null) return 'free';
  if (share >= 1) return 'over';
  return share >= NEAR ? 'near' : 'well';
}

/** What a person wrote as dollars, in cents; `undefined` when it is no amount; null when it is empty: no limit. */
export function readDollars(text: string): number | null | undefined {
  const bare = text
    .trim()
    .replace(/^\$\s*/, '')
    .replace(',', '.');
  if (bare === '') return null;
  if (!/^\d{1,10}(\.\d{1,2})?$/.test(bare)) return undefined;
  return Math.round(Number(bare) * 100);
}
