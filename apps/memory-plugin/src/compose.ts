// Compose: builds the stores and the server of the memory plugin, and opens its door.

import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Log, Shutdown, Supervisor, systemClock } from '@molecule/kit';
import type { Config } from './config.ts';
import { embedMissing, memoryRoutes, ProviderEmbedder } from './features/memories/index.ts';
import { PgMemoryStore } from './features/memories/memory-store.pg.ts';
import { openPgvector } from './features/memories/pgvector-store.pg.ts';
import { PgVectorStore } from './features/memories/vector-store.pg.ts';
import { namespaceRoutes } from './features/namespaces/index.ts';
import { PgNamespaceStore } from './features/namespaces/namespace-store.pg.ts';
import { healthRoute } from './health.ts';
import { openMemoryDatabase } from './memory-schema.pg.ts';
import { startOwnPostgres } from './own-postgres.ts';
import { buildServer } from './server.ts';

const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const SWEEP_EVERY_MS = 10 * 60_000;
const SWEEP_BATCH = 500;
const EMBED_EVERY_MS = 5_000;
const EMBED_BATCH = 32;
/** A run ends well within its limit, however much is left: a run that is broken off loses its last batch. */
const EMBED_ROUND_MS = 20_000;
/** Vectors that callers bring are of whatever model they use. */
const CALLERS_MODEL = 'callers';

export interface Plugin {
  /** Where it listens: an http address, or the path of a socket. */
  address: string;
  stop(reason: string): Promise<{ isClean: boolean }>;
}

export async function startPlugin(config: Config, log: Log): Promise<Plugin> {
  const clock = systemClock;
  const shutdown = new Shutdown(log);
  const own = config.databaseUrl === null ? await startOwnPostgres(config.dataDir, log) : null;
  const db = await openMemoryDatabase(
    own?.url ?? config.databaseUrl?.reveal() ?? '',
    join(REPOSITORY, 'apps/memory-plugin/migrations'),
    (error) => log.warn({ err: error }, 'a database connection was lost'),
  );
  const namespaces = new PgNamespaceStore(db, clock);
  const memories = new PgMemoryStore(db, clock);
  const { dimensions, embedder: target } = config.vectors ?? { dimensions: 0, embedder: null };
  const model = `${target?.model ?? CALLERS_MODEL}/${dimensions}`;
  const bytes = new PgVectorStore(db, clock, model);
  const indexed = config.vectors && (await openPgvector(db, clock, model, dimensions, bytes, log));
  const vectors = config.vectors && {
    memories,
    vectors: indexed ?? bytes,
    embedder: target && new ProviderEmbedder({ ...target, dimensions }),
    dimensions,
    log,
  };
  const app = buildServer({
    log,
    token: config.token,
    routes: [
      healthRoute({
        ping: () => db.ping(),
        onTrouble: (error) => log.warn({ err: error }, 'the store does not answer'),
        vectors: vectors && { dimensions, hasEmbedder: vectors.embedder !== null, store: vectors.vectors },
      }),
      ...namespaceRoutes({ namespaces, clock }),
      ...memoryRoutes({ memories, vectors, clock }),
    ],
  });
  const supervisor = new Supervisor(log, clock);
  supervisor.add({
    name: 'sweep',
    intervalMs: SWEEP_EVERY_MS,
    run: async (signal) => {
      while (!signal.aborted && (await namespaces.sweep(SWEEP_BATCH)) >= SWEEP_BATCH);
    },
  });

  if (indexed)
    supervisor.add({
      name: 'vector-index',
      intervalMs: EMBED_EVERY_MS,
      run: async (signal) => {
        while (!signal.aborted && (await indexed.fillIndex()) > 0);
      },
    });
  if (vectors?.embedder) {
    supervisor.add({
      name: 'embed',
      intervalMs: EMBED_EVERY_MS,
      run: async (signal) => {
        const endAt = clock.now() + EMBED_ROUND_MS;
        const isOver = () => signal.aborted || clock.now() >= endAt;
        while (!isOver() && (await embedMissing(vectors, EMBED_BATCH, signal)) >= EMBED_BATCH);
      },
    });
  }

  const address = await app.listen(config.listen);
  supervisor.start();
  shutdown.on('server', () => app.close());
  shutdown.on('loops', () => supervisor.stop());
  shutdown.on('database', async () => {
    await db.end();
    await own?.stop();
  });
  return { address, stop: (reason) => shutdown.run(reason) };
}
