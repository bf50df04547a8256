// Server: mounts each feature's routes in the scope of who may call them.

import cors from '@fastify/cors';
import websocket from '@fastify/websocket';
import { defineRoute, type Policy } from '@molecule/contracts';
import { faults, LIMITS } from '@molecule/domain';
import {
  type Admit,
  addSecurityHeaders,
  cameThroughAgentsDoor,
  createBinder,
  createServer,
  type Identify,
  refuseRoutesWithoutContract,
} from '@molecule/http';
import type { Log, Secret } from '@molecule/kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type AccessDeps,
  bindAccessRoutes,
  bindOrgTokenRoutes,
  bindSessionRoutes,
  createAuthorize,
  createTenantGuard,
  createUpgradeGate,
  type OrgTokenDeps,
  type RateLimit,
} from './features/access/index.ts';
import { type ActivityRouteDeps, bindActivityRoutes } from './features/activity/index.ts';
import { type AgentDeps, bindAgentRoutes } from './features/agents/index.ts';
import { type ApprovalDeps, bindApprovalRoutes } from './features/approvals/index.ts';
import { bindConfigRoutes, type ConfigRouteDeps } from './features/config/index.ts';
import { bindDelegationRoutes, type DelegateDeps } from './features/delegations/index.ts';
import { bindEventRoutes, type EventDeps } from './features/events/index.ts';
import { bindFileRoutes, type FileRouteDeps } from './features/files/index.ts';
import { bindHygieneRoutes, type HygieneRouteDeps } from './features/hygiene/index.ts';
import { bindKeyValueRoutes, type KeyValueDeps } from './features/key-values/index.ts';
import { bindLeavingRoutes, type LeavingDeps } from './features/leaving/index.ts';
import { bindLogRoutes, type LogRouteDeps } from './features/logs/index.ts';
import { bindMemoryRoutes, type MemoryDeps } from './features/memories/index.ts';
import { bindOrgRoutes, type ImportDeps } from './features/org/index.ts';
import { bindRegistryRoutes, type RegistryRouteDeps } from './features/registry/index.ts';
import { bindRelayRoutes, type RelayRouteDeps } from './features/relay/index.ts';
import { bindSecretRoutes, type SecretRouteDeps } from './features/secrets/index.ts';
import { bindTemplateRoutes, type ImportTemplateDeps } from './features/templates/index.ts';
import {
  bindApiReference,
  bindTenantRoutes,
  serveCanvas,
  type TenantRouteDeps,
} from './features/tenant/index.ts';
import { bindTerminalSocket, type TerminalDeps } from './features/terminal/index.ts';
import { bindTranscriptRoutes, type TranscriptDeps } from './features/transcripts/index.ts';
import { bindUpstreams, type UpstreamDeps } from './features/upstreams/index.ts';
import { bindWebhookRoutes, type WebhookDeps } from './features/webhooks/index.ts';
import {
  bindWorkspaceRoutes,
  type WorkspaceDirectory,
  type WorkspaceRouteDeps,
} from './features/workspaces/index.ts';
import { translateDatabaseError } from './translate-database-error.ts';

const API_PREFIXES = [
  '/workspaces',
  '/registry',
  '/health',
  '/admin',
  '/metrics',
  '/settings',
  '/secrets',
  '/bundles',
  '/org',
  '/orgs',
  '/templates',
  '/plugins',
  '/webhooks',
  '/channels',
  '/ws',
  '/events',
  '/approvals',
  '/canvas',
  '/instructions',
  '/cp',
  '/auth',
  '/buildinfo',
  '/activity',
  '/memory',
  '/openapi.json',
  '/docs/api',
];

export interface ServerDeps {
  log: Log;
  identify: Identify;
  directory: WorkspaceDirectory;
  corsOrigins: readonly string[];
  rateLimit: RateLimit;
  /** Null on a self-hosted tenant. */
  hostedOrgId: string | null;
  /** By which the edge of a hosted tenant is known. */
  edgeKey: Secret | null;
  canvasDir: string;
  upstreams: Pick<UpstreamDeps, 'platformUrl' | 'canvasUrl'>;
  access: AccessDeps;
  orgTokens: OrgTokenDeps['orgTokens'];
  workspaces: WorkspaceRouteDeps;
  registry: RegistryRouteDeps;
  relay: RelayRouteDeps;
  delegations: DelegateDeps;
  activity: ActivityRouteDeps;
  webhooks: WebhookDeps;
  approvals: ApprovalDeps;
  memories: MemoryDeps;
  hygiene: HygieneRouteDeps;
  keyValues: KeyValueDeps;
  agents: AgentDeps;
  config: ConfigRouteDeps;
  secrets: SecretRouteDeps;
  events: EventDeps;
  org: ImportDeps;
  leaving: LeavingDeps;
  logs: LogRouteDeps;
  terminal: Omit<TerminalDeps, 'gate'>;
  files: FileRouteDeps;
  templates: ImportTemplateDeps;
  transcripts: TranscriptDeps;
  tenant: TenantRouteDeps;
}

