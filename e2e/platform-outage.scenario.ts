// Platform outage: the control plane and its database are killed and stay away for an hour (what the edge knows is made an
// hour older), the edge itself starts anew meanwhile, and no tenant notices; when the platform is back, nothing has moved.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { verifies } from './requirements.ts';
import { message, until } from './support/api.ts';
import { BOOT_LIMIT_MS, type HostedOrg, makeOrgs } from './support/hosted-orgs.ts';
import { type ScenarioPlatform, startPlatform } from './support/platform.ts';
import { commandOf, environmentOf, processesOf } from './support/processes.ts';

const HOUR_MS = 3_600_000;
const ROUNDS = 40;

interface Worker {
  org: HostedOrg;
  workspaceId: string;
  token: string;
  socket: WebSocket;
  heard: number;
  serverPid: number;
}

let platform: ScenarioPlatform;
let workers: Worker[];
let ownEdge: ChildProcess | null = null;

beforeAll(async () => {
  platform = await startPlatform();
  const orgs = await makeOrgs(platform, ['alpha', 'beta']);
  workers = await Promise.all(orgs.map(openWorker));
}, 4 * BOOT_LIMIT_MS);
afterAll(async () => {
  for (const { socket } of workers ?? []) socket.terminate();
  ownEdge?.kill('SIGKILL');
  // A launcher that is still held could not stop what it started.
  if (platform) signalLauncher('SIGCONT');
  await platform?.stop();
}, BOOT_LIMIT_MS);

async function openWorker(org: HostedOrg): Promise<Worker> {
  const minted = await org.inside('/org/tokens', 'POST', { name: 'works on' });
  const made = await org.inside('/workspaces', 'POST', { name: 'Works on', runtime: 'rehearsal' });
  const workspaceId = String(made.body.id);
  const isOnline = async () => (await org.inside(`/workspaces/${workspaceId}`)).body.status === 'online';
  await until('the agent is online', isOnline, BOOT_LIMIT_MS);
  const token = String(minted.body.auth_token);
  const worker = { org, workspaceId, token, heard: 0, serverPid: serverPidOf(org) };
  return Object.assign(worker, { socket: await listen(worker) });
}

