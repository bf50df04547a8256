// Org view: an organisation as its members and partners see it.

import type { platform } from '@molecule/contracts';
import type { Org } from './org-store.ts';

export interface Credits {
  balance: number;
  monthly: number;
  overageUsed: number;
  overageCap: number;
}

export const NO_CREDITS: Credits = { balance: 0, monthly: 0, overageUsed: 0, overageCap: 0 };

const iso = (ms: number) => new Date(ms).toISOString();

export function orgView(org: Org, credits: Credits): platform.OrgView {
  return {
    id: org.id,
    slug: org.slug,
    name: org.name,
    plan: org.plan,
    status: org.status,
    created_at: iso(org.createdAt),
    updated_at: iso(org.updatedAt),
    credits_balance: credits.balance,
    plan_monthly_credits: credits.monthly,
    overage_used_credits: credits.overageUsed,
    overage_cap_credits: credits.overageCap,
  };
}
