// Faults of the stores: a Postgres that freezes, and a Redis that goes away, under load.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readPostmasterPid } from './crash-killer.ts';
import { FaultsClient, inLanes, pause, type Timed } from './faults-client.ts';
import { freePort, startTenantProcess } from './tenant-process.ts';

const ENV = { MOLECULE_ENV: 'development', WORKSPACE_BACKEND: 'none' };
const FROZEN_MS = 30_000;
/** Ten minutes, as the goal says. */
const REDIS_GONE_MS = Number(process.env.FAULTS_REDIS_GONE_SECONDS ?? 600) * 1_000;

export async function postgresGone() {
  const tenant = await startTenantProcess(ENV);
  const client = new FaultsClient(tenant.url);
  try {
    const id = await client.create('writer');
    const frozen = await underOutage(client, id, async (isBack) => {
      const postmaster = (await readPostmasterPid(tenant.dataDir)) ?? 0;
      const all = [postmaster, ...childrenOf(postmaster)];
      for (const pid of all) signal(pid, 'SIGSTOP');
      await pause(FROZEN_MS);
      for (const pid of all) signal(pid, 'SIGCONT');
      return isBack();
    });
    const killed = await underOutage(client, id, async (isBack) => {
      const postmaster = (await readPostmasterPid(tenant.dataDir)) ?? 0;
      signal(postmaster, 'SIGKILL');
      return isBack();
    });
    return {
      goal: 'every request answers within 2 s with 503 and Retry-After; service back within 5 s; no exit',
      frozen,
      killed,
      isMet:
        [frozen, killed].every(
          (part) => part.slowestMs <= 2_000 && part.backMs <= 5_000 && part.wrong === 0,
        ) && tenant.child.exitCode === null,
    };
  } finally {
    await client.close();
    await tenant.stop();
  }
}

async function underOutage(
  client: FaultsClient,
  id: string,
  outage: (isBack: () => Promise<number>) => Promise<number>,
) {
  const answers: Timed[] = [];
  let isOver = false;
  const load = inLanes(
    8,
    () => isOver,
    async () => {
      answers.push(await client.log(id, 'row'));
      await pause(10);
    },
  );
  await pause(1_000);
  const backMs = await outage(async () => {
    const startedAt = performance.now();
    for (const endAt = Date.now() + 60_000; Date.now() < endAt; await pause(20)) {
      if ((await client.log(id, 'back?')).status === 200) break;
    }
    return Math.round(performance.now() - startedAt);
  });
  isOver = true;
  await load;
  const refused = answers.filter(({ status }) => status !== 200);
  return {
    requests: answers.length,
    refused: refused.length,
    /** Neither an acknowledgement nor a 503 with Retry-After. */
    wrong: refused.filter(({ status, retryAfter }) => status !== 503 || retryAfter === null).length,
    slowestMs: Math.max(...answers.map(({ ms }) => ms)),
    backMs,
  };
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((child) => {
      if (!Number.isInteger(child)) return false;
      try {
        const stat = readFileSync(`/proc/${child}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false; // It ended while we looked.
      }
    });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export async function redisGone() {
  const port = await freePort();
  const start = () =>
    spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      {
        stdio: 'ignore',
      },
    );
  let redis = start();
  await once(redis, 'spawn');
  const tenant = await startTenantProcess({ ...ENV, REDIS_URL: `redis://127.0.0.1:${port}` });
  const client = new FaultsClient(tenant.url);
  try {
    const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => beating(client, `role ${i}`)));
    const answers: Timed[] = [];
    let isOver = false;
    let turn = 0;
    const load = inLanes(
      8,
      () => isOver,
      async () => {
        const { id, token } = ids[turn++ % ids.length] as (typeof ids)[number];
        answers.push(await client.log(id, 'row'), await beat(client, id, token));
        await pause(5);
      },
    );
    await pause(2_000);
    redis.kill('SIGKILL');
    await pause(REDIS_GONE_MS);
    redis = start();
    await pause(3_000);
    isOver = true;
    await load;
    const rows = (await client.call('GET', '/workspaces')).body as unknown as { status: string }[];
    const falseOffline = rows.filter(({ status }) => status !== 'online').length;
    const failed = answers.filter(({ status }) => status !== 200).length;
    return {
      goal: '0 failed writes and 0 false offline while Redis is gone',
      goneMs: REDIS_GONE_MS,
      writes: answers.length,
      failed,
      falseOffline,
      isMet: failed === 0 && falseOffline === 0,
    };
  } finally {
    redis.kill('SIGKILL');
    await client.close();
    await tenant.stop();
  }
}

async function beating(client: FaultsClient, name: string): Promise<{ id: string; token: string }> {
  const made = await client.call('POST', '/workspaces', { name, external: true });
  const id = made.body.id as string;
  const token = (made.body.connection as { auth_token: string }).auth_token;
  const body = { id, agent_card: { name } };
  await client.call('POST', '/registry/register', body, { authorization: `Bearer ${token}` });
  return { id, token };
}

function beat(client: FaultsClient, id: string, token: string): Promise<Timed> {
  const body = { workspace_id: id, active_tasks: 0, uptime_seconds: 1, error_rate: 0 };
  return client.call('POST', '/registry/heartbeat', body, { authorization: `Bearer ${token}` });
}
