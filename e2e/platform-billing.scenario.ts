// Platform billing: plans that are paid for at a payment provider, from the page to pay on to the last cancellation.

import { type FakeStripe, signStripeEvent, startFakeStripe } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { until } from './support/api.ts';
import { type ScenarioPlatform, startPlatform } from './support/platform.ts';

const KEY = 'sk_test_of_this_scenario';
const WEBHOOK_SECRET = 'whsec_of_this_scenario';
const PRICES = { starter: 'price_starter', pro: 'price_pro' };

let stripe: FakeStripe;
let platform: ScenarioPlatform;
let owner: string;
let eventNumber = 0;

beforeAll(async () => {
  stripe = await startFakeStripe({ secretKey: KEY, prices: Object.values(PRICES) });
  platform = await startPlatform({
    PLACEMENT_DRIVER: 'fake',
    STRIPE_SECRET_KEY: KEY,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_PRICE_STARTER: PRICES.starter,
    STRIPE_PRICE_PRO: PRICES.pro,
    STRIPE_API_URL: stripe.url,
  });
  owner = await platform.signUp('payer@example.test');
});
afterAll(async () => {
  await platform?.stop();
  stripe?.close();
});

const call = (path: string, method = 'GET', body?: unknown) =>
  platform.call(path, { method, headers: { cookie: owner }, body });
const page = () => `http://localhost:${platform.port}/`;
const checkout = (plan: string, slug = 'paying') =>
  call('/cp/billing/checkout', 'POST', { org_slug: slug, plan, success_url: page(), cancel_url: page() });
const portal = (slug = 'paying') =>
  call('/cp/billing/portal', 'POST', { org_slug: slug, return_url: page() });
const org = async () => (await call('/cp/orgs/paying')).body;

async function tell(type: string, object: Record<string, unknown>): Promise<void> {
  const event = { id: `evt_${++eventNumber}`, type, created: 1_800_000_000 + eventNumber, data: { object } };
  for (const _ of ['first', 'replayed']) {
    const { body, signature } = signStripeEvent(event, WEBHOOK_SECRET);
    const headers = { 'stripe-signature': signature };
    const answer = await platform.call('/webhooks/stripe', { method: 'POST', body, headers });
    expect([answer.status, answer.body]).toEqual([200, { received: true }]);
  }
}

const invoiceOf = (id: string, orgId: unknown, plan = 'pro') => ({
  id,
  customer: 'cus_1',
  parent: { subscription_details: { subscription: 'sub_1', metadata: { org_id: orgId, plan } } },
});

describe('an organisation with a plan that costs money', () => {
  it(
    verifies('platform.billing', 'waits for its payment, and boots once the provider says that it came'),
    async () => {
      const made = await call('/cp/orgs', 'POST', { slug: 'paying', name: 'Paying', plan: 'pro' });
      expect([made.status, made.body.status]).toEqual([201, 'awaiting_payment']);
      expect([(await portal()).status, (await portal()).body.code]).toEqual([409, 'conflict']);

      const paid = await checkout('pro');
      const [session] = stripe.sessions;
      expect([paid.status, paid.body]).toEqual([
        200,
        { url: `${stripe.url}/pay/${session?.id}`, id: session?.id },
      ]);
      const id = made.body.id as string;
      expect(session?.params).toEqual({
        mode: 'subscription',
        'line_items[0][price]': PRICES.pro,
        'line_items[0][quantity]': '1',
        success_url: page(),
        cancel_url: page(),
        client_reference_id: id,
        'metadata[org_id]': id,
        'metadata[plan]': 'pro',
        'subscription_data[metadata][org_id]': id,
        'subscription_data[metadata][plan]': 'pro',
      });
      expect((await org()).status).toBe('awaiting_payment');

      stripe.customers.add('cus_1');
      stripe.subscriptions.add('sub_1');
      const metadata = { org_id: id, plan: 'pro' };
      await tell('checkout.session.completed', {
        customer: 'cus_1',
        subscription: 'sub_1',
        payment_status: 'paid',
        metadata,
      });
      await until('it runs', async () => (await org()).status === 'running', 30_000);
      expect((await org()).plan).toBe('pro');
    },
  );

  it(verifies('platform.billing', 'is led to the portal for every other change'), async () => {
    expect((await portal()).body).toEqual({ url: `${stripe.url}/portal/cus_1` });
    expect([(await checkout('starter')).status, stripe.sessions.length]).toEqual([409, 1]);
  });

  it(verifies('platform.billing', 'gets its credits with each paid invoice, once'), async () => {
    const id = (await org()).id;
    const balance = async () =>
      ((await call('/cp/orgs/paying/usage')).body.credits as { balance: number }).balance;
    const before = await balance();
    await tell('invoice.paid', invoiceOf('in_1', id));
    expect(await balance()).toBe(before + 25_000);
    await tell('invoice.paid', invoiceOf('in_1', id));
    expect(await balance()).toBe(before + 25_000);
    await tell('invoice.paid', invoiceOf('in_2', id));
    expect(await balance()).toBe(before + 50_000);
  });

  it(
    verifies(
      'platform.billing',
      'keeps its plan while the provider tries to be paid, and loses it at the end',
    ),
    async () => {
      const id = (await org()).id;
      await tell('invoice.payment_failed', invoiceOf('in_3', id));
      expect((await org()).plan).toBe('pro');
      const metadata = { org_id: id, plan: 'pro' };
      await tell('customer.subscription.updated', {
        id: 'sub_1',
        customer: 'cus_1',
        status: 'unpaid',
        metadata,
      });
      expect((await org()).plan).toBe('free');
      await tell('customer.subscription.updated', {
        id: 'sub_1',
        customer: 'cus_1',
        status: 'active',
        metadata,
      });
      expect((await org()).plan).toBe('pro');
      await tell('customer.subscription.updated', {
        id: 'sub_1',
        status: 'active',
        metadata: { org_id: 'rubbish', plan: 'pro' },
      });
      await tell('charge.refunded', { id: 'ch_1' });
      expect((await org()).plan).toBe('pro');
    },
  );

  it.each([500, 429, 401, 400])(
    verifies('platform.billing', 'is told plainly when the provider answers %i, and nothing of its words'),
    async (status) => {
      stripe.failWith = status;
      try {
        const answer = await portal();
        expect([answer.status, answer.body.error]).toEqual([
          503,
          'the payment provider does not answer as it should; try again later',
        ]);
        expect(answer.text).not.toContain(KEY);
      } finally {
        stripe.failWith = null;
      }
    },
    60_000,
  );

  it(verifies('platform.billing', 'ends at the provider when it is deleted'), async () => {
    const deleted = await call('/cp/orgs/paying', 'DELETE', { confirm: 'paying' });
    expect(deleted.status).toBe(204);
    expect([[...stripe.subscriptions], [...stripe.customers]]).toEqual([[], []]);
    expect(stripe.calls.filter((line) => line.startsWith('DELETE'))).toEqual([
      'DELETE /v1/subscriptions/sub_1',
      'DELETE /v1/customers/cus_1',
    ]);
  });

  it(verifies('platform.billing', 'shows its key to nobody'), async () => {
    expect(platform.output()).not.toContain(KEY);
  });
});