export function isApiPath(path: string): boolean {
  return API_PREFIXES.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}

/** Preflight answers come from the CORS plugin. */
const preflight = defineRoute({
  name: 'preflight',
  method: 'GET',
  path: '*',
  policy: 'open',
  tag: 'tenant',
  summary: 'CORS preflight',
  response: z.unknown(),
});

export async function buildServer(deps: ServerDeps): Promise<FastifyInstance> {
  const app = createServer({
    log: deps.log,
    bodyLimitBytes: LIMITS.jsonBodyBytes,
    translate: translateDatabaseError,
  });
  refuseRoutesWithoutContract(app);
  addSecurityHeaders(app, (path) => !isApiPath(path));
  deps.tenant.metrics.watch(app);
  await app.register(cors, {
    origin: [...deps.corsOrigins],
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowedHeaders: [
      'Origin',
      'Content-Type',
      'X-Workspace-ID',
      'Authorization',
      'X-Molecule-Org-Id',
      'X-Molecule-Org-Slug',
      'X-Timeout',
      'X-Source-Workspace-Id',
      'X-Confirm-Name',
      'Idempotency-Key',
    ],
    exposedHeaders: ['Retry-After', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'],
  });
  app.addHook('onRoute', (route) => {
    if (route.method === 'OPTIONS') route.config = { ...route.config, contract: preflight };
  });
  await app.register(websocket, {
    options: { maxPayload: 64 * 1024, handleProtocols: acceptBearerProtocol },
  });

  app.addHook('onRequest', onlyForAgents);
  bindUpstreams(app, { ...deps.upstreams, identify: deps.identify, rateLimit: deps.rateLimit, isApiPath });

  const guard = createTenantGuard(deps.hostedOrgId, { key: deps.edgeKey, clock: deps.tenant.clock });
  const authorize = createAuthorize(deps.directory);
  const admit: Admit = async (route, caller, request, reply) => {
    deps.rateLimit.admit(route, caller, request, reply);
    await guard(route, caller, request, reply);
  };
  const binder = createBinder(deps.identify, authorize, admit);
  const gate = createUpgradeGate({
    identify: deps.identify,
    authorize,
    admit,
    allowedOrigins: deps.corsOrigins,
  });
  bindTenantRoutes(app, binder, deps.tenant);
  bindAccessRoutes(app, binder, deps.access);
  bindOrgTokenRoutes(app, binder, deps);
  bindSessionRoutes(app, binder, deps.access);
  bindWorkspaceRoutes(app, binder, deps.workspaces);
  bindRegistryRoutes(app, binder, deps.registry);
  await bindRelayRoutes(app, binder, deps.relay);
  bindDelegationRoutes(app, binder, deps.delegations);
  bindActivityRoutes(app, binder, deps.activity);
  await bindWebhookRoutes(app, binder, deps.webhooks);
  bindApprovalRoutes(app, binder, deps.approvals);
  bindMemoryRoutes(app, binder, deps.memories);
  bindHygieneRoutes(app, binder, deps.hygiene);
  bindKeyValueRoutes(app, binder, deps.keyValues);
  bindAgentRoutes(app, binder, deps.agents);
  bindConfigRoutes(app, binder, deps.config);
  bindSecretRoutes(app, binder, deps.secrets);
  bindEventRoutes(app, binder, { ...deps.events, gate });
  bindOrgRoutes(app, binder, deps.org);
  await bindLeavingRoutes(app, binder, deps.leaving);
  bindLogRoutes(app, binder, deps.logs);
  bindTerminalSocket(app, binder, { ...deps.terminal, gate });
  await bindFileRoutes(app, binder, deps.files);
  bindTranscriptRoutes(app, binder, deps.transcripts);
  bindTemplateRoutes(app, binder, deps.templates);
  bindApiReference(app, binder, deps.tenant.version);
  await serveCanvas(app, {
    isElsewhere: deps.upstreams.canvasUrl !== null,
    canvasDir: deps.canvasDir,
    isApiPath,
    isGuarded: deps.hostedOrgId !== null,
  });
  return app;
}

/** What agents in containers may ask for: the routes that their own token opens, and nothing that is for people. */
const AGENT_POLICIES: ReadonlySet<string> = new Set<Policy>([
  'agent',
  'relay',
  'workspace',
  'workspace_in_query',
  'delegator',
  'superior',
  'context',
  'state',
  'member',
]);

/** Everything else looks to them as if it were not there. */
async function onlyForAgents(request: FastifyRequest): Promise<void> {
  if (!cameThroughAgentsDoor(request.raw)) return;
  const policy = request.routeOptions.config.contract?.policy;
  if (!policy || !AGENT_POLICIES.has(policy)) throw faults.notFound('not found');
}

/** A browser that sends its token as a subprotocol must get one of its protocols back. */
function acceptBearerProtocol(protocols: Set<string>): string | false {
  for (const protocol of protocols) if (!protocol.startsWith('bearer.')) return protocol;
  const [first] = protocols;
  return first ?? false;
}
