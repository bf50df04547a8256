// Compose memory: the memory plugin, ours or another's, and what guards it.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { faults } from '@molecule/domain';
import { type Clock, type Log, Secret, type Shutdown, type Supervisor, systemClock } from '@molecule/kit';
import type { RunningPostgres, Tx } from '@molecule/postgres';
import type { Config, EmbeddingConfig } from './config.ts';
import type { RecordDeps } from './features/activity/index.ts';
import type { AppendIn } from './features/events/index.ts';
import { PgHygieneStore } from './features/hygiene/hygiene-store.pg.ts';
import { type CareDeps, HygieneRound, ReadMarks } from './features/hygiene/index.ts';
import type { KeyValueStore } from './features/key-values/index.ts';
import { PgForgetLedger } from './features/memories/forget-ledger.pg.ts';
import {
  FirstMemories,
  finishForgettings,
  HttpMemoryPlugin,
  MemoryChanges,
  type MemoryDeps,
  MemorySearch,
  notingPlugin,
  OrgWriters,
  type PluginTarget,
  plantSeeds,
  purgeNamespaces,
  tellAudits,
  WriteLimit,
} from './features/memories/index.ts';
import { PgMemoryLedger } from './features/memories/memory-ledger.pg.ts';
import type { WorkspaceDirectory } from './features/workspaces/index.ts';
import { MEMORY_ROLE, makeMemoryRole } from './memory-role.pg.ts';
import { Sidecar } from './sidecar/sidecar.ts';

/** How long a call waits for a plugin that is starting. */
const START_MS = 10_000;
const REQUIRED_TRIES = 30;
const SECOND = 1_000;

export interface MemoryParts {
  config: Config;
  pg: RunningPostgres;
  clock: Clock;
  log: Log;
  directory: WorkspaceDirectory;
  record: RecordDeps;
  repository: string;
  keyValues: Pick<KeyValueStore, 'list' | 'remove'>;
  appendEvent: AppendIn<Tx>;
}

export type TenantMemory = Awaited<ReturnType<typeof composeMemory>>;

export async function composeMemory(parts: MemoryParts) {
  const { config, pg, clock, log, directory } = parts;
  const sidecar = config.memory.url === null && !config.memory.isOff ? await makeSidecar(parts) : null;
  const token = sidecar?.token ?? config.memory.token;
  const target: PluginTarget = {
    token,
    url: async () => {
      if (config.memory.url !== null) return config.memory.url;
      if (!sidecar) throw faults.memoryNotConfigured();
      try {
        return await sidecar.process.address(START_MS);
      } catch (error) {
        throw faults.memoryUnavailable(2, error);
      }
    },
  };
  const plugin = new HttpMemoryPlugin({ target, clock, timeoutMs: config.memory.timeoutMs });
  sidecar?.onUp(() => plugin.renewed());
  const ledger = new PgMemoryLedger(pg.db, clock);
  const orgs = new OrgWriters(directory);
  await orgs.load(ledger);
  sidecar?.process.start();
  const hygiene = new PgHygieneStore(pg.db, clock);
  const marks = new ReadMarks(hygiene, clock);
  const changes = new MemoryChanges(parts.record.hub);
  const deps: MemoryDeps = {
    plugin: notingPlugin(plugin, changes),
    ledger,
    forgetting: new PgForgetLedger(pg.db, clock, parts.appendEvent),
    keyValues: parts.keyValues,
    backupDays: config.memory.backupDays,
    onRead: (ids) => marks.note(ids),
    directory,
    orgs,
    limit: new WriteLimit(clock, config.memory.writesPerMinute),
    record: parts.record,
    clock,
    log,
  };
  if (config.memory.isRequired) await requirePlugin(plugin);
  const care: CareDeps = { memories: deps, store: hygiene, marks, clock };
  const round = new HygieneRound(care);
  return {
    deps,
    hygiene: { ...care, round },
    search: new MemorySearch(deps),
    firstMemories: new FirstMemories(deps),
    changes,
    addLoops: (supervisor: Supervisor) =>
      addMemoryLoops(supervisor, deps, { isOff: config.memory.isOff, marks, round, changes }),
    stopOn: (shutdown: Shutdown) =>
      shutdown.on('memory', async () => {
        await plugin.stop();
        await sidecar?.process.stop();
      }),
  };
}

