// Containers: a workspace in a container of this machine lives as one in a process does, reaches its tenant through the
// agents' door and nothing else there, and leaves nothing behind.

import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { removeNetworks } from './support/containers.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const START_MS = 60_000;

interface Row {
  status: string;
  backend: string;
  last_heartbeat_at: string | null;
}

let tenant: ScenarioTenant;
let id: string;

const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();
const read = () => tenant.asAdmin<Row>(`/workspaces/${id}`);
const untilStatus = (status: string) =>
  until(`status ${status}`, async () => (await read()).status === status, START_MS);
const act = (verb: string) => tenant.asAdmin(`/workspaces/${id}/${verb}`, { method: 'POST', body: {} });
const namesOf = (kind: 'ps' | 'volume', ...args: string[]) =>
  docker(kind, ...args)
    .split('\n')
    .filter(Boolean);
const containers = () => namesOf('ps', '-a', '--format', '{{.Names}}', '--filter', `name=ws-${id}`);
/** Empty while there is none. */
const containerId = () => namesOf('ps', '-a', '-q', '--no-trunc', '--filter', `name=ws-${id}`).join();
const isAnother = (before: string) => containerId() !== '' && containerId() !== before;
const volumes = () => namesOf('volume', 'ls', '--format', '{{.Name}}', '--filter', `name=ws-${id}`);

async function ask(text: string): Promise<string> {
  const message = { role: 'user', messageId: crypto.randomUUID(), parts: [{ kind: 'text', text }] };
  const answer = await tenant.call(`/workspaces/${id}/a2a`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.adminToken}` },
    body: { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } },
  });
  expect(answer.status, answer.text).toBe(200);
  return answer.text;
}

/** A call from inside the container, as the agent makes it. */
function fromInside(path: string, token: string, method = 'GET'): number {
  const script = `
    const url = process.env.PLATFORM_URL + ${JSON.stringify(path)};
    const headers = ${JSON.stringify(token === '' ? {} : { authorization: `Bearer ${token}` })};
    fetch(url, { method: ${JSON.stringify(method)}, headers }).then((r) => console.log(r.status));`;
  return Number(docker('exec', `ws-${id}`, 'node', '-e', script));
}

describe.skipIf(!process.env.MOLECULE_TEST_DOCKER)('a workspace in a container', () => {
  beforeAll(async () => {
    tenant = await startScenarioTenant({
      WORKSPACE_BACKEND: 'docker',
      WORKSPACE_BACKENDS: 'process',
      DOCKER_HOST: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock',
    });
    const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { name: 'Boxed', runtime: 'rehearsal', tier: 2 },
    });
    id = made.id;
  });

  afterAll(async () => {
    await tenant?.stop();
    removeNetworks();
  });

  it('registers, beats and answers', async () => {
    await untilStatus('online');
    expect(await read()).toMatchObject({ backend: 'docker', last_heartbeat_at: expect.any(String) });
    expect(await ask('How many words are in this sentence?')).toContain('"result"');
  });

  it(
    verifies(
      'core.1.1-gateway',
      'reaches the routes of agents with its token, and nothing else of the tenant',
    ),
    async () => {
      const token = docker('exec', `ws-${id}`, 'cat', '/configs/.auth_token').trim();
      expect(fromInside(`/registry/${id}/peers`, token)).toBe(200);
      expect(fromInside(`/workspaces/${id}`, token)).toBe(200);
      expect(fromInside(`/registry/${id}/peers`, '')).toBe(401);
      for (const path of [
        '/workspaces',
        '/admin/liveness',
        '/metrics',
        '/health',
        '/',
        '/openapi.json',
        '/org/tokens',
      ]) {
        expect([path, fromInside(path, tenant.adminToken)]).toEqual([path, 404]);
      }
      expect(fromInside(`/workspaces/${id}`, tenant.adminToken, 'DELETE')).toBe(404);
    },
  );

  it('restarts into another container with its data', async () => {
    docker('exec', `ws-${id}`, 'sh', '-c', 'echo kept > /workspace/kept');
    const before = containerId();
    await act('restart');
    await until('another container', () => isAnother(before), START_MS);
    await untilStatus('online');
    expect(docker('exec', `ws-${id}`, 'cat', '/workspace/kept')).toBe('kept');
  });

  it('is started again when its container is killed', async () => {
    const before = containerId();
    docker('kill', `ws-${id}`);
    await until('another container', () => isAnother(before), START_MS);
    await untilStatus('online');
  });

  it('gives its container back while it hibernates, and wakes for a message', async () => {
    await act('hibernate');
    await untilStatus('hibernated');
    await until('no container', () => containers().length === 0, START_MS);
    expect(volumes()).toHaveLength(3);
    expect(await ask('Are you awake?')).toContain('"result"');
    await untilStatus('online');
    expect(docker('exec', `ws-${id}`, 'cat', '/workspace/kept')).toBe('kept');
  });

  it('runs where its own row says, beside others', async () => {
    const body = { name: 'Unboxed', runtime: 'rehearsal', backend: 'process' };
    const other = await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body });
    await until(
      'online',
      async () => (await tenant.asAdmin<Row>(`/workspaces/${other.id}`)).status === 'online',
      START_MS,
    );
    expect(await tenant.asAdmin<Row>(`/workspaces/${other.id}`)).toMatchObject({ backend: 'process' });
    const refused = await tenant.call('/workspaces', {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.adminToken}` },
      body: { ...body, backend: 'cloud' },
    });
    expect([refused.status, refused.text]).toEqual([
      400,
      expect.stringContaining('backend must be one of: docker, process'),
    ]);
  });

  it('is removed with its container and its volumes', async () => {
    await tenant.asAdmin(`/workspaces/${id}?confirm=true&purge=true`, {
      method: 'DELETE',
      headers: { 'x-confirm-name': 'Boxed' },
    });
    expect([containers(), volumes()]).toEqual([[], []]);
  });
});
