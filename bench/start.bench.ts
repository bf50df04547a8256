// Bench start: from `npm start` on an installed clone to a healthy server and to every demo role online; on an empty
// data folder (cold) and on one that was used before (warm). The comparator is a bare `node -e 0` in the same run.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './tenant-process.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const LIMIT_MS = 60_000;

interface Run {
  healthyMs: number;
  allOnlineMs: number;
  stoppedMs: number;
}

const cold: Run[] = [];
const warm: Run[] = [];
for (let i = 0; i < RUNS; i++) {
  const dataDir = await mkdtemp(join(tmpdir(), 'molecule-start-'));
  cold.push(await measure(dataDir));
  warm.push(await measure(dataDir));
  await rm(dataDir, { recursive: true, force: true });
}
const bareMs = median(Array.from({ length: 5 }, () => time(() => spawnSync(process.execPath, ['-e', '0']))));

const result = {
  bench: 'start',
  runs: RUNS,
  bareNodeMs: bareMs,
  cold: summary(cold),
  warm: summary(warm),
  ratioWarmToBareNode: round(summary(warm).healthyMs / bareMs),
  goals: {
    warmHealthyAtMost2s: summary(warm).healthyMs <= 2_000,
    coldHealthyAtMost5s: summary(cold).healthyMs <= 5_000,
    allRolesOnlineAtMost10s: summary(cold).allOnlineMs <= 10_000,
  },
};
for (const name of ['cold', 'warm'] as const) {
  const { healthyMs, allOnlineMs, stoppedMs } = result[name];
  console.log(
    `${name}: healthy ${healthyMs} ms, all roles online ${allOnlineMs} ms, stopped in ${stoppedMs} ms`,
  );
}
console.log(JSON.stringify(result));

async function measure(dataDir: string): Promise<Run> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn('npm', ['start', '--silent'], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), MOLECULE_DATA_DIR: dataDir },
    stdio: 'ignore',
    detached: true,
  });
  const url = `http://127.0.0.1:${port}`;
  const healthyMs = await until(startedAt, () =>
    fetch(`${url}/health/ready`).then(
      (r) => r.ok,
      () => false,
    ),
  );
  const token = (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim();
  const allOnlineMs = await until(startedAt, async () => {
    const response = await fetch(`${url}/workspaces`, { headers: { authorization: `Bearer ${token}` } });
    const rows = (await response.json()) as { status: string }[];
    return rows.length > 0 && rows.every((row) => row.status === 'online');
  });
  const stopAt = performance.now();
  process.kill(-(child.pid ?? 0), 'SIGINT');
  await new Promise((resolve) => child.once('exit', resolve));
  return { healthyMs, allOnlineMs, stoppedMs: Math.round(performance.now() - stopAt) };
}

async function until(startedAt: number, condition: () => Promise<boolean>): Promise<number> {
  while (performance.now() - startedAt < LIMIT_MS) {
    if (await condition()) return Math.round(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  throw new Error(`not reached within ${LIMIT_MS} ms`);
}

function summary(runs: Run[]): Run {
  return {
    healthyMs: median(runs.map((run) => run.healthyMs)),
    allOnlineMs: median(runs.map((run) => run.allOnlineMs)),
    stoppedMs: median(runs.map((run) => run.stoppedMs)),
  };
}

function time(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

function median(values: number[]): number {
  return round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
