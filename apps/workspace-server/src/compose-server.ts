// Compose server: what each feature's routes are given. Long because it is one list.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentifier, digestOf } from '@molecule/http';
import type { Shutdown } from '@molecule/kit';
import type { FastifyInstance } from 'fastify';
import type { TenantConnections } from './compose-connections.ts';
import { composeFiles } from './compose-files.ts';
import { composeLeaving } from './compose-leaving.ts';
import type { TenantMemory } from './compose-memory.ts';
import type { TenantMessages } from './compose-messages.ts';
import type { TenantSecrets } from './compose-secrets.ts';
import type { TenantState } from './compose-state.ts';
import type { TenantUnits } from './compose-units.ts';
import type { TenantWorkspaces } from './compose-workspaces.ts';
import { RateLimit, SESSION_COOKIES } from './features/access/index.ts';
import type { RecordDeps } from './features/activity/index.ts';
import { isUrlDispatchable } from './features/relay/index.ts';
import { TenantMetrics } from './features/tenant/index.ts';
import { requireWorkspace } from './features/workspaces/index.ts';
import { DEMO_TEMPLATE } from './first-start.ts';
import { buildServer } from './server.ts';
import type { TenantBase } from './tenant-base.ts';

const VERSION = '0.1.0';

export interface ServerParts {
  base: TenantBase;
  state: TenantState;
  secrets: TenantSecrets;
  agents: TenantConnections;
  units: TenantUnits;
  record: RecordDeps & { mask(workspaceId: string, text: string): Promise<string> };
  memory: TenantMemory;
  messages: TenantMessages;
  workspaces: TenantWorkspaces;
  shutdown: Pick<Shutdown, 'isRunning'>;
  publicUrl(): string;
}

export function composeServer(parts: ServerParts): Promise<FastifyInstance> {
  const { base, state, secrets, agents, units, record, memory, messages, publicUrl } = parts;
  const { config, clock, log, pg } = base;
  const { directory, credentials, stores, fileStores, vitals, hub } = state;
  const { publishSoon, driveSoon } = state.soon;
  const { access, followers } = credentials;
  const { create, org, workspaces } = parts.workspaces;
  const { guard } = agents;
  const metrics = new TenantMetrics(directory);
  const adminTokenDigest = base.identity.adminToken ? digestOf(base.identity.adminToken.reveal()) : null;
  const isOpen = config.mode === 'development';
  return buildServer({
    log,
    identify: createIdentifier({
      store: credentials.credentials,
      adminTokenDigest,
      isOpen,
      sessionCookieNames: SESSION_COOKIES,
      findMember: credentials.findMember,
    }),
    directory,
    corsOrigins: config.corsOrigins,
    rateLimit: new RateLimit(clock, isOpen ? null : config.rateLimitPerMinute, config.rateLimitCallers),
    hostedOrgId: config.hostedOrgId,
    edgeKey: config.edgeKey,
    canvasDir: join(base.repositoryDir, 'apps/canvas/dist'),
    upstreams: { platformUrl: config.upstreamUrl, canvasUrl: config.canvasUrl },
    access: {
      store: access,
      requireWorkspace: (id) => requireWorkspace(directory, id),
      clock,
      adminTokenDigest,
      areTestTokensOn: config.areTestTokensOn,
      publicUrl,
    },
    orgTokens: credentials.orgTokens,
    workspaces,
    registry: {
      ...state.edit,
      access,
      vitals,
      hub,
      mask: record.mask,
      checkAgentUrl: create.checkAgentUrl,
      isUrlDispatchable: (url) => isUrlDispatchable(url, guard),
      onHeardOf: messages.onHeardOf,
    },
    relay: messages.relay,
    delegations: {
      delegations: stores.delegations,
      chains: messages.chains,
      directory,
      clock,
      publishSoon,
      driveSoon,
    },
    activity: { ...record, directory, clock, sessionSources: [stores.activitySearch, memory.search] },
    webhooks: messages.webhooks,
    approvals: { approvals: stores.approvals, directory, clock, publishSoon },
    memories: memory.deps,
    hygiene: memory.hygiene,
    keyValues: {
      keyValues: stores.keyValues,
      directory,
      clock,
      onChanged: (id) => memory.changes.noteKeys(id),
    },
    agents: { agents: stores.agents, directory, publishSoon },
    config: secrets.config,
    secrets: secrets.routes,
    events: {
      log: stores.events,
      hub,
      directory,
      access,
      followers,
      serverLog: log,
      socketPingMs: config.socketPingMs,
      onSockets: (delta) => metrics.socketOpened(delta),
    },
    org,
    leaving: composeLeaving(create, { db: pg.db, dispatcher: units.dispatcher, memories: memory.deps, log }),
    logs: { directory, clock, followers, reader: { read: units.output.read } },
    terminal: {
      directory,
      clock,
      followers,
      log,
      open: ({ id, backend }, columns, rows) => units.dispatcher.terminal(id, backend, columns, rows),
      record: async (workspaceId, act, actor) => {
        await stores.events.append({ workspaceId, type: 'AUDIT', payload: { action: act, actor }, actor });
        publishSoon();
      },
    },
    files: composeFiles(fileStores, state.edit, units.dispatcher, log, secrets.recordFiles),
    templates: { templates: fileStores.templates },
    transcripts: {
      directory,
      guard,
      reader: agents.reader,
      unitToken: ({ id, backend }) => units.dispatcher.readConfigFile(id, backend, '.auth_token'),
    },
    tenant: {
      clock,
      startedAt: clock.now(),
      version: VERSION,
      gitSha: 'unknown',
      build: digestOfProgram(),
      hostedOrgId: config.hostedOrgId,
      mode: config.mode,
      isOpen,
      backend: config.backend,
      databaseKind: pg.kind,
      providerKeys: Object.keys(config.providerEnv).filter((name) => name.endsWith('_KEY')),
      demoTemplate: DEMO_TEMPLATE,
      metrics,
      supervisor: base.supervisor,
      viewports: stores.viewports,
      pingDatabase: () => pg.db.ping(),
      isDraining: () => parts.shutdown.isRunning,
    },
  });
}

/** Of the file that this process was started with; whoever rolled it out knows the same. */
function digestOfProgram(): string {
  return createHash('sha256')
    .update(readFileSync(process.argv[1] ?? ''))
    .digest('hex');
}
