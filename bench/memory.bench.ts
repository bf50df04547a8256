// Bench memory: writes and text searches of the built memory plugin with 10,000 and 100,000 memories (BENCH_SIZES), one
// call at a time and eight at once, against the same statements run directly on the same durable embedded Postgres.
// Texts: 30 words each from a vocabulary of 20,000 by Zipf's law, over 200 namespaces. Everything shares the cores.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog, systemClock } from '@molecule/kit';
import { Db, EmbeddedPostgres } from '@molecule/postgres';
import { Agent, request } from 'undici';
import { PgMemoryStore } from '../apps/memory-plugin/src/features/memories/memory-store.pg.ts';
import { readRssMb } from './process-usage.ts';
import { freePort } from './tenant-process.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SIZES = (process.env.BENCH_SIZES ?? '10000,100000').split(',').map(Number);
const CALLS = Number(process.env.BENCH_CALLS ?? 1_000);
const NAMESPACES = Array.from({ length: 200 }, (_, i) => `workspace:bench-${i}`);
const VOCABULARY = 20_000;
const WORDS = 30;
const BATCH = 200;

/** The same numbers in every run. */
let seed = 42;
function random(): number {
  seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}
const zipf = () => Math.min(VOCABULARY - 1, Math.floor(Math.exp(random() * Math.log(VOCABULARY))) - 1);
const word = (rank: number) => `w${rank.toString(36)}x`;
const text = () => Array.from({ length: WORDS }, () => word(zipf())).join(' ');
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

const dataDir = await mkdtemp(join(tmpdir(), 'molecule-bench-memory-'));
const server = new EmbeddedPostgres({ dataDir, log: createLog({ level: 'silent' }) });
await server.start();
const { host, user, database } = server.connection();
const databaseUrl = `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(host)}`;
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const startedAt = performance.now();
const child = spawn(process.execPath, [join(ROOT, 'apps/memory-plugin/dist/main.js')], {
  env: {
    MEMORY_PLUGIN_LISTEN_ADDR: `127.0.0.1:${port}`,
    MEMORY_PLUGIN_DATABASE_URL: databaseUrl,
    LOG_LEVEL: 'error',
  },
  stdio: ['ignore', 'inherit', 'inherit'],
});
const agent = new Agent({ connections: 16, pipelining: 1 });
const direct = new Db({
  connectionString: `${databaseUrl}&options=-c%20search_path%3Dmemory_plugin`,
  maxConnections: 10,
});

try {
  await untilHealthy();
  const startMs = Math.round(performance.now() - startedAt);
  for (const namespace of NAMESPACES) await call('PUT', `/v1/namespaces/${namespace}`, { kind: 'workspace' });
  const store = new PgMemoryStore(direct, systemClock);
  const sizes = [];
  let held = 0;
  for (const size of SIZES) {
    console.log(`filling up to ${size} memories …`);
    const fillStartedAt = performance.now();
    const filled = size - held;
    await fill(filled);
    held = size;
    const fillPerSecond = Math.round(filled / ((performance.now() - fillStartedAt) / 1000));
    await direct.query('analyze memories');
    const result = {
      memories: size,
      fillPerSecond,
      ...(await measure(store)),
      rssMb: readRssMb(child.pid ?? 0),
    };
    held += 4 * CALLS;
    sizes.push(result);
    console.log(
      `${size}: write p50 ${result.write.p50Ms} p99 ${result.write.p99Ms} ms (${result.write.ratio} of direct), search p50 ${result.search.p50Ms} p95 ${result.search.p95Ms} ms (${result.search.ratio}), in one namespace p95 ${result.searchOwn.p95Ms} ms (${result.searchOwn.ratio}), newest p95 ${result.newest.p95Ms} ms (${result.newest.ratio}); ${result.rssMb} MB`,
    );
  }
  const goals = {
    writeP99AtMost10ms: sizes.every(({ write }) => write.p99Ms <= 10),
    searchP95AtMost50ms: sizes.every(({ search }) => search.p95Ms <= 50),
    ratioAtLeast08: sizes.every(({ write, search }) => write.ratio >= 0.8 && search.ratio >= 0.8),
  };
  console.log(JSON.stringify({ bench: 'memory', startMs, calls: CALLS, sizes, goals }));
} finally {
  await agent.destroy();
  await direct.end();
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** Every kind of call by the plugin and by its statements alone, in turns, so that both meet the same machine. */
async function measure(store: PgMemoryStore) {
  const body = () => ({ content: text(), kind: 'fact', source: 'agent', id: crypto.randomUUID() });
  const query = () => `${word(20 + Math.floor(random() * 2_000))} ${word(20 + Math.floor(random() * 2_000))}`;
  const rest = { kinds: null, propagation: null, limit: 20 };
  const search = (namespaces: string[], text: string) =>
    call('POST', '/v1/search', { namespaces, query: text, limit: 20 });
  return {
    write: await compare(
      () => call('POST', `/v1/namespaces/${pick(NAMESPACES)}/memories`, body()),
      async () => {
        const { id, content } = body();
        const common = { kind: 'fact', source: 'agent', expiresAt: null, isPinned: false } as const;
        await store.write(pick(NAMESPACES), [{ ...common, id, content, propagation: null, createdAt: null }]);
      },
    ),
    search: await compare(
      () => search(NAMESPACES, query()),
      () => store.search({ namespaces: NAMESPACES, query: query(), ...rest }),
    ),
    searchOwn: await compare(
      () => search([pick(NAMESPACES)], query()),
      () => store.search({ namespaces: [pick(NAMESPACES)], query: query(), ...rest }),
    ),
    newest: await compare(
      () => search([pick(NAMESPACES)], ''),
      () => store.search({ namespaces: [pick(NAMESPACES)], query: '', ...rest }),
    ),
  };
}

async function compare(plugin: () => Promise<unknown>, statements: () => Promise<unknown>) {
  const [viaPlugin, alone]: [number[], number[]] = [[], []];
  for (let i = 0; i < CALLS; i++) {
    viaPlugin.push(await timed(plugin));
    alone.push(await timed(statements));
  }
  const throughput = await perSecond(plugin);
  const throughputAlone = await perSecond(statements);
  return {
    p50Ms: at(viaPlugin, 0.5),
    p95Ms: at(viaPlugin, 0.95),
    p99Ms: at(viaPlugin, 0.99),
    directP50Ms: at(alone, 0.5),
    directP99Ms: at(alone, 0.99),
    perSecond: throughput,
    directPerSecond: throughputAlone,
    ratio: round(throughput / throughputAlone),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Eight at once. */
async function perSecond(work: () => Promise<unknown>): Promise<number> {
  let left = CALLS;
  const startedAt = performance.now();
  const worker = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return Math.round(CALLS / ((performance.now() - startedAt) / 1000));
}

async function fill(count: number): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      const size = Math.min(BATCH, left);
      left -= size;
      const memories = Array.from({ length: size }, () => ({
        content: text(),
        kind: 'fact',
        source: 'agent',
      }));
      await call('POST', `/v1/namespaces/${pick(NAMESPACES)}/memories:batch`, { memories });
    }
  };
  await Promise.all([worker(), worker()]);
}

async function call(method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown): Promise<void> {
  const answer = await request(url + path, {
    dispatcher: agent,
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
}

async function untilHealthy(): Promise<void> {
  for (let i = 0; i < 600; i++) {
    const isUp = await call('GET', '/v1/health').then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the plugin did not start');
}

function at(times: number[], q: number): number {
  times.sort((a, b) => a - b);
  return round(times[Math.floor(times.length * q)] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
