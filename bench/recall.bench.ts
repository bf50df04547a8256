// Bench recall: how often the right memory is among the first five and ten, by words, by vectors and by both, over questions
// with one right answer each (recall-corpus.ts); beside it what the database's own English search finds in the same rows.
// Vectors are of all-MiniLM-L6-v2, computed on this machine. BENCH_MEMORIES (3000), BENCH_QUESTIONS of each kind (300).
//
// And how long a search by vector takes at 10,000 and 100,000 memories (BENCH_VECTORS), compared in the process and, where
// MOLECULE_TEST_PGVECTOR names the bin folder of a Postgres with pgvector, by its index.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog } from '@molecule/kit';
import { Db, EmbeddedPostgres } from '@molecule/postgres';
import { pgvectorBinaries } from '@molecule/testkit';
import { request } from 'undici';
import { startMinilm } from './minilm/start-minilm.ts';
import { KINDS, readCorpus } from './recall-corpus.ts';
import { freePort } from './tenant-process.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MEMORIES = Number(process.env.BENCH_MEMORIES ?? 3_000);
const QUESTIONS = Number(process.env.BENCH_QUESTIONS ?? 300);
const VECTOR_SIZES = (process.env.BENCH_VECTORS ?? '10000,100000').split(',').filter(Boolean).map(Number);
const DIMENSIONS = 384;
const NAMESPACE = 'custom:recall';
const EMBED_LIMIT_MS = 1_200_000;

const folder = await mkdtemp(join(tmpdir(), 'molecule-bench-recall-'));
const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];

try {
  const recall = await measureRecall();
  const speed: Record<string, unknown>[] = [];
  for (const kind of ['exact', 'hnsw'] as const) {
    if (VECTOR_SIZES.length === 0) break;
    if (kind === 'hnsw' && !pgvectorBinaries()) console.log('not run: pgvector');
    else speed.push(...(await measureSpeed(kind)));
  }
  console.log(JSON.stringify({ bench: 'recall', memories: MEMORIES, questions: QUESTIONS, recall, speed }));
} finally {
  for (const stop of stops.reverse()) await stop();
}

type Rows = Record<string, Record<string, { at5: number; at10: number }>>;

