// Billing provider: who takes the money. The local one takes none: a plan is chosen and holds at once.

import type { platform } from '@molecule/contracts';
import type { BillingStore } from './billing-store.ts';

export interface BillingProvider {
  readonly name: string;
  /** Plans that must be paid for before a tenant is made. */
  readonly paidPlans: ReadonlySet<platform.Plan>;
  checkout(input: {
    org: { id: string; slug: string };
    plan: 'starter' | 'pro';
    successUrl: string;
    cancelUrl: string;
  }): Promise<{ url: string; id?: string }>;
  portal(input: { org: { id: string }; returnUrl: string }): Promise<{ url: string }>;
  /** Ends every subscription of the organisation; one that is gone is no error. */
  end(orgId: string): Promise<void>;
}

export class LocalBilling implements BillingProvider {
  readonly name = 'local';
  readonly paidPlans: ReadonlySet<platform.Plan> = new Set();
  readonly #store: BillingStore;
  readonly #now: () => number;

  constructor(store: BillingStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  async checkout(input: Parameters<BillingProvider['checkout']>[0]): Promise<{ url: string }> {
    await this.#store.subscribe({
      orgId: input.org.id,
      customerId: null,
      subscriptionId: null,
      status: 'active',
      plan: input.plan,
      objectAt: this.#now(),
    });
    return { url: input.successUrl };
  }

  async portal(input: { returnUrl: string }): Promise<{ url: string }> {
    return { url: input.returnUrl };
  }

  end(orgId: string): Promise<void> {
    return this.#store.endSubscription(orgId);
  }
}
