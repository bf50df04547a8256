// Stripe webhook: what the payment provider tells. The signature is checked over the bytes as they came, before anything
// of them is read; each event acts once, and the newest state of a subscription wins.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { faults } from '@molecule/domain';
import { z } from 'zod';
import type { BillingStore } from './billing-store.ts';

const TOLERANCE_SECONDS = 300;

const envelope = z.object({
  id: z.string().min(1).max(255),
  type: z.string().max(100),
  created: z.number(),
  data: z.object({ object: z.record(z.string(), z.unknown()) }),
});
const subscription = z.object({
  id: z.string().max(255),
  customer: z.string().max(255).nullish(),
  status: z.string().max(50),
  metadata: z.object({ org_id: z.uuid(), plan: z.enum(['starter', 'pro']) }),
});

const HANDLED = /^customer\.subscription\.(created|updated|deleted)$/;

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
  const known = HANDLED.test(type) ? subscription.safeParse(data.object) : null;
  if (known?.success) {
    const { metadata, customer, status } = known.data;
    await deps.billing.subscribe({
      orgId: metadata.org_id,
      customerId: customer ?? null,
      subscriptionId: known.data.id,
      status: type.endsWith('.deleted') ? 'canceled' : status,
      plan: metadata.plan,
      objectAt: created * 1000,
    });
    deps.reconcileSoon();
  }
  await deps.billing.eventDone(id);
}

function parse(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return null; // What is no JSON is no event either.
  }
}
