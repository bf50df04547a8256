// Stripe billing: plans are paid for at Stripe. People pay and change their plan on Stripe's pages; what becomes of it is heard
// by webhook (stripe-webhook.ts), and nothing holds before that.
//
//   S1. An organisation has one subscription: who pays already is led to the portal, and not into a second one.
//   S2. The organisation and its plan ride on everything that is made at Stripe, so that each event names them.
//   S3. What ends here is gone there: subscriptions with their customer; what Stripe does not know any more is done.
//   S4. Stripe away is a 503 that says so; its own words about keys and accounts go to the log alone.

import type { platform } from '@molecule/contracts';
import { Fault, faults } from '@molecule/domain';
import type { Log, Secret } from '@molecule/kit';
import type Stripe from 'stripe';
import type { BillingProvider } from './billing-provider.ts';
import type { BillingStore } from './billing-store.ts';

const CALL_LIMIT_MS = 10_000;
const RETRIES = 2;
/** In these an organisation has a subscription; any other way to pay is the portal. */
const LIVE = new Set(['active', 'trialing', 'past_due', 'unpaid']);

export interface StripeSettings {
  secretKey: Secret;
  /** Ids of recurring prices at Stripe. */
  prices: Readonly<Record<'starter' | 'pro', string>>;
  /** Null for Stripe's own address. */
  apiUrl: string | null;
}

export class StripeBilling implements BillingProvider {
  readonly name = 'stripe';
  readonly paidPlans: ReadonlySet<platform.Plan> = new Set(['starter', 'pro']);
  readonly #settings: StripeSettings;
  readonly #store: BillingStore;
  readonly #log: Log;
  #client: Promise<Stripe> | null = null;

  constructor(settings: StripeSettings, store: BillingStore, log: Log) {
    this.#settings = settings;
    this.#store = store;
    this.#log = log;
  }

  /** S1, S2. */
  async checkout({ org, plan, successUrl, cancelUrl }: Parameters<BillingProvider['checkout']>[0]) {
    const known = await this.#store.findSubscription(org.id);
    if (known && LIVE.has(known.status))
      throw faults.conflict('this organisation has a subscription; change it in the billing portal');
    const metadata = { org_id: org.id, plan };
    const session = await this.#call((stripe) =>
      stripe.checkout.sessions.create({
        mode: 'subscription',
        ...(known?.customerId ? { customer: known.customerId } : {}),
        line_items: [{ price: this.#settings.prices[plan], quantity: 1 }],
        success_url: successUrl,
        cancel_url: cancelUrl,
        client_reference_id: org.id,
        metadata,
        subscription_data: { metadata },
      }),
    );
    if (!session.url) throw faults.backendTransient('the payment provider gave no page to pay on');
    return { url: session.url, id: session.id };
  }

  async portal({ org, returnUrl }: Parameters<BillingProvider['portal']>[0]) {
    const customer = (await this.#store.findSubscription(org.id))?.customerId;
    if (!customer) throw faults.conflict('nothing was paid for yet; choose a plan first');
    const session = await this.#call((stripe) =>
      stripe.billingPortal.sessions.create({ customer, return_url: returnUrl }),
    );
    return { url: session.url };
  }

  /** S3. */
  async end(orgId: string): Promise<void> {
    const known = await this.#store.findSubscription(orgId);
    if (known?.subscriptionId && known.status !== 'canceled') {
      const id = known.subscriptionId;
      await this.#call((stripe) => stripe.subscriptions.cancel(id).catch(unlessGone));
    }
    if (known?.customerId) {
      const id = known.customerId;
      await this.#call((stripe) => stripe.customers.del(id).catch(unlessGone));
    }
    await this.#store.endSubscription(orgId);
  }

  /** S4. */
  async #call<T>(run: (stripe: Stripe) => Promise<T>): Promise<T> {
    this.#client ??= this.#open();
    try {
      return await run(await this.#client);
    } catch (error) {
      if (error instanceof Fault) throw error;
      this.#log.error({ err: error }, 'the payment provider did not do as asked');
      throw faults.backendTransient(
        'the payment provider does not answer as it should; try again later',
        error,
      );
    }
  }

  /** Loaded when it is needed: it is large, and most platforms take no money. */
  async #open(): Promise<Stripe> {
    const { default: Client } = await import('stripe');
    const { secretKey, apiUrl } = this.#settings;
    const at = apiUrl === null ? null : new URL(apiUrl);
    return new Client(secretKey.reveal(), {
      timeout: CALL_LIMIT_MS,
      maxNetworkRetries: RETRIES,
      telemetry: false,
      ...(at
        ? { host: at.hostname, port: at.port, protocol: at.protocol === 'http:' ? 'http' : 'https' }
        : {}),
    });
  }
}

function unlessGone(error: unknown): void {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode !== 404 && code !== 'resource_missing') throw error;
}
