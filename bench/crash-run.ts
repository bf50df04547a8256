// Crash run: one tenant, one load, so many kills, one verdict. A planted fault shows whether the checker would notice.
//
//   R1. Every step has a deadline; a step that passes it ends the run with an error that says what it waited for.
//   R2. However a run ends, everything it started is stopped, and the first error is the one that is told.

import { rm } from 'node:fs/promises';
import { withDeadline } from '@molecule/kit';
import { Db } from '@molecule/postgres';
import { type CrashAgent, startCrashAgent } from './crash-agent.ts';
import { type CrashVerdict, checkBooks, markBeginning } from './crash-checker.ts';
import { CrashKiller, KILLS, type Kill } from './crash-killer.ts';
import { CrashLoad } from './crash-load.ts';
import { startTenantProcess } from './tenant-process.ts';

export type Plant = 'none' | 'async-commit' | 'delete-rows';

export interface CrashReport extends CrashVerdict {
  kills: number;
  plant: Plant;
  seconds: number;
  readyP50Ms: Partial<Record<Kill, number>>;
  readyMaxMs: Partial<Record<Kill, number>>;
  unaskedExits: number;
  unknownWrites: number;
  givenUp: number;
  surprises: Record<string, number>;
}

const ENV = { MOLECULE_ENV: 'development', WORKSPACE_BACKEND: 'none' };
const DELETED_ROWS = 10;
const END_LIMIT_MS = 120_000;
/** A planted run shows loss; nobody waits for what it lost. */
const PLANTED_END_LIMIT_MS = 3_000;
const WARM_UP_MS = 1_000;
const STEP_LIMIT_MS = 60_000;
/** A kill may start the server twice, each with the killer's own limit. */
const KILL_LIMIT_MS = 240_000;
const FINISH_LIMIT_MS = 120_000;
const READING_LIMIT_MS = 600_000;

export async function runCrash(kills: number, plant: Plant): Promise<CrashReport> {
  const startedAt = performance.now();
  const agent = await startCrashAgent();
  const tenant = await startTenantProcess(ENV);
  const load = new CrashLoad(tenant.url);
  const killer = new CrashKiller(tenant, ENV, load);
  const db = new Db({
    host: `${tenant.dataDir}/run`,
    port: 5432,
    user: 'molecule',
    database: 'molecule',
    maxConnections: 2,
  });
  try {
    await step('the first workspaces', load.prepare(agent.url));
    const beginning = await step('the first rows', markBeginning(load));
    if (plant === 'async-commit') await step('planting async commit', plantAsyncCommit(db));
    load.start();
    await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
    for (let i = 0; i < kills; i++) {
      await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 700));
      const kind = plant === 'async-commit' ? 'postmaster -9' : (KILLS[i % KILLS.length] as Kill);
      await step(`kill ${i + 1} of ${kills} (${kind})`, killer.kill(kind), KILL_LIMIT_MS);
    }
    await step('the last writes of the load', load.finish(), FINISH_LIMIT_MS);
    if (plant === 'delete-rows') await step('planting the deletion', plantDeletion(db));
    const endLimitMs = plant === 'none' ? END_LIMIT_MS : PLANTED_END_LIMIT_MS;
    const verdict = await step(
      'balancing the books',
      checkBooks(load, agent, db, beginning, endLimitMs),
      endLimitMs + READING_LIMIT_MS,
    );
    return {
      ...verdict,
      kills,
      plant,
      seconds: Math.round((performance.now() - startedAt) / 1000),
      readyP50Ms: overKills(killer, (sorted) => sorted[Math.ceil(sorted.length / 2) - 1]),
      readyMaxMs: overKills(killer, (sorted) => sorted.at(-1)),
      unaskedExits: killer.unaskedExits,
      unknownWrites: load.unknown,
      givenUp: load.givenUp,
      surprises: Object.fromEntries(load.surprises),
    };
  } finally {
    await stopAll(load, db, killer, agent);
    await rm(tenant.dataDir, { recursive: true, force: true });
  }
}

/** R1. */
function step<T>(what: string, work: Promise<T>, limitMs = STEP_LIMIT_MS): Promise<T> {
  return withDeadline(work, limitMs, `the crash run: ${what}`);
}

/** R2: one that does not stop is told of and keeps the others from nothing. */
async function stopAll(load: CrashLoad, db: Db, killer: CrashKiller, agent: CrashAgent): Promise<void> {
  const stops = {
    'the end of the load': () => load.close(),
    "the end of the checker's connections": () => db.end(),
    'the stop of the server': () => killer.stop(),
    'the stop of the agent': () => agent.stop(),
  };
  for (const [what, stop] of Object.entries(stops)) {
    const [outcome] = await Promise.allSettled([step(what, stop(), KILL_LIMIT_MS)]);
    if (outcome.status === 'rejected') console.error(`${what}: ${String(outcome.reason)}`);
  }
}

/** Commits are acknowledged before they are on the disk, which is what a kill of Postgres must bring to light. */
async function plantAsyncCommit(db: Db): Promise<void> {
  await db.query('checkpoint');
  await db.query('alter database molecule set synchronous_commit = off');
  await db.withConnection(async (connection) => {
    await connection.query("alter system set wal_writer_delay = '10s'");
    await connection.query('select pg_reload_conf()');
    await connection.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'molecule' and pid <> pg_backend_pid()",
    );
  });
}

async function plantDeletion(db: Db): Promise<void> {
  await db.query(
    `delete from activity where seq in (select seq from activity where summary like 'row %' order by seq desc limit ${DELETED_ROWS})`,
  );
}

function overKills(
  killer: CrashKiller,
  pick: (sorted: number[]) => number | undefined,
): Partial<Record<Kill, number>> {
  const entries = KILLS.map((kind) => [kind, pick([...killer.readyMs[kind]].sort((a, b) => a - b))] as const);
  return Object.fromEntries(
    entries.flatMap(([kind, ms]) => (ms === undefined ? [] : [[kind, Math.round(ms)]])),
  );
}
