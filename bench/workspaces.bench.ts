// Bench workspaces: from a request to the first answer of an agent, per backend, cold (created) and warm (woken by a
// message); a hundred starts at once; what an idle agent takes; and a hundred idle roles for a while. Comparators of the
// same run: a bare `node` that answers one request, and the same in a bare `docker run` of the same image. Tenant, agents,
// database and load share the cores.

import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCpuSeconds, readRssMb } from './process-usage.ts';
import { freePort, startTenantProcess, type TenantProcess } from './tenant-process.ts';

const RUNS = Number(process.env.BENCH_RUNS ?? 15);
const MANY = Number(process.env.BENCH_WORKSPACES ?? 100);
const IDLE_SECONDS = Number(process.env.BENCH_SECONDS ?? 300);
/** Of those measured one by one: what an organisation that is imported has. The many and the idle have tier 1. */
const TIER = Number(process.env.BENCH_TIER ?? 2);
const LIMIT_MS = 400_000;
const BACKENDS = (process.env.BENCH_BACKENDS ?? 'process,docker').split(',') as ('process' | 'docker')[];
const SERVER = `require('http').createServer((q,r)=>r.end('ok')).listen(Number(process.env.PORT),process.env.HOST)`;
const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();

interface Row {
  id: string;
  name: string;
  status: string;
  status_detail: string | null;
}

const results: Record<string, unknown> = {};
for (const backend of BACKENDS) {
  results[backend] = await measure(backend);
  console.log(`${backend}: ${JSON.stringify(results[backend])}`);
}
console.log(
  JSON.stringify({
    bench: 'workspaces',
    runs: RUNS,
    tier: TIER,
    many: MANY,
    idleSeconds: IDLE_SECONDS,
    ...results,
  }),
);

