// Compose state: the stores of this tenant, what of them is held in memory, and who follows their changes.

import type { Clock, Log, Supervisor } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import { composeCredentials } from './compose-credentials.ts';
import { composeFileStores } from './compose-files.ts';
import { startLimitsOf } from './compose-lifecycle.ts';
import type { Config } from './config.ts';
import { InProcessEphemeral } from './ephemeral/in-process-ephemeral.ts';
import { RedisEphemeral } from './ephemeral/redis-ephemeral.ts';
import { PgActivityLog } from './features/activity/activity-log.pg.ts';
import { PgActivitySearch } from './features/activity/activity-search.pg.ts';
import { PgAgentStore } from './features/agents/agent-store.pg.ts';
import { PgApprovalStore } from './features/approvals/approval-store.pg.ts';
import { PgDelegationStore } from './features/delegations/delegation-store.pg.ts';
import { PgEventLog } from './features/events/event-log.pg.ts';
import { EventHub } from './features/events/index.ts';
import { PgKeyValueStore } from './features/key-values/key-value-store.pg.ts';
import { PgInboxStore } from './features/relay/inbox-store.pg.ts';
import { PgMessageKeyStore } from './features/relay/message-keys.pg.ts';
import { PgRequestKeyStore } from './features/request-keys/request-key-store.pg.ts';
import { PgViewportStore } from './features/tenant/viewport-store.pg.ts';
import { PlatformMembers } from './features/upstreams/index.ts';
import { type EditDeps, VitalSigns, WorkspaceDirectory } from './features/workspaces/index.ts';
import { PgVitalsStore } from './features/workspaces/vitals-store.pg.ts';
import { PgWorkspaceStore } from './features/workspaces/workspace-store.pg.ts';
import type { TenantBase } from './tenant-base.ts';

export type TenantState = Awaited<ReturnType<typeof composeState>>;

export async function composeState(base: TenantBase) {
  const { config, identity, clock, log, supervisor } = base;
  const { db } = base.pg;
  const ephemeral = config.redisUrl
    ? new RedisEphemeral(config.redisUrl.reveal(), `molecule:${identity.orgId}:`, log)
    : new InProcessEphemeral(clock);
  const hub = new EventHub(ephemeral, (error) => log.error({ err: error }, 'an event listener failed'));
  db.listen({ onReturn: () => supervisor.pokeFailed() });
  const directory = new WorkspaceDirectory();
  const credentials = composeCredentials(db, clock, findMembers(config, clock, log));
  const vitals = new VitalSigns(new PgVitalsStore(db));
  const stores = composeStores(db, clock);
  const fileStores = composeFileStores(db, config.dataDir, base.templatesDir);
  const [states] = await Promise.all([stores.workspaces.loadAll(), credentials.load(), vitals.load()]);
  directory.apply(states);
  hub.start();

  const soon = pokesOf(supervisor);
  const edit: EditDeps = {
    store: stores.workspaces,
    directory,
    clock,
    publishSoon: soon.publishSoon,
    startLimitMs: startLimitsOf(supervisor, config, fileStores.templates),
  };
  const wasEmpty = states.length === 0;
  return { ephemeral, hub, directory, credentials, vitals, stores, fileStores, soon, edit, wasEmpty };
}

/** Whom the platform knows; null where no platform is asked. */
function findMembers(
  { orgSlug, upstreamUrl }: Pick<Config, 'orgSlug' | 'upstreamUrl'>,
  clock: Clock,
  log: Log,
): PlatformMembers | null {
  if (orgSlug === null || upstreamUrl === null) return null;
  return new PlatformMembers({ upstream: upstreamUrl, slug: orgSlug, clock, log });
}

function composeStores(db: Db, clock: Clock) {
  const events = new PgEventLog(db, clock);
  return {
    events,
    workspaces: new PgWorkspaceStore(db, clock),
    activity: new PgActivityLog(db, clock),
    activitySearch: new PgActivitySearch(db),
    delegations: new PgDelegationStore(db, clock),
    approvals: new PgApprovalStore(db, clock, events.appendIn),
    agents: new PgAgentStore(db, clock, events.appendIn),
    messageKeys: new PgMessageKeyStore(db),
    inbox: new PgInboxStore(db, clock),
    requestKeys: new PgRequestKeyStore(db, clock),
    keyValues: new PgKeyValueStore(db, clock),
    viewports: new PgViewportStore(db),
  };
}

/** Brings the next round of a loop forward. */
function pokesOf(supervisor: Supervisor) {
  return {
    publishSoon: () => supervisor.poke('broadcaster'),
    driveSoon: () => supervisor.poke('delegations'),
    sweepSoon: () => supervisor.poke('units'),
    drainSoon: () => supervisor.poke('queue'),
    depthsSoon: () => supervisor.poke('queue-depths'),
  };
}
