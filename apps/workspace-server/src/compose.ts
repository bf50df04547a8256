// Compose: the only file that builds real stores, backends and clocks, and joins the features.
// Long because it is one list of what is wired to what; parts that stand alone are in compose-<noun>.ts.

import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type BackendName,
  redactSecrets,
  TIMEOUTS_MS,
  TOKEN_PATTERN,
  type WorkspaceState,
} from '@molecule/domain';
import { AgentsDoor, createIdentifier, digestOf } from '@molecule/http';
import { createLog, Shutdown, Supervisor, systemClock } from '@molecule/kit';
import { migrate, type RunningPostgres, startPostgres } from '@molecule/postgres';
import { addBackgroundLoops } from './background-loops.ts';
import { composeBackends, findBackendProblem, wiredBackends } from './compose-backends.ts';
import { composeCredentials } from './compose-credentials.ts';
import { composeFileStores, composeFiles } from './compose-files.ts';
import { composeLeaving } from './compose-leaving.ts';
import { addLifecycleLoops, composeRestarts, startLimitsOf } from './compose-lifecycle.ts';
import { composeMemory } from './compose-memory.ts';
import { addPlatformLink } from './compose-platform-link.ts';
import { composeSecrets } from './compose-secrets.ts';
import { composeWebhooks } from './compose-webhooks.ts';
import type { Config } from './config.ts';
import { InProcessEphemeral } from './ephemeral/in-process-ephemeral.ts';
import { RedisEphemeral } from './ephemeral/redis-ephemeral.ts';
import { RateLimit, SESSION_COOKIES } from './features/access/index.ts';
import { PgActivityLog } from './features/activity/activity-log.pg.ts';
import { PgActivitySearch } from './features/activity/activity-search.pg.ts';
import { PgAgentStore } from './features/agents/agent-store.pg.ts';
import { PgApprovalStore } from './features/approvals/approval-store.pg.ts';
import { PgDelegationStore } from './features/delegations/delegation-store.pg.ts';
import { DelegationDriver } from './features/delegations/index.ts';
import { PgEventLog } from './features/events/event-log.pg.ts';
import { EventHub, publishEvents } from './features/events/index.ts';
import { PgKeyValueStore } from './features/key-values/key-value-store.pg.ts';
import { importOrg } from './features/org/index.ts';
import { PgInboxStore } from './features/relay/inbox-store.pg.ts';
import {
  AgentConnections,
  addressOf,
  checkAgentUrl,
  deliverQueued,
  type FetchedAnswer,
  Inbox,
  isUrlDispatchable,
  MessageKeys,
  OpenChains,
  relayMessage,
} from './features/relay/index.ts';
import { PgMessageKeyStore } from './features/relay/message-keys.pg.ts';
import { PgRequestKeyStore } from './features/request-keys/request-key-store.pg.ts';
import { findProblem } from './features/secrets/index.ts';
import { engineOf, parseConfig } from './features/templates/index.ts';
import { TenantMetrics } from './features/tenant/index.ts';
import { PgViewportStore } from './features/tenant/viewport-store.pg.ts';
import { AgentReader } from './features/transcripts/index.ts';
import { PlatformMembers } from './features/upstreams/index.ts';
import {
  createPrepareUnit,
  requireWorkspace,
  transitionWorkspace,
  UnitController,
  VitalSigns,
  WorkspaceDirectory,
} from './features/workspaces/index.ts';
import { PgVitalsStore } from './features/workspaces/vitals-store.pg.ts';
import { PgWorkspaceStore } from './features/workspaces/workspace-store.pg.ts';
import { maskedOutput } from './masked-output.ts';
import { purgeRows } from './purge-rows.pg.ts';
import { buildServer } from './server.ts';
import type { StartProgress } from './start-progress.ts';
import { loadTenantIdentity } from './tenant-identity.ts';
import { translateDatabaseError } from './translate-database-error.ts';
import { toUnits } from './units-from-dispatcher.ts';

const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const DEMO_TEMPLATE = 'review-desk';
const VERSION = '0.1.0';

