// Tenant door: what tenants ask and report. A tenant is only ever itself; what it says about another one is unknown.

import { createHash } from 'node:crypto';
import { platform } from '@molecule/contracts';
import { Fault, faults } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { PlatformCaller } from '../../access/caller.ts';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import { type BillingStore, creditsOf, PLANS } from '../billing/index.ts';
import type { Org, OrgStore } from '../orgs/index.ts';
import type { RevocationFeed } from './follow-revocations.ts';
import type { ReportStore } from './report-store.ts';

const LATE_USAGE_MS = 35 * 24 * 3_600_000;

export interface TenantDoorDeps {
  reports: ReportStore;
  billing: BillingStore;
  orgs: OrgStore;
  feed: RevocationFeed;
  clock: Clock;
  /** What the platform rotates, for one organisation; empty values are left out. */
  configOf(orgId: string): Promise<Record<string, string>>;
  /** A boot that was given up heals when its tenant comes up after all. */
  healed(orgId: string): Promise<void>;
}

export function bindTenantDoor(bind: PlatformBinder, deps: TenantDoorDeps): void {
  const { reports, billing, clock } = deps;

  bind(platform.readTenantConfig, async ({ caller, request, reply }) => {
    const all = await deps.configOf(orgIdOf(caller));
    const config = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
    const tag = `"${createHash('sha256').update(JSON.stringify(config)).digest('base64url').slice(0, 22)}"`;
    reply.header('etag', tag).header('cache-control', 'no-store');
    if (request.headers['if-none-match'] === tag) return reply.code(304).send();
    return config;
  });

  bind(platform.readEntitlements, async ({ caller }) => {
    const org = await requireOwn(deps.orgs, caller);
    return {
      max_workspaces: org.maxWorkspaces ?? PLANS[org.plan].maxWorkspaces,
      max_tier: org.maxTier,
      plan: org.plan,
      status: org.status,
      as_of: new Date(clock.now()).toISOString(),
    };
  });

  bind(platform.followRevocations, async ({ caller, query, reply }) => {
    if (deps.feed.isFull) throw new Fault('RATE_LIMITED', 'too many are following', { retryAfterSeconds: 5 });
    await deps.feed.follow(reply, orgIdOf(caller), query.after);
    return reply;
  });

  bind(platform.sendBootEvent, async ({ caller, body, reply }) => {
    const orgId = orgIdOf(caller);
    await reports.addBootEvent(orgId, {
      stage: body.stage,
      status: body.status,
      elapsedMs: body.elapsed_ms ?? null,
      at: body.at ? Date.parse(body.at) : clock.now(),
    });
    if (body.stage === 'wait_platform_health' && body.status === 'ok' && caller.kind === 'tenant') {
      await deps.healed(orgId);
    }
    return reply.code(204).send();
  });

  bind(platform.sendBackupReport, async ({ caller, body, reply }) => {
    await reports.addBackup(orgIdOf(caller), {
      status: body.status,
      bytes: body.bytes ?? null,
      sha256: body.sha256 ?? null,
      startedAt: Date.parse(body.started_at),
      finishedAt: Date.parse(body.finished_at),
    });
    return reply.code(204).send();
  });

  bind(platform.sendUsage, async ({ caller, body }) => {
    const orgId = orgIdOf(caller);
    if (body.events.some((event) => event.org_id.toLowerCase() !== orgId)) throw faults.notFound('not found');
    const oldest = clock.now() - LATE_USAGE_MS;
    const inTime = body.events.filter((event) => Date.parse(event.at) >= oldest);
    const accepted = await billing.addUsage(
      orgId,
      inTime.map((event) => ({ ...event, credits: creditsOf(event.tokens_in + event.tokens_out) })),
    );
    return {
      accepted,
      duplicates: inTime.length - accepted,
      too_old: body.events.length - inTime.length,
    };
  });

  bind(platform.llmRelay, async () => {
    throw faults.notImplemented('the relay of platform-managed models');
  });
}

function orgIdOf(caller: PlatformCaller): string {
  if (caller.kind !== 'tenant' && caller.kind !== 'boot') throw new Error('this route is for tenants');
  return caller.orgId;
}

async function requireOwn(orgs: OrgStore, caller: PlatformCaller): Promise<Org> {
  const org = await orgs.find(orgIdOf(caller));
  if (!org) throw faults.notFound('not found');
  return org;
}
