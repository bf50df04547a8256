// Platform billing: plans, checkout, usage and webhooks.

import { z } from 'zod';
import { slugParams } from './platform-orgs.ts';
import { definePlatformRoute } from './platform-route.ts';

const url = z.string().max(2_000);

export const checkout = definePlatformRoute({
  name: 'checkout',
  method: 'POST',
  path: '/cp/billing/checkout',
  policy: 'creator',
  scope: 'billing:manage',
  tag: 'billing',
  summary: 'Begin to pay for a plan',
  body: z.object({
    org_slug: z.string().max(64),
    plan: z.enum(['starter', 'pro']),
    success_url: url,
    cancel_url: url,
  }),
  response: z.object({ url: z.string(), id: z.string().optional() }),
  errors: [403, 404, 409, 503],
});

export const billingPortal = definePlatformRoute({
  name: 'billingPortal',
  method: 'POST',
  path: '/cp/billing/portal',
  policy: 'creator',
  scope: 'billing:manage',
  tag: 'billing',
  summary: 'Where the subscription is managed',
  body: z.object({ org_slug: z.string().max(64), return_url: url }),
  response: z.object({ url: z.string() }),
  errors: [403, 404, 409, 503],
});

export const stripeWebhook = definePlatformRoute({
  name: 'stripeWebhook',
  method: 'POST',
  path: '/webhooks/stripe',
  policy: 'open',
  tag: 'billing',
  summary: 'What the payment provider tells; signed, each event acted on once',
  bodyLimit: 1024 * 1024,
  response: z.object({ received: z.literal(true) }),
  errors: [404],
});

const day = z.iso.datetime({ offset: true }).or(z.iso.date()).optional();

export const readUsage = definePlatformRoute({
  name: 'readUsage',
  method: 'GET',
  path: '/cp/orgs/:slug/usage',
  policy: 'member',
  scope: 'billing:read',
  tag: 'billing',
  summary: 'Tokens, credits and compute of a period; this month when none is given',
  params: slugParams,
  query: z.object({ from: day, to: day }),
  response: z.object({
    period: z.object({ from: z.string(), to: z.string() }),
    tokens: z.object({
      in: z.number(),
      out: z.number(),
      cache_read: z.number(),
      cache_write: z.number(),
    }),
    by_model: z.array(
      z.object({
        model: z.string(),
        provider: z.string(),
        in: z.number(),
        out: z.number(),
        events: z.number(),
      }),
    ),
    credits: z.object({ used: z.number(), balance: z.number(), overage: z.number() }),
    compute: z.object({ instance_hours: z.number(), workspace_hours: z.number() }),
  }),
});
