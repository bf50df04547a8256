// Billing store: usage that tenants report, credits as entries, subscriptions as the provider last told.

import type { platform } from '@molecule/contracts';

export interface UsageSum {
  model: string;
  provider: string;
  tokensIn: number;
  tokensOut: number;
  cacheRead: number;
  cacheWrite: number;
  events: number;
}

export interface CreditSums {
  balance: number;
  used: number;
  overage: number;
}

export interface SubscriptionNews {
  orgId: string;
  customerId: string | null;
  subscriptionId: string | null;
  status: string;
  plan: platform.Plan;
  /** When the provider made this state, epoch milliseconds: the newest wins. */
  objectAt: number;
}

export interface BillingStore {
  /** Each event counts once and uses its credits in the same transaction; answers how many were new. */
  addUsage(orgId: string, events: readonly (platform.UsageEvent & { credits: number })[]): Promise<number>;
  sumUsage(orgId: string, fromMs: number, toMs: number): Promise<UsageSum[]>;
  credits(orgId: string, sinceMs?: number): Promise<CreditSums>;
  /** False when the same source gave before. */
  grant(orgId: string, amount: number, reason: string, sourceId: string): Promise<boolean>;
  /** When the tenant began to run and stopped, as hours in the period. */
  instanceHours(orgId: string, fromMs: number, toMs: number): Promise<number>;

  /** Stored before it acts; false when it was acted on already. */
  keepEvent(eventId: string, kind: string): Promise<boolean>;
  eventDone(eventId: string): Promise<void>;
  /** Plan and, for an active one, the end of `awaiting_payment`. An older state than the known one changes nothing. */
  subscribe(news: SubscriptionNews): Promise<boolean>;
  endSubscription(orgId: string): Promise<void>;
  /** As the provider last told; null when nobody ever paid. */
  findSubscription(
    orgId: string,
  ): Promise<{ customerId: string | null; subscriptionId: string | null; status: string } | null>;
}