export interface Tenant {
  url: string;
  stop(reason: string): Promise<{ isClean: boolean }>;
}

export async function startTenant(config: Config, progress: StartProgress): Promise<Tenant> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const log = createLog({
    level: config.logLevel,
    file: join(config.dataDir, 'server.log'),
    hide: (line) => redactSecrets(line.replace(TOKEN_PATTERN, '[secret]')),
  });
  const clock = systemClock;
  const templatesDir = config.templatesDir ?? join(REPOSITORY, 'templates');
  const shutdown = new Shutdown(log);
  const identity = await loadTenantIdentity(config);

  progress.say(config.databaseUrl ? 'connecting to the database …' : 'starting the database …');
  const postgres = await startPostgres({ dataDir: config.dataDir, databaseUrl: config.databaseUrl, log });
  try {
    return await startOn(postgres);
  } catch (error) {
    await postgres.stop();
    throw error;
  }

  async function startOn(pg: RunningPostgres): Promise<Tenant> {
    await migrate(pg.db, join(REPOSITORY, 'apps/workspace-server/migrations'));
    const { db } = pg;

    // State and those who follow it.
    const ephemeral = config.redisUrl
      ? new RedisEphemeral(config.redisUrl.reveal(), `molecule:${identity.orgId}:`, log)
      : new InProcessEphemeral(clock);
    const hub = new EventHub(ephemeral, (error) => log.error({ err: error }, 'an event listener failed'));
    const supervisor = new Supervisor(log);
    db.listen({ onReturn: () => supervisor.pokeFailed() });
    const directory = new WorkspaceDirectory();
    const members =
      config.orgSlug !== null && config.upstreamUrl !== null
        ? new PlatformMembers({ upstream: config.upstreamUrl, slug: config.orgSlug, clock, log })
        : null;
    const credentials = composeCredentials(db, clock, members);
    const { access, followers } = credentials;
    const store = new PgWorkspaceStore(db, clock);
    const vitals = new VitalSigns(new PgVitalsStore(db));
    const activityLog = new PgActivityLog(db, clock);
    const eventLog = new PgEventLog(db, clock);
    const delegations = new PgDelegationStore(db, clock);
    const approvals = new PgApprovalStore(db, clock, eventLog.appendIn);
    const agents = new PgAgentStore(db, clock, eventLog.appendIn);
    const fileStores = composeFileStores(db, config.dataDir, templatesDir);
    const { files, templates } = fileStores;
    const [states] = await Promise.all([store.loadAll(), credentials.load(), vitals.load()]);
    directory.apply(states);
    hub.start();

    const publishSoon = () => supervisor.poke('broadcaster');
    const secrets = await composeSecrets({
      ...{ db, clock, log, supervisor, directory, access, publishSoon },
      settings: config,
      orgId: identity.orgId,
      appendEvent: eventLog.appendIn,
    });

    let port = config.port;
    const publicUrl = () => config.externalUrl ?? `http://${urlHost(config.host)}:${port}`;
    const agentsUrl = () => `http://${config.isLoopback ? urlHost(config.host) : '127.0.0.1'}:${port}`;
    const guard = {
      isPrivateNetworkAllowed: config.isPrivateNetworkAllowed,
      isDevelopment: config.mode === 'development',
    };
    const connections = new AgentConnections(clock, guard, (id) => {
      const seconds = vitals.of(id).runtimeMetadata?.idle_timeout_seconds;
      return seconds && seconds > 0 ? seconds * 1000 : config.a2aIdleMs;
    });
    hub.listen((frame) => connections.noteSignOfLife(frame.workspace_id));

    const driveSoon = () => supervisor.poke('delegations');
    const sweepSoon = () => supervisor.poke('units');
    const edit = {
      store,
      directory,
      clock,
      publishSoon,
      startLimitMs: startLimitsOf(supervisor, config, templates),
    };

    // Units.
    const dispatcher = composeBackends(config, {
      repositoryDir: REPOSITORY,
      orgId: identity.orgId,
      agentsUrl,
      port: () => port,
      door: () => agentsDoor,
      clock,
      log,
    });
    const keyStore = new PgMessageKeyStore(db);
    const inboxStore = new PgInboxStore(db, clock);
    const messageKeys = new MessageKeys(keyStore);
    const chains = new OpenChains(clock);
    const abortCalls = (id: string, reason: string, isFinal = false) =>
      connections.abortAll(id, reason, isFinal);
    const output = maskedOutput(dispatcher, (id) => secrets.mask.of(id));
    const controller = new UnitController({
      ...edit,
      units: { ...toUnits(dispatcher), logTail: output.tail },
      prepare: createPrepareUnit({
        files,
        access,
        numbers: secrets.numbers,
        secrets: secrets.secrets,
        providerEnv: config.providerEnv,
        readTemplate: fileStores.readTemplate,
      }),
      vitals,
      access,
      log,
      externalStaleMs: config.externalStaleMs,
      abortCalls,
      sweepSoon,
      tell: (event) => eventLog.append(event),
      room: config.room,
      availableMib: () => process.availableMemory() / (1024 * 1024),
    });
    const provision = {
      request: (id: string) => controller.request(id),
      keepFiles: files.keep.bind(files),
      stop: (id: string) => controller.stop(id),
      erase: async (id: string) => {
        await fileStores.kept.erase(id);
        await controller.erase(id);
      },
      hasProvisioner: () => controller.hasProvisioner(),
      findBackendProblem: (backend: BackendName) => findBackendProblem(dispatcher, backend),
      forgiveCrashes: (id: string) => dispatcher.forgiveCrashes(id),
    };

    // Use-cases' dependencies.
    const mask = (id: string, text: string) => secrets.mask.mask(id, text);
    const record = { activityLog, hub, mask };
    const memory = await composeMemory({ config, pg, clock, log, directory, record, repository: REPOSITORY });
    const keyValues = new PgKeyValueStore(db, clock);
    const drainSoon = () => supervisor.poke('queue');
    const inbox: Inbox = new Inbox({
      store: inboxStore,
      now: () => clock.now(),
      log,
      workspace: (id) => directory.get(id),
      roomOf: (workspace) => {
        const busy = Math.max(vitals.of(workspace.id).activeTasks, connections.inFlight(workspace.id));
        return workspace.maxConcurrentTasks - busy;
      },
      deliver: (message, target) => deliverQueued(relay, message, target),
      onEnded: (message, end) => driver.messageEnded(message, end),
      publishSoon,
      drainSoon,
    });
    const relay = {
      ...record,
      directory,
      vitals,
      access,
      followers,
      connections,
      keys: messageKeys,
      chains,
      inbox,
      wake: async (target: WorkspaceState) => {
        if (target.status === 'hibernated') {
          await transitionWorkspace(edit, {
            id: target.id,
            trigger: 'wake',
            actor: 'system:relay',
            payload: ({ name, tier, runtime }) => ({ name, tier, runtime }),
          });
          dispatcher.forgiveCrashes(target.id);
          controller.request(target.id);
        }
        sweepSoon();
      },
      clock,
      log,
      publicUrl,
      translate: translateDatabaseError,
      addressOf: (target: WorkspaceState) => addressOf(target, guard),
      suspectDead: (target: WorkspaceState) => controller.suspectDead(target),
      noteAnswer: (answer: FetchedAnswer) => driver.answered(answer),
    };
    const webhooks = composeWebhooks(db, clock, relay, config.githubWebhookSecret);
    const driver: DelegationDriver = new DelegationDriver({
      delegations,
      clock,
      log,
      relay: (input) => relayMessage(relay, input),
      findQueued: (delegation) => inbox.findByDelegation(delegation),
      publishSoon,
      driveSoon,
    });
    const requestKeys = new PgRequestKeyStore(db, clock);
    const create = {
      ...edit,
      access,
      requestKeys,
      provision,
      backends: wiredBackends(config),
      numbers: secrets.numbers,
      secrets: secrets.secrets,
      checkAgentUrl: (url: string) => checkAgentUrl(url, guard),
      checkTemplate: async (id: string) => {
        const config = parseConfig((await templates.read(id))?.['config.yaml'] ?? '');
        return config ? engineOf(config) : null;
      },
      publicUrl,
      initialMemories: memory.firstMemories,
    };
    const org = {
      ...create,
      templatesRoot: join(templatesDir, 'orgs'),
      envNames: async () => new Set([...Object.keys(config.providerEnv), ...(await secrets.globalNames())]),
      findSecretProblem: findProblem,
    };
    const restarts = composeRestarts({
      directory,
      vitals,
      clock,
      log,
      secretNames: {
        of: async (id) => {
          const { global, own } = await secrets.secrets.open(id);
          return [...global.keys(), ...own.keys()];
        },
      },
      relay,
      templates,
      orgTemplatesRoot: org.templatesRoot,
      files,
    });
    const workspaces = {
      ...create,
      ...restarts,
      vitals,
      log,
      abortCalls,
      inFlight: (id: string) => connections.inFlight(id),
      consoleOf: output.console,
      purgeRows,
    };
    addLifecycleLoops(supervisor, {
      ...restarts,
      hibernation: { ...workspaces, hasOpenMessages: (id) => inbox.hasOpen(id) },
    });
    const agentReader = new AgentReader(guard);
    const metrics = new TenantMetrics(directory);
    const adminTokenDigest = identity.adminToken ? digestOf(identity.adminToken.reveal()) : null;
    const isOpen = config.mode === 'development';
    const identify = createIdentifier({
      store: credentials.credentials,
      adminTokenDigest,
      isOpen,
      sessionCookieNames: SESSION_COOKIES,
      findMember: credentials.findMember,
    });
    const onHeardOf = (id: string) => {
      if (inbox.hasOpen(id)) drainSoon();
    };
    directory.onChange((before, after) => {
      if (after && before?.status !== after.status && inbox.hasOpen(after.id)) drainSoon();
    });

    const app = await buildServer({
      log,
      identify,
      directory,
      corsOrigins: config.corsOrigins,
      rateLimit: new RateLimit(clock, isOpen ? null : config.rateLimitPerMinute, config.rateLimitCallers),
      hostedOrgId: config.hostedOrgId,
      edgeKey: config.edgeKey,
      canvasDir: join(REPOSITORY, 'apps/canvas/dist'),
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
        ...edit,
        access,
        vitals,
        hub,
        mask,
        checkAgentUrl: create.checkAgentUrl,
        isUrlDispatchable: (url) => isUrlDispatchable(url, guard),
        onHeardOf,
      },
      relay,
      delegations: { delegations, chains, directory, clock, publishSoon, driveSoon },
      activity: { ...record, directory, clock, sessionSources: [new PgActivitySearch(db), memory.search] },
      webhooks,
      approvals: { approvals, directory, clock, publishSoon },
      memories: memory.deps,
      keyValues: { keyValues, directory, clock },
      agents: { agents, directory, publishSoon },
      config: secrets.config,
      secrets: secrets.routes,
      events: {
        log: eventLog,
        hub,
        directory,
        access,
        followers,
        serverLog: log,
        socketPingMs: config.socketPingMs,
        onSockets: (delta) => metrics.socketOpened(delta),
      },
      org,
      leaving: composeLeaving(create, { db, dispatcher, memories: memory.deps, log }),
      logs: {
        directory,
        clock,
        followers,
        reader: { read: output.read },
      },
      terminal: {
        directory,
        clock,
        followers,
        log,
        open: ({ id, backend }, columns, rows) => dispatcher.terminal(id, backend, columns, rows),
        record: async (workspaceId, act, actor) => {
          await eventLog.append({ workspaceId, type: 'AUDIT', payload: { action: act }, actor });
          publishSoon();
        },
      },
      files: composeFiles(fileStores, edit, dispatcher, log, secrets.recordFiles),
      templates: { templates },
      transcripts: {
        directory,
        guard,
        reader: agentReader,
        unitToken: ({ id, backend }) => dispatcher.readConfigFile(id, backend, '.auth_token'),
      },
      tenant: {
        clock,
        startedAt: clock.now(),
        version: VERSION,
        gitSha: 'unknown',
        mode: config.mode,
        isOpen,
        backend: config.backend,
        databaseKind: pg.kind,
        providerKeys: Object.keys(config.providerEnv).filter((name) => name.endsWith('_KEY')),
        demoTemplate: DEMO_TEMPLATE,
        metrics,
        supervisor,
        viewports: new PgViewportStore(db),
        pingDatabase: () => db.ping(),
        isDraining: () => shutdown.isRunning,
      },
    });

    addBackgroundLoops(supervisor, {
      clock,
      activityRetentionMs: config.activityRetentionMs,
      controller,
      driver,
      inbox,
      vitals,
      activityLog,
      approvals,
      tokenUse: credentials.tokenUse,
      keyValues,
      publishSoon,
      keyStore,
      requestKeys,
      inboxStore,
      deliveries: webhooks.deliveries,
      publish: () => publishEvents({ log: eventLog, hub }),
    });

    memory.addLoops(supervisor);
    const agentsDoor = new AgentsDoor((request, response) => app.routing(request, response));

    for (const loop of dispatcher.loops()) supervisor.add(loop);
    secrets.addLoops(edit, provision);

    progress.say('opening the door …');
    await app.listen({ port: config.port, host: config.host });
    const address = app.server.address();
    if (typeof address === 'object' && address) port = address.port;
    await inbox.load();
    await controller.adopt();
    supervisor.start();
    addPlatformLink(supervisor, {
      config,
      adminToken: identity.adminToken,
      clock,
      log,
      endAllSessions: () => credentials.endAllSessions(),
      endSessionsOf: (subject) => credentials.endSessionsOf(subject),
    });
    supervisor.add({
      name: 'message-keys',
      intervalMs: 24 * 3_600_000,
      timeoutMs: 600_000,
      run: () => messageKeys.loadFilter(),
    });

    shutdown.on('server', async () => {
      app.server.closeIdleConnections();
      await app.close();
    });
    shutdown.on('agents', () => controller.shutDown(), 15_000);
    shutdown.on('agents door', () => agentsDoor.close());
    shutdown.on('loops', () => supervisor.stop());
    shutdown.on('publish', async () => {
      await publishEvents({ log: eventLog, hub });
    });
    shutdown.on('connections', async () => {
      await Promise.all([connections.stop(), agentReader.stop()]);
    });
    memory.stopOn(shutdown);
    shutdown.on('ephemeral', () => ephemeral.stop());
    shutdown.on('database', () => pg.stop(), 20_000);

    await startDemo();
    await announce();
    return { url: publicUrl(), stop: (reason) => shutdown.run(reason) };

    /** A brand-new tenant shows an organisation at work. */
    async function startDemo(): Promise<void> {
      if (config.isEmpty || states.length > 0 || !identity.isNew) return;
      progress.say('creating the demo organisation …');
      const hasKey = Object.keys(config.providerEnv).some((name) => name.endsWith('_KEY'));
      await importOrg(org, 'system:first-start', {
        dir: DEMO_TEMPLATE,
        ...(hasKey ? { defaults: { runtime: 'model' } } : {}),
      });
    }

    async function announce(): Promise<void> {
      if (isOpen) {
        const warning = 'development mode: everybody on this machine may do everything, without a credential';
        progress.say(warning);
        log.warn(warning);
      }
      progress.say(`ready: log in ${join(config.dataDir, 'server.log')}`);
      const code =
        isOpen || config.hostedOrgId !== null
          ? null
          : await access.createSignInCode(clock.now() + TIMEOUTS_MS.signInCode, null);
      progress.print(`\n  Open ${publicUrl()}${code === null ? '' : `/auth/link?code=${code}`}\n`);
      if (code !== null) progress.print('  (signs this browser in; works once, for ten minutes)\n');
    }
  }
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
