// Stripe webhook: what the payment provider tells. The signature is checked over the bytes as they came, before anything
// of them is read; each event acts once, and the newest state of a subscription wins.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { faults } from '@molecule/domain';
import { z } from 'zod';
import type { BillingStore, SubscriptionNews } from './billing-store.ts';
import { PLANS } from './plans.ts';

const TOLERANCE_SECONDS = 300;

const envelope = z.object({
  id: z.string().min(1).max(255),
  type: z.string().max(100),
  created: z.number(),
  data: z.object({ object: z.record(z.string(), z.unknown()) }),
});
const ours = z.object({ org_id: z.uuid(), plan: z.enum(['starter', 'pro']) });
const subscription = z.object({
  id: z.string().max(255),
  customer: z.string().max(255).nullish(),
  status: z.string().max(50),
  metadata: ours,
});

const checkout = z.object({
  customer: z.string().max(255).nullish(),
  subscription: z.string().max(255).nullish(),
  payment_status: z.enum(['paid', 'no_payment_required']),
  metadata: ours,
});
/** An invoice names its subscription, and with it whose it is, below `parent`; older versions of the API beside it. */
const invoice = z
  .object({
    id: z.string().min(1).max(255),
    customer: z.string().max(255).nullish(),
    parent: z.object({
      subscription_details: z.object({ subscription: z.string().max(255), metadata: ours }),
    }),
  })
  .or(
    z
      .object({
        id: z.string().min(1).max(255),
        customer: z.string().max(255).nullish(),
        subscription: z.string().max(255),
        subscription_details: z.object({ metadata: ours }),
      })
      .transform(({ id, customer, subscription, subscription_details: { metadata } }) => ({
        id,
        customer,
        parent: { subscription_details: { subscription, metadata } },
      })),
  );

type Told = Record<string, unknown>;
type News = Omit<SubscriptionNews, 'objectAt'> & { paidInvoice?: string };

/** What each kind of event says; null where it is not about an organisation of ours. */
const READERS: Readonly<Record<string, (object: Told) => News | null>> = {
  'customer.subscription.created': readSubscription,
  'customer.subscription.updated': readSubscription,
  'customer.subscription.deleted': (object) => {
    const news = readSubscription(object);
    return news && { ...news, status: 'canceled' };
  },
  'checkout.session.completed': (object) => {
    const { success, data } = checkout.safeParse(object);
    if (!success) return null;
    const { metadata, customer, subscription: id } = data;
    return newsOf(metadata, customer, id, 'active');
  },
  'invoice.paid': (object) => {
    const { success, data } = invoice.safeParse(object);
    if (!success) return null;
    const { subscription: id, metadata } = data.parent.subscription_details;
    return { ...newsOf(metadata, data.customer, id, 'active'), paidInvoice: data.id };
  },
  'invoice.payment_failed': (object) => {
    const { success, data } = invoice.safeParse(object);
    if (!success) return null;
    const { subscription: id, metadata } = data.parent.subscription_details;
    return newsOf(metadata, data.customer, id, 'past_due');
  },
};

/** `t=<seconds>,v1=<hex>`, more than one v1 while a secret is rotated. */
export function isSignedByStripe(raw: Buffer, header: unknown, secret: string, nowMs: number): boolean {
  if (typeof header !== 'string') return false;
  const parts = header.split(',').map((part) => part.trim().split('=', 2) as [string, string?]);
  const seconds = parts.find(([key]) => key === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(seconds) || Math.abs(nowMs / 1000 - Number(seconds)) > TOLERANCE_SECONDS)
    return false;
  const expected = createHmac('sha256', secret).update(`${seconds}.`).update(raw).digest();
  return parts.some(([key, value]) => {
    if (key !== 'v1' || !/^[0-9a-f]{64}$/.test(value ?? '')) return false;
    return timingSafeEqual(expected, Buffer.from(value as string, 'hex'));
  });
}

/** Resolves when the event was acted on, now or before. */
export async function receiveStripeEvent(
  deps: { billing: BillingStore; reconcileSoon(): void },
  raw: Buffer,
): Promise<void> {
  const event = envelope.safeParse(parse(raw));
  if (!event.success) throw faults.invalidRequest('this is no event');
  const { id, type, created, data } = event.data;
  if (!(await deps.billing.keepEvent(id, type))) return;
  const read = Object.hasOwn(READERS, type) ? READERS[type]?.(data.object) : null;
  if (read) {
    const { paidInvoice, ...news } = read;
    await deps.billing.subscribe({ ...news, objectAt: created * 1000 });
    const { monthlyCredits } = PLANS[news.plan];
    if (paidInvoice && monthlyCredits > 0)
      await deps.billing.grant(news.orgId, monthlyCredits, `plan ${news.plan}`, paidInvoice);
    deps.reconcileSoon();
  }
  await deps.billing.eventDone(id);
}

function readSubscription(object: Told): News | null {
  const { success, data } = subscription.safeParse(object);
  return success ? newsOf(data.metadata, data.customer, data.id, data.status) : null;
}

function newsOf(
  { org_id: orgId, plan }: z.output<typeof ours>,
  customerId: string | null | undefined,
  subscriptionId: string | null | undefined,
  status: string,
): News {
  return { orgId, plan, customerId: customerId ?? null, subscriptionId: subscriptionId ?? null, status };
}

function parse(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return null; // What is no JSON is no event either.
  }
}