function serverPidOf({ id }: HostedOrg): number {
  const file = join(platform.dataDir, 'tenants', id, 'placement.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid;
}

async function listen(worker: Pick<Worker, 'org' | 'token' | 'heard'>): Promise<WebSocket> {
  const headers = { host: worker.org.host, authorization: `Bearer ${worker.token}` };
  const socket = new WebSocket(`ws://127.0.0.1:${platform.port}/ws`, { headers });
  socket.on('message', () => {
    worker.heard++;
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
}

/** Everything that a tenant is used for, again and again; what did not go well is answered. */
async function work({ org, workspaceId, token }: Worker): Promise<unknown[]> {
  const wrong: unknown[] = [];
  const at = `/workspaces/${workspaceId}`;
  const call = async (path: string, method = 'GET', body?: unknown) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await platform.call(path, { host: org.host, method, headers, body });
    if (answer.status >= 300) wrong.push([method, path, answer.status, answer.text]);
    return answer;
  };
  for (let i = 0; i < ROUNDS; i++) {
    await call('/health');
    if ((await call(at)).body.status !== 'online') wrong.push('the agent is away');
    await call(`${at}/memory`, 'POST', { key: `round-${i}`, value: i });
    await call('/workspaces');
  }
  const reply = await call(`${at}/a2a`, 'POST', message('are you there?'));
  if (reply.body.result === undefined) wrong.push(reply.text);
  // A browser that was signed in before stays signed in.
  const session = await org.inside('/workspaces');
  if (session.status !== 200) wrong.push(['session', session.status]);
  return wrong;
}

function launcherPid(): number {
  const found = processesOf(platform.dataDir).find((pid) => commandOf(pid).includes('tooling/platform.mjs'));
  if (found === undefined) throw new Error('the launcher is not there');
  return found;
}

/** While it is held it starts nothing again. */
function signalLauncher(signal: 'SIGSTOP' | 'SIGCONT'): void {
  process.kill(launcherPid(), signal);
}

const isPlatformUp = () =>
  platform.call('/health').then(
    ({ status }) => status === 200,
    () => false,
  );

describe('a platform that is away for an hour', () => {
  it(
    verifies('platform.outage', 'is missed by no tenant: requests, agents, messages, sockets and sessions'),
    async () => {
      signalLauncher('SIGSTOP');
      const postmaster = readFileSync(
        join(platform.dataDir, 'platform-database/postgres/postmaster.pid'),
        'utf8',
      );
      process.kill(platform.pidOf('control-plane') ?? 0, 'SIGKILL');
      process.kill(Number(postmaster.split('\n')[0]), 'SIGKILL');
      await until('the platform is away', async () => !(await isPlatformUp()));

      const heard = workers.map((worker) => worker.heard);
      expect(await Promise.all(workers.map(work))).toEqual([[], []]);
      expect(workers.map(({ socket }) => socket.readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
      expect(workers.every((worker, i) => worker.heard > (heard[i] ?? 0))).toBe(true);
    },
    BOOT_LIMIT_MS,
  );

  it(
    verifies('platform.outage', 'stays unnoticed when the edge starts anew and knows only what it knew then'),
    async () => {
      const edge = platform.pidOf('edge') ?? 0;
      const env = environmentOf(edge) as Record<string, string>;
      const program = commandOf(edge).trim().split(' ');
      const file = join(platform.dataDir, 'edge-routes.json');
      await until('what the edge knows is on disk', async () => {
        const kept = JSON.parse(readFileSync(file, 'utf8')) as [string, unknown][];
        return ['alpha', 'beta'].every((slug) => kept.some(([known]) => known === slug));
      });
      process.kill(edge, 'SIGKILL');
      await until('the edge is gone', async () => platform.pidOf('edge') === null);
      const kept = JSON.parse(readFileSync(file, 'utf8')) as [string, { at: number }][];
      const older = kept.map(([slug, known]) => [slug, { ...known, at: known.at - HOUR_MS }]);
      writeFileSync(file, JSON.stringify(older));
      ownEdge = spawn(program[0] ?? '', program.slice(1), { env, stdio: 'ignore' });
      const [alpha] = workers as [Worker, Worker];
      const health = () => platform.call('/health', { host: alpha.org.host });
      const first = await until('the edge is back', () => health().catch(() => null));
      expect([first.status, Number(first.headers['x-molecule-route-age']) >= HOUR_MS / 1000]).toEqual([
        200,
        true,
      ]);
      expect(await Promise.all(workers.map(work))).toEqual([[], []]);
      for (const worker of workers) (await listen(worker)).terminate();
      // Who is not known is not invented.
      const unknown = await platform.call('/health', { host: `nobody.localhost:${platform.port}` });
      expect(unknown.status).toBe(503);
    },
    BOOT_LIMIT_MS,
  );

  it(
    verifies('platform.outage', 'finds everything as it was when it is back, and starts no tenant again'),
    async () => {
      ownEdge?.kill('SIGTERM');
      await until('the port is free', async () => ownEdge?.exitCode !== null || ownEdge?.signalCode !== null);
      signalLauncher('SIGCONT');
      await until('the platform is back', isPlatformUp, BOOT_LIMIT_MS);
      for (const { org, serverPid } of workers) {
        await until(
          `${org.slug} is known to run`,
          async () => (await org.asOwner(`/cp/orgs/${org.slug}`)).body.status === 'running',
        );
        const found = await platform.asOperator(`/cp/admin/tenants/${org.slug}/diagnostics`);
        expect(found.body.instance).toMatchObject({ found: 'running', generation: 1 });
        expect(serverPidOf(org)).toBe(serverPid);
      }
      expect(await Promise.all(workers.map(work))).toEqual([[], []]);
    },
    BOOT_LIMIT_MS,
  );
});