/** Our own plugin, on a port of its own choice, with a token that only the two of us know. */
async function makeSidecar({ config, pg, clock, log, repository }: MemoryParts) {
  const { databaseUrl } = config.memory;
  if (!databaseUrl && pg.kind === 'embedded') await makeMemoryRole(pg.db);
  const token = Secret.of(randomBytes(32).toString('hex'));
  let noteUp = () => {};
  const process = new Sidecar({
    name: 'memory-plugin',
    command: [globalThis.process.execPath, join(repository, 'apps/memory-plugin/dist/main.js')],
    env: {
      MEMORY_PLUGIN_LISTEN_ADDR: '127.0.0.1:0',
      MEMORY_PLUGIN_DATABASE_URL: (databaseUrl ?? Secret.of(pg.url(MEMORY_ROLE))).reveal(),
      MEMORY_PLUGIN_TOKEN: token.reveal(),
      MEMORY_PLUGIN_IS_CHILD: '1',
      ...embeddingVariables(config.memory.embedding),
      LOG_LEVEL: config.logLevel === 'silent' ? 'silent' : 'warn',
    },
    logFile: join(config.dataDir, 'memory-plugin.log'),
    clock,
    log,
    onUp: () => noteUp(),
  });
  return {
    process,
    token,
    onUp: (listener: () => void) => {
      noteUp = listener;
    },
  };
}

function embeddingVariables({ dimensions, url, model, key }: EmbeddingConfig): Record<string, string> {
  return {
    ...(dimensions === null ? {} : { MEMORY_PLUGIN_EMBEDDING_DIMENSIONS: String(dimensions) }),
    ...(url === null ? {} : { MEMORY_PLUGIN_EMBEDDING_URL: url }),
    ...(model === null ? {} : { MEMORY_PLUGIN_EMBEDDING_MODEL: model }),
    ...(key === null ? {} : { MEMORY_PLUGIN_EMBEDDING_KEY: key.reveal() }),
  };
}

function addMemoryLoops(
  supervisor: Supervisor,
  deps: MemoryDeps,
  {
    isOff,
    marks,
    round,
    changes,
  }: { isOff: boolean; marks: ReadMarks; round: HygieneRound; changes: MemoryChanges },
): void {
  supervisor.add({ name: 'memory-audits', intervalMs: 15 * SECOND, run: () => tellAudits(deps) });
  supervisor.add({ name: 'memory-changes', intervalMs: SECOND, run: () => changes.tell() });
  if (isOff) return;
  supervisor.add({ name: 'memory-plugin', intervalMs: 60 * SECOND, run: () => deps.plugin.refresh() });
  supervisor.add({ name: 'memory-purges', intervalMs: 30 * SECOND, run: () => purgeNamespaces(deps) });
  supervisor.add({ name: 'memory-forgetting', intervalMs: 15 * SECOND, run: () => finishForgettings(deps) });
  supervisor.add({ name: 'memory-reads', intervalMs: 60 * SECOND, run: () => marks.write() });
  supervisor.add({ name: 'memory-hygiene', intervalMs: 3_600 * SECOND, run: () => round.run() });
  supervisor.add({ name: 'memory-seeds', intervalMs: 10 * SECOND, run: () => plantSeeds(deps) });
}

/** MEMORY_REQUIRED: no tenant without memory. */
async function requirePlugin(plugin: HttpMemoryPlugin): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      plugin.renewed();
      await plugin.refresh();
      return;
    } catch (error) {
      if (attempt >= REQUIRED_TRIES) {
        throw Object.assign(
          new Error(
            'the memory plugin does not answer, and MEMORY_REQUIRED is set. Look into memory-plugin.log, or unset it.',
          ),
          { isForPeople: true, cause: error },
        );
      }
      await systemClock.sleep(SECOND);
    }
  }
}
