// Bench fleet: organisations through the real control plane (its built process, a durable Postgres of its own) on the driver that
// places nothing, so that what is measured is the platform. Comparator: the bare inserts of the very rows that came of it, one
// transaction for each organisation, by as many writers, on the same server in the same run. Load, control plane and database share
// the machine's cores.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog } from '@molecule/kit';
import { Db, EmbeddedPostgres, migrate } from '@molecule/postgres';
import { Agent, request } from 'undici';
import { readCpuSeconds, readRssMb } from './process-usage.ts';
import { endProcess, freePort } from './tenant-process.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const ORGS = Number(process.env.BENCH_ORGS ?? 10_000);
const WRITERS = 8;
const STEADY_MS = Number(process.env.BENCH_STEADY_MS ?? 30_000);
const UP_LIMIT_MS = 30_000;
const ALL_LIMIT_MS = 30 * 60_000;
/** What stands for one organisation, in an order in which it can be inserted. */
const TABLES = [
  ['orgs', 'id'],
  ['tenant_instances', 'org_id'],
  ['platform_audit', 'org_id'],
  ['credit_entries', 'org_id'],
  ['provision_steps', 'org_id'],
  ['tenant_resources', 'org_id'],
] as const;

const folder = await mkdtemp(join(tmpdir(), 'molecule-bench-fleet-'));
const server = new EmbeddedPostgres({
  dataDir: join(folder, 'database'),
  log: createLog({ level: 'silent' }),
});
let controlPlane: ChildProcess | null = null;
const agent = new Agent({ connections: WRITERS });

try {
  await server.start();
  const db = new Db({ ...server.connection(), maxConnections: 2 });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  controlPlane = await startControlPlane(port);
  const pid = controlPlane.pid ?? 0;
  const operator = (await readFile(join(folder, 'platform', 'cp-admin-token'), 'utf8')).trim();
  const key = await makeKey(url, operator);
  await db.query('vacuum full');
  const emptyBytes = await sizeOf(db, 'molecule');
  const cpuAtStart = readCpuSeconds(pid);
  let rssMb = 0;
  const looks = setInterval(() => {
    rssMb = Math.max(rssMb, readRssMb(pid));
  }, 250);

  const startedAt = performance.now();
  const latencies = await acceptAll(url, key);
  const acceptedMs = performance.now() - startedAt;
  await untilAllRun(db);
  const runningMs = performance.now() - startedAt;
  clearInterval(looks);
  const bootCpu = readCpuSeconds(pid) - cpuAtStart;
  latencies.sort((a, b) => a - b);
  const at = (q: number) =>
    round(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0);

  await db.query('vacuum full');
  const bytes = await sizeOf(db, 'molecule');
  const steady = await watchSteady(db, pid);
  const bareMs = await insertBare(db);
  const result = {
    bench: 'fleet',
    orgs: ORGS,
    acceptedSeconds: round(acceptedMs / 1000),
    acceptP50Ms: at(0.5),
    acceptP99Ms: at(0.99),
    allRunningSeconds: round(runningMs / 1000),
    orgsPerSecond: round(ORGS / (runningMs / 1000)),
    controlPlaneCpuSeconds: round(bootCpu),
    controlPlaneRssMb: rssMb,
    bytesPerOrg: Math.round((bytes - emptyBytes) / ORGS),
    steady,
    bareSeconds: round(bareMs / 1000),
    ratioToBareInserts: round(runningMs / bareMs),
    goals: {
      allRunningAtMost10min: runningMs <= 600_000,
      acceptP99AtMost200ms: at(0.99) <= 200,
      rssAtMost1GiB: rssMb <= 1024,
    },
  };
  console.log(
    `${ORGS} organisations: accepted in ${result.acceptedSeconds} s (p50 ${result.acceptP50Ms} ms, p99 ${result.acceptP99Ms} ms), all running after ${result.allRunningSeconds} s (${result.orgsPerSecond}/s); bare inserts of the same rows ${result.bareSeconds} s, ratio ${result.ratioToBareInserts}`,
  );
  console.log(
    `control plane: ${result.controlPlaneCpuSeconds} s of processor, at most ${rssMb} MB; ${result.bytesPerOrg} bytes in the database for each; at rest ${steady.cpuCores} cores, ${steady.rowsWritten} rows written and ${steady.transactions} transactions in ${steady.seconds} s`,
  );
  console.log(JSON.stringify(result));
  await db.end();
} finally {
  if (controlPlane) await endProcess(controlPlane, 'SIGINT');
  await agent.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

function urlOf(database: string): string {
  const { host, user } = server.connection();
  return `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(host)}`;
}

async function startControlPlane(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'apps/control-plane/dist/main.js')], {
    env: {
      PATH: process.env.PATH ?? '',
      CONTROL_PLANE_PORT: String(port),
      MOLECULE_DATA_DIR: join(folder, 'platform'),
      DATABASE_URL: urlOf('molecule'),
      PLACEMENT_DRIVER: 'fake',
      EDGE_SIGNING_KEY: 'a-key-for-a-bench',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const endAt = Date.now() + UP_LIMIT_MS;
  while (Date.now() < endAt) {
    const isUp = await fetch(`http://127.0.0.1:${port}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isUp) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await endProcess(child, 'SIGKILL');
  throw new Error('the control plane did not start');
}

/** A key with a rate of its own: an operator's budget is for people. */
async function makeKey(url: string, operator: string): Promise<string> {
  const answer = await fetch(`${url}/cp/admin/partner-keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'bench',
      partner_id: 'bench',
      scopes: ['orgs:create'],
      rate_limit: 100_000,
    }),
  });
  const body = (await answer.json()) as { key?: string };
  if (!body.key) throw new Error(`no key: ${answer.status} ${JSON.stringify(body)}`);
  return body.key;
}

