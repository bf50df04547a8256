// Bench heartbeat: 10,000 workspaces beat every 10 s for a minute on one tenant; then as fast as it goes, against the
// same beats written with one UPDATE each on the same Postgres. Load generator, tenant and database share the cores.

import { Db } from '@molecule/postgres';
import { Agent, request } from 'undici';
import { readCpuSeconds, readRssMb } from './process-usage.ts';
import { startTenantProcess } from './tenant-process.ts';

const WORKSPACES = Number(process.env.BENCH_WORKSPACES ?? 10_000);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const PERIOD_MS = 10_000;
/** Tokens by workspace, as the create call hands them out. */
const tokens = new Map<string, string>();

const tenant = await startTenantProcess({ MOLECULE_ENV: 'development', WORKSPACE_BACKEND: 'none' });
const agent = new Agent({ connections: 64, pipelining: 1 });
try {
  console.log(`creating ${WORKSPACES} workspaces …`);
  const ids = await createWorkspaces();
  for (let i = 0; i < ids.length; i += 100) {
    const batch = ids.slice(i, i + 100);
    await Promise.all(
      batch.map((id) => post('/registry/register', { id, agent_card: { name: id } }, tokens.get(id))),
    );
  }

  const cpuBefore = readCpuSeconds(tenant.pid);
  const startedAt = performance.now();
  const { latencies, failures } = await steady(ids);
  const wallSeconds = (performance.now() - startedAt) / 1000;
  const cores = (readCpuSeconds(tenant.pid) - cpuBefore) / wallSeconds;
  const rssMb = readRssMb(tenant.pid);
  const statuses = await countStatuses();
  const perSecond = await asFastAsPossible(ids);
  const direct = await oneUpdateEach(ids);

  latencies.sort((a, b) => a - b);
  const at = (q: number) => round(latencies[Math.floor(latencies.length * q)] ?? 0);
  const result = {
    bench: 'heartbeat',
    workspaces: WORKSPACES,
    seconds: SECONDS,
    beats: latencies.length,
    failures,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    falseOffline: WORKSPACES - (statuses.online ?? 0),
    serverCores: round(cores),
    rssMb,
    maxPerSecond: perSecond,
    oneUpdateEachPerSecond: direct,
    ratio: round(perSecond / direct),
    goals: {
      p99AtMost100ms: at(0.99) <= 100,
      noFalseOffline: statuses.online === WORKSPACES,
      atMostOneCore: cores <= 1,
      rssAtMost512Mb: rssMb <= 512,
    },
  };
  console.log(
    `p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms, ${result.falseOffline} false offline, ${result.serverCores} cores, ${rssMb} MB; at most ${perSecond}/s against ${direct}/s with one UPDATE each`,
  );
  console.log(JSON.stringify(result));
} finally {
  await agent.destroy();
  await tenant.stop();
}

async function createWorkspaces(): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < WORKSPACES; i += 50) {
    const batch = Array.from({ length: Math.min(50, WORKSPACES - i) }, (_, j) =>
      post('/workspaces', { name: `role ${i + j}`, external: true }),
    );
    for (const reply of await Promise.all(batch)) {
      const id = reply.id as string;
      ids.push(id);
      tokens.set(id, (reply.connection as { auth_token: string }).auth_token);
    }
  }
  return ids;
}

/** Every workspace once a period, spread evenly. */
async function steady(ids: string[]): Promise<{ latencies: number[]; failures: number }> {
  const latencies: number[] = [];
  let failures = 0;
  const pending = new Set<Promise<void>>();
  const startedAt = performance.now();
  const gapMs = PERIOD_MS / ids.length;
  for (let i = 0; performance.now() - startedAt < SECONDS * 1000; i++) {
    const dueAt = startedAt + i * gapMs;
    while (performance.now() < dueAt) await new Promise((resolve) => setTimeout(resolve, 1));
    const sentAt = performance.now();
    const one: Promise<void> = beat(ids[i % ids.length] as string, i)
      .then(
        () => void latencies.push(performance.now() - sentAt),
        () => void failures++,
      )
      .finally(() => pending.delete(one));
    pending.add(one);
  }
  await Promise.all(pending);
  return { latencies, failures };
}

async function asFastAsPossible(ids: string[]): Promise<number> {
  let sent = 0;
  const endAt = performance.now() + 5_000;
  await Promise.all(
    Array.from({ length: 64 }, async (_, lane) => {
      for (let i = lane; performance.now() < endAt; i += 64) {
        await beat(ids[i % ids.length] as string, i);
        sent++;
      }
    }),
  );
  return Math.round(sent / 5);
}

/** The comparator: the same rows, one UPDATE and one commit for each beat, straight on the same Postgres. */
async function oneUpdateEach(ids: string[]): Promise<number> {
  const db = new Db({
    host: `${tenant.dataDir}/run`,
    port: 5432,
    user: 'molecule',
    database: 'molecule',
    maxConnections: 20,
  });
  let done = 0;
  const endAt = performance.now() + 5_000;
  await Promise.all(
    Array.from({ length: 20 }, async (_, lane) => {
      for (let i = lane; performance.now() < endAt; i += 20) {
        await db.query(
          `update workspace_vitals set active_tasks = $2, uptime_seconds = $3, current_task = $4, last_heartbeat_at = now()
           where workspace_id = $1`,
          [ids[i % ids.length], i % 3, i, ''],
        );
        done++;
      }
    }),
  );
  await db.end();
  return Math.round(done / 5);
}

async function countStatuses(): Promise<Record<string, number>> {
  const response = await request(`${tenant.url}/workspaces`, { dispatcher: agent });
  const counts: Record<string, number> = {};
  for (const row of (await response.body.json()) as { status: string }[]) {
    counts[row.status] = (counts[row.status] ?? 0) + 1;
  }
  return counts;
}

function beat(id: string, i: number): Promise<Record<string, unknown>> {
  return post(
    '/registry/heartbeat',
    { workspace_id: id, active_tasks: i % 3, uptime_seconds: i, error_rate: 0 },
    tokens.get(id),
  );
}

async function post(path: string, body: unknown, token?: string): Promise<Record<string, unknown>> {
  const response = await request(tenant.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
    dispatcher: agent,
  });
  const reply = (await response.body.json()) as Record<string, unknown>;
  if (response.statusCode >= 300) throw new Error(`${path}: ${response.statusCode} ${JSON.stringify(reply)}`);
  return reply;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