async function measureRecall(): Promise<Rows | null> {
  console.log('installing the model …');
  const minilm = await startMinilm(join(folder, 'python'));
  if (!minilm) {
    console.log('not run: vector and hybrid (Python or its registry is away)');
    return null;
  }
  stops.push(() => minilm.stop());
  const database = await startDatabase('recall');
  const embedder = {
    MEMORY_PLUGIN_EMBEDDING_DIMENSIONS: String(DIMENSIONS),
    MEMORY_PLUGIN_EMBEDDING_URL: minilm.url,
    MEMORY_PLUGIN_EMBEDDING_MODEL: 'all-MiniLM-L6-v2',
  };
  const both = await startPlugin(database.url, embedder);
  const words = await startPlugin(database.url, {});
  const { memories, questions } = readCorpus(MEMORIES, QUESTIONS);
  await fill(both, memories);
  const db = new Db({
    connectionString: `${database.url}&options=-c%20search_path%3Dmemory_plugin`,
    maxConnections: 4,
  });
  stops.push(() => db.end());
  console.log(`embedding ${memories.length} memories …`);
  const endAt = Date.now() + EMBED_LIMIT_MS;
  for (let left = memories.length; left > 0; ) {
    const [row] = await db.query<{ count: number }>('select count(*)::int as count from memory_vectors');
    left = memories.length - (row?.count ?? 0);
    if (Date.now() > endAt) throw new Error(`${left} memories have no vector after ${EMBED_LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const engines: Record<string, (text: string) => Promise<string[]>> = {
    'English search of the database': (text) => plainSearch(db, text),
    words: (text) => search(words, { query: text }),
    vectors: async (text) => search(both, { embedding: await embed(minilm.url, text) }),
    both: (text) => search(both, { query: text }),
  };
  const rows: Rows = {};
  for (const [name, find] of Object.entries(engines)) {
    rows[name] = {};
    for (const kind of KINDS) {
      const asked = questions.filter((question) => question.kind === kind);
      let [at5, at10] = [0, 0];
      for (const { text, answer } of asked) {
        const place = (await find(text)).indexOf(answer);
        if (place >= 0 && place < 5) at5++;
        if (place >= 0 && place < 10) at10++;
      }
      rows[name][kind] = { at5: share(at5, asked.length), at10: share(at10, asked.length) };
    }
    console.log(
      `${name}: ${KINDS.map((kind) => `${kind} ${rows[name]?.[kind]?.at5} / ${rows[name]?.[kind]?.at10}`).join(', ')}`,
    );
  }
  const mean = (name: string) =>
    KINDS.reduce((sum, kind) => sum + (rows[name]?.[kind]?.at10 ?? 0), 0) / KINDS.length;
  const plain = mean('English search of the database');
  console.log(`recall@10 of both to that of the database's English search: ${share(mean('both'), plain)}`);
  return rows;
}

/** Any of the words, best first: the usual way to ask Postgres. */
async function plainSearch(db: Db, text: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select id from memories,
       to_tsquery('english', nullif(array_to_string(tsvector_to_array(to_tsvector('english', $1)), ' | '), '')) q
     where to_tsvector('english', content) @@ q
     order by ts_rank(to_tsvector('english', content), q) desc, seq limit 10`,
    [text],
  );
  return rows.map(({ id }) => id);
}

async function search(url: string, ask: object): Promise<string[]> {
  const body = await call(url, 'POST', '/v1/search', { namespaces: [NAMESPACE], limit: 10, ...ask });
  return (body as { memories: { id: string }[] }).memories.map(({ id }) => id);
}

async function embed(url: string, text: string): Promise<number[]> {
  const body = await call(url, 'POST', '/embeddings', { model: 'm', input: [text] });
  return (body as { data: { embedding: number[] }[] }).data[0]?.embedding ?? [];
}

async function measureSpeed(kind: 'exact' | 'hnsw'): Promise<Record<string, unknown>[]> {
  const database = await startDatabase(`speed-${kind}`, kind === 'hnsw');
  const url = await startPlugin(database.url, { MEMORY_PLUGIN_EMBEDDING_DIMENSIONS: String(DIMENSIONS) });
  await call(url, 'PUT', `/v1/namespaces/${NAMESPACE}`, { kind: 'custom' });
  await untilIndex(url, kind);
  let held = 0;
  const results = [];
  for (const size of VECTOR_SIZES) {
    console.log(`${kind}: filling up to ${size} vectors …`);
    for (; held < size; held += 200) {
      const memories = Array.from({ length: Math.min(200, size - held) }, (_, i) => ({
        content: `vector ${held + i}`,
        kind: 'fact',
        source: 'agent',
        embedding: direction(held + i),
      }));
      await call(url, 'POST', `/v1/namespaces/${NAMESPACE}/memories:batch`, { memories });
    }
    const times: number[] = [];
    for (let i = 0; i < 60; i++) {
      const embedding = direction(-1 - i);
      const startedAt = performance.now();
      await call(url, 'POST', '/v1/search', { namespaces: [NAMESPACE], limit: 10, embedding });
      times.push(performance.now() - startedAt);
    }
    times.sort((a, b) => a - b);
    const result = { index: kind, vectors: size, p50Ms: round(times[30] ?? 0), p95Ms: round(times[57] ?? 0) };
    console.log(`${kind}, ${size} vectors: p50 ${result.p50Ms} p95 ${result.p95Ms} ms`);
    results.push(result);
  }
  return results;
}

/** Numbers in clusters, as meanings are: a hundred centres with noise around them. */
function direction(seed: number): number[] {
  const centre = ((seed % 100) + 100) % 100;
  return Array.from({ length: DIMENSIONS }, (_, at) =>
    round(Math.sin((centre + 1) * (at + 1)) + 0.4 * Math.sin((seed + 1) * 12.9898 * (at + 1))),
  );
}

async function startDatabase(name: string, hasPgvector = false): Promise<{ url: string }> {
  const binaries = hasPgvector ? pgvectorBinaries() : null;
  const server = new EmbeddedPostgres({
    dataDir: join(folder, name),
    log: createLog({ level: 'silent' }),
    ...(binaries ? { binaries } : {}),
  });
  await server.start();
  stops.push(() => server.stop());
  const { host, user, database } = server.connection();
  return { url: `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(host)}` };
}

async function startPlugin(databaseUrl: string, env: Record<string, string>): Promise<string> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(ROOT, 'apps/memory-plugin/dist/main.js')], {
    env: {
      MEMORY_PLUGIN_LISTEN_ADDR: `127.0.0.1:${port}`,
      MEMORY_PLUGIN_DATABASE_URL: databaseUrl,
      LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  stops.push(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 600; i++) {
    const isUp = await call(url, 'GET', '/v1/health').then(
      () => true,
      () => false,
    );
    if (isUp) return url;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the plugin did not start');
}

async function untilIndex(url: string, index: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    const health = (await call(url, 'GET', '/v1/health')) as { details: { vector_index: string } };
    if (health.details.vector_index === index) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the plugin has no index of kind ${index}`);
}

async function fill(url: string, memories: { id: string; content: string }[]): Promise<void> {
  await call(url, 'PUT', `/v1/namespaces/${NAMESPACE}`, { kind: 'custom' });
  for (let from = 0; from < memories.length; from += 200) {
    const batch = memories
      .slice(from, from + 200)
      .map((memory) => ({ ...memory, kind: 'fact', source: 'agent' }));
    await call(url, 'POST', `/v1/namespaces/${NAMESPACE}/memories:batch`, { memories: batch });
  }
}

async function call(
  url: string,
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await request(url + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
  return text === '' ? null : JSON.parse(text);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1_000) / 1_000;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