async function measure(backend: 'process' | 'docker') {
  const dataDir = await mkdtemp(join(tmpdir(), 'molecule-bench-ws-'));
  // Agents have users of their own, who pass through.
  await chmod(dataDir, 0o711);
  const tenant = await startTenantProcess(
    {
      WORKSPACE_BACKEND: backend,
      RATE_LIMIT: '100000000',
      TIER1_MEMORY_MB: '256',
      DOCKER_HOST: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock',
    },
    { dataDir },
  );
  try {
    const cold: number[] = [];
    const wakes: number[] = [];
    const bare: number[] = [];
    // The first start of all builds the image; it is not what people wait for every day.
    await firstAnswer(tenant, await create(tenant, 'Warm-up'));
    for (let i = 0; i < RUNS; i++) {
      const startedAt = performance.now();
      const id = await create(tenant, `Cold ${i}`);
      await firstAnswer(tenant, id);
      cold.push(performance.now() - startedAt);
      await post(tenant, `/workspaces/${id}/hibernate`, {});
      const wokenAt = performance.now();
      await firstAnswer(tenant, id);
      wakes.push(performance.now() - wokenAt);
      await post(tenant, `/workspaces/${id}/pause`, {});
      bare.push(backend === 'process' ? await bareProcess() : await bareContainer());
    }
    const warm = await warmAnswers(tenant);
    const many = await startMany(tenant);
    const idle = await watchIdle(tenant, backend, many.ids);
    return {
      coldMs: summary(cold),
      wakeMs: summary(wakes),
      warmMs: summary(warm),
      bareMs: summary(bare),
      ratioColdToBare: round(summary(cold).p50 / summary(bare).p50),
      startsAtOnce: { count: MANY, failed: many.failed, allOnlineMs: many.allOnlineMs },
      idle,
      goals: {
        cold: summary(cold).p95 <= (backend === 'process' ? 500 : 2_000),
        warm: summary(warm).p95 <= 300,
        wake: summary(wakes).p95 <= (backend === 'process' ? 1_000 : 2_000),
        noFailedStart: many.failed === 0,
        noModelCalls: idle.modelCalls === 0,
        cpuOfAnIdleRole: idle.cpuPercentOfACoreEach < 0.1,
      },
    };
  } finally {
    for (const { id, name } of await list(tenant)) {
      await fetch(`${tenant.url}/workspaces/${id}?confirm=true&purge=true`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${tenant.adminToken}`, 'x-confirm-name': name },
      });
    }
    await tenant.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function create(tenant: TenantProcess, name: string, tier = TIER): Promise<string> {
  const made = await post(tenant, '/workspaces', { name, runtime: 'rehearsal', tier });
  return (made as { id: string }).id;
}

/** Asks once; the tenant holds the message until the agent is there. */
async function firstAnswer(tenant: TenantProcess, id: string): Promise<void> {
  const endAt = performance.now() + LIMIT_MS;
  for (;;) {
    const message = {
      role: 'user',
      messageId: crypto.randomUUID(),
      parts: [{ kind: 'text', text: 'Hello.' }],
    };
    const body = { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } };
    const answer = JSON.stringify(await post(tenant, `/workspaces/${id}/a2a`, body, true));
    if (answer.includes('"result"') && !answer.includes('"queued"')) return;
    const row = (await list(tenant)).find((each) => each.id === id);
    if (row?.status === 'failed') throw new Error(`failed: ${row.status_detail}`);
    if (performance.now() > endAt) throw new Error(`no answer: ${answer.slice(0, 300)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function warmAnswers(tenant: TenantProcess): Promise<number[]> {
  const id = await create(tenant, 'Warm');
  await firstAnswer(tenant, id);
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const startedAt = performance.now();
    await firstAnswer(tenant, id);
    times.push(performance.now() - startedAt);
  }
  return times;
}

async function startMany(tenant: TenantProcess) {
  const startedAt = performance.now();
  const ids = await Promise.all(Array.from({ length: MANY }, (_, i) => create(tenant, `Many ${i}`, 1)));
  const wanted = new Set(ids);
  const endAt = performance.now() + LIMIT_MS;
  for (;;) {
    const rows = (await list(tenant)).filter(({ id }) => wanted.has(id));
    const failed = rows.filter(({ status }) => status === 'failed');
    const online = rows.filter(({ status }) => status === 'online');
    if (online.length + failed.length === MANY || performance.now() > endAt) {
      return { ids, failed: MANY - online.length, allOnlineMs: Math.round(performance.now() - startedAt) };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** CPU and memory of agents that do nothing, and what they asked a model: nothing. */
async function watchIdle(tenant: TenantProcess, backend: string, ids: string[]) {
  const pids = await pidsOf(tenant, backend, ids);
  const cpu = () => pids.reduce((sum, pid) => sum + readCpuSeconds(pid), 0);
  const spent = async () =>
    (await list(tenant)).reduce(
      (sum, row) => sum + ((row as Row & { monthly_spend?: number }).monthly_spend ?? 0),
      0,
    );
  const [before, serverBefore] = [cpu(), readCpuSeconds(tenant.pid)];
  await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
  const perAgent = (cpu() - before) / Math.max(pids.length, 1) / IDLE_SECONDS;
  const rss = pids.map(readRssMb).sort((a, b) => a - b);
  return {
    agents: pids.length,
    rssMbMedian: round(rss[Math.floor(rss.length / 2)] ?? 0),
    cpuPercentOfACoreEach: round(perAgent * 100),
    serverCores: round((readCpuSeconds(tenant.pid) - serverBefore) / IDLE_SECONDS),
    modelCalls: await spent(),
  };
}

async function pidsOf(tenant: TenantProcess, backend: string, ids: string[]): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const env = await readFile(`/proc/${name}/environ`, 'latin1');
      const command = await readFile(`/proc/${name}/cmdline`, 'latin1');
      const isAgent = command.includes('main.js') && !command.includes('docker-init');
      const isOurs = backend === 'docker' || env.includes(tenant.dataDir);
      const id = /(?:^|\0)WORKSPACE_ID=([^\0]+)/.exec(env)?.[1] ?? '';
      if (isAgent && isOurs && ids.includes(id)) pids.push(Number(name));
    } catch {
      // Ended meanwhile.
    }
  }
  return pids;
}

async function bareProcess(): Promise<number> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['-e', SERVER], {
    env: { PORT: String(port), HOST: '127.0.0.1' },
    stdio: 'ignore',
  });
  await untilAnswers(port);
  const ms = performance.now() - startedAt;
  child.kill('SIGKILL');
  return ms;
}

async function bareContainer(): Promise<number> {
  const port = await freePort();
  const image =
    docker('images', '--format', '{{.Repository}}:{{.Tag}}', 'molecule-workspace').split('\n')[0] ?? '';
  const startedAt = performance.now();
  const id = docker(
    ...['run', '-d', '-p', `127.0.0.1:${port}:8000`, '-e', 'PORT=8000', '-e', 'HOST=0.0.0.0'],
    ...[image, 'node', '-e', SERVER],
  );
  await untilAnswers(port);
  const ms = performance.now() - startedAt;
  docker('rm', '-f', id);
  return ms;
}

async function untilAnswers(port: number): Promise<void> {
  const endAt = performance.now() + 30_000;
  while (performance.now() < endAt) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) })).ok) return;
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('a bare server did not come up');
}

async function list(tenant: TenantProcess): Promise<Row[]> {
  const response = await fetch(`${tenant.url}/workspaces`, {
    headers: { authorization: `Bearer ${tenant.adminToken}` },
  });
  return (await response.json()) as Row[];
}

async function post(
  tenant: TenantProcess,
  path: string,
  body: unknown,
  isAnyAnswer = false,
): Promise<unknown> {
  const response = await fetch(tenant.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok && !isAnyAnswer) throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as unknown;
}

function summary(values: number[]): { p50: number; p95: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0);
  return { p50: at(0.5), p95: at(0.95) };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
