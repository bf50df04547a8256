// Billing routes: checkout, portal, usage, and what the payment provider tells.

import { platform } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import type { Clock, Secret } from '@molecule/kit';
import type { FastifyInstance } from 'fastify';
import type { PlatformCaller } from '../../access/caller.ts';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import type { Org, OrgOfRequest, OrgStore } from '../orgs/index.ts';
import { isOurs } from '../people/index.ts';
import type { BillingProvider } from './billing-provider.ts';
import type { BillingStore } from './billing-store.ts';
import { isSignedByStripe, receiveStripeEvent } from './stripe-webhook.ts';

const DAY_MS = 24 * 3_600_000;

export interface BillingDeps {
  billing: BillingStore;
  provider: BillingProvider;
  orgs: OrgStore;
  orgOf: OrgOfRequest;
  clock: Clock;
  appDomain: string;
  isHttps: boolean;
  /** Null: the family is not there. */
  stripeWebhookSecret: Secret | null;
  reconcileSoon(): void;
}

export function bindBillingRoutes(bind: PlatformBinder, deps: BillingDeps): void {
  const { billing, provider } = deps;
  const requireOurs = (...urls: string[]) => {
    if (!urls.every((url) => isOurs(url, deps))) {
      throw faults.invalidRequest('the addresses to return to must be on this platform');
    }
  };

  bind(platform.checkout, async ({ caller, body }) => {
    requireOurs(body.success_url, body.cancel_url);
    const org = await requireBilled(deps.orgs, caller, body.org_slug);
    return provider.checkout({
      org,
      plan: body.plan,
      successUrl: body.success_url,
      cancelUrl: body.cancel_url,
    });
  });

  bind(platform.billingPortal, async ({ caller, body }) => {
    requireOurs(body.return_url);
    const org = await requireBilled(deps.orgs, caller, body.org_slug);
    return provider.portal({ org, returnUrl: body.return_url });
  });

  bind(platform.readUsage, async ({ request, query }) => {
    const org = deps.orgOf.of(request);
    const now = new Date(deps.clock.now());
    const from = query.from ? Date.parse(query.from) : Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
    // A date stands for its whole day.
    const to = query.to ? Date.parse(query.to) + (query.to.length === 10 ? DAY_MS : 0) : now.getTime();
    if (from > to) throw faults.invalidRequest('from is after to');
    const [sums, credits, hours] = await Promise.all([
      billing.sumUsage(org.id, from, to),
      billing.credits(org.id, from),
      billing.instanceHours(org.id, from, to),
    ]);
    const total = (pick: (sum: (typeof sums)[number]) => number) =>
      sums.reduce((all, sum) => all + pick(sum), 0);
    return {
      period: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
      tokens: {
        in: total((sum) => sum.tokensIn),
        out: total((sum) => sum.tokensOut),
        cache_read: total((sum) => sum.cacheRead),
        cache_write: total((sum) => sum.cacheWrite),
      },
      by_model: sums.map((sum) => ({
        model: sum.model,
        provider: sum.provider,
        in: sum.tokensIn,
        out: sum.tokensOut,
        events: sum.events,
      })),
      credits,
      compute: { instance_hours: hours, workspace_hours: 0 },
    };
  });
}

/** Takes the bytes as they came: the signature is over them. */
export async function bindStripeWebhook(app: FastifyInstance, deps: BillingDeps): Promise<void> {
  const secret = deps.stripeWebhookSecret;
  if (secret === null) return;
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: platform.stripeWebhook.bodyLimit },
      (_, body, done) => done(null, body),
    );
    scope.post(
      platform.stripeWebhook.path,
      { config: { contract: platform.stripeWebhook }, bodyLimit: platform.stripeWebhook.bodyLimit },
      async (request) => {
        const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        if (!isSignedByStripe(raw, request.headers['stripe-signature'], secret.reveal(), deps.clock.now())) {
          throw faults.invalidRequest('the signature does not hold');
        }
        await receiveStripeEvent(deps, raw);
        return { received: true };
      },
    );
  });
}

async function requireBilled(orgs: OrgStore, caller: PlatformCaller, slug: string): Promise<Org> {
  const org = await orgs.find(slug);
  if (!org) throw faults.notFound('organisation not found');
  if (caller.kind === 'operator') return org;
  if (caller.kind === 'partner') {
    const isOwn = org.partnerId === caller.partnerId && (caller.orgId === null || caller.orgId === org.id);
    if (isOwn) return org;
  } else if (caller.kind === 'person') {
    const role = await orgs.roleOf(org.id, caller.person.id);
    if (role === 'owner' || role === 'admin') return org;
    if (role !== null) throw faults.forbidden('your role in this organisation does not allow this');
  }
  throw faults.notFound('organisation not found');
}