async function acceptAll(url: string, key: string): Promise<number[]> {
  const latencies: number[] = [];
  let next = 0;
  const write = async () => {
    while (next < ORGS) {
      const slug = `fleet-${next++}`;
      const sentAt = performance.now();
      const { statusCode, body } = await request(`${url}/cp/orgs`, {
        dispatcher: agent,
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ slug, name: slug }),
      });
      const text = await body.text();
      if (statusCode !== 201 && statusCode !== 202) throw new Error(`${slug}: ${statusCode} ${text}`);
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return latencies;
}

async function untilAllRun(db: Db): Promise<void> {
  const endAt = Date.now() + ALL_LIMIT_MS;
  while (Date.now() < endAt) {
    const [row] = await db.query<{ running: number; failed: number }>(
      `select count(*) filter (where status = 'running') as running, count(*) filter (where status = 'failed') as failed from orgs`,
    );
    if ((row?.failed ?? 0) > 0) throw new Error(`${row?.failed} organisations failed`);
    if (row?.running === ORGS) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('not all run');
}

/** What the fleet costs while nothing happens. */
async function watchSteady(db: Db, pid: number) {
  const read = async () => {
    await db.query('select pg_stat_clear_snapshot()');
    const [row] = await db.query<{ written: number; transactions: number }>(
      `select (select sum(n_tup_upd + n_tup_ins + n_tup_del) from pg_stat_user_tables)::bigint as written,
         xact_commit + xact_rollback as transactions from pg_stat_database where datname = current_database()`,
    );
    return { written: row?.written ?? 0, transactions: row?.transactions ?? 0, cpu: readCpuSeconds(pid) };
  };
  const before = await read();
  await new Promise((resolve) => setTimeout(resolve, STEADY_MS));
  const after = await read();
  const seconds = STEADY_MS / 1000;
  return {
    seconds,
    cpuCores: round((after.cpu - before.cpu) / seconds),
    rowsWritten: after.written - before.written,
    transactions: after.transactions - before.transactions,
    rssMb: readRssMb(pid),
  };
}

async function sizeOf(db: Db, name: string): Promise<number> {
  const [row] = await db.query<{ bytes: number }>('select pg_database_size($1) as bytes', [name]);
  return row?.bytes ?? 0;
}

async function insertBare(db: Db): Promise<number> {
  const rows = new Map<string, { table: string; row: Record<string, unknown> }[]>();
  for (const [table, column] of TABLES) {
    const found = await db.query<{ org: string; row: Record<string, unknown> }>(
      `select ${column} as org, to_jsonb(t) as row from ${table} t where ${column} is not null`,
    );
    for (const { org, row } of found) rows.set(org, [...(rows.get(org) ?? []), { table, row }]);
  }
  await db.query('create database bare');
  const bare = new Db({ ...server.connection(), database: 'bare', maxConnections: WRITERS });
  await migrate(bare, join(ROOT, 'apps/control-plane/migrations'));
  const left = rows.values();
  const startedAt = performance.now();
  const write = async () => {
    for (const org of left) {
      await bare.tx(async (tx) => {
        for (const { table, row } of org) {
          await tx.query(
            `insert into ${table} overriding system value select * from jsonb_populate_record(null::${table}, $1)`,
            [JSON.stringify(row)],
          );
        }
      });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  const ms = performance.now() - startedAt;
  await bare.end();
  return ms;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
