// Parity: the same requests to a workspace on every backend that a tenant offers. Where a backend cannot do one, the
// answer says so and why. The marks at the end of the names are the cells of docs/parity.md.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CAPABILITIES, cellMark, type Verb } from '@molecule/backends';
import type { FakeControlPlane } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { cloudSettings, ORG_HEADERS, startPlaneWithAgents } from './support/cloud-tenant.ts';
import { removeNetworks } from './support/containers.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const START_MS = 60_000;
const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();

interface Row {
  id: string;
  name: string;
  status: string;
  status_reason: string | null;
  status_detail: string | null;
  parent_id: string | null;
  config_generation: { wanted: number | null; running: number | null; drift: boolean };
}

/** How a unit is seen and lost beside the tenant. */
interface Side {
  start(): Promise<Record<string, string>>;
  /** With every request. */
  headers?: Record<string, string>;
  /** Changes with every start. */
  unitOf(id: string): string;
  kill(id: string): void;
  hasKept(id: string): boolean;
}

let tenant: ScenarioTenant;
let plane: FakeControlPlane;

const recordOf = (id: string) => join(tenant.dataDir, 'workspaces', `ws-${id}`, 'run', 'unit.json');
const SIDES: Record<'process' | 'docker' | 'cloud', Side> = {
  process: {
    start: async () => ({ WORKSPACE_BACKEND: 'process' }),
    unitOf: (id) =>
      existsSync(recordOf(id)) ? String(JSON.parse(readFileSync(recordOf(id), 'utf8')).pid || '') : '',
    kill: (id) => {
      const pid = Number(SIDES.process.unitOf(id));
      expect(pid).toBeGreaterThan(1);
      process.kill(pid, 'SIGKILL');
    },
    hasKept: (id) => existsSync(join(tenant.dataDir, 'workspaces', `ws-${id}`)),
  },
  docker: {
    start: async () => ({
      WORKSPACE_BACKEND: 'docker',
      DOCKER_HOST: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock',
    }),
    unitOf: (id) => docker('ps', '-q', '--filter', `name=ws-${id}`),
    kill: (id) => docker('kill', `ws-${id}`),
    hasKept: (id) => docker('volume', 'ls', '-q', '--filter', `name=ws-${id}`) !== '',
  },
  cloud: {
    start: async () => ({
      ...(await cloudSettings(plane)),
      WORKSPACE_BACKEND: 'cloud',
      WORKSPACE_BACKENDS: 'process',
    }),
    headers: ORG_HEADERS,
    unitOf: (id) => (plane.hasAgent(id) ? (plane.units.get(id)?.instanceId ?? '') : ''),
    kill: (id) => plane.kill(id),
    hasKept: (id) => plane.volumes.has(id),
  },
};

const admin = () => ({ authorization: `Bearer ${tenant.adminToken}`, ...ORG_HEADERS });
const read = (id: string) => tenant.asAdmin<Row>(`/workspaces/${id}`);
const act = (id: string, verb: string, body: unknown = {}) =>
  tenant.call(`/workspaces/${id}/${verb}`, { method: 'POST', headers: admin(), body });
const untilStatus = (id: string, status: string) =>
  until(`status ${status}`, async () => (await read(id)).status === status, START_MS);

async function create(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const body = { name, runtime: 'rehearsal', tier: 2, ...more };
  return (await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body })).id;
}

async function createOnline(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const id = await create(name, more);
  await untilStatus(id, 'online');
  return id;
}

function send(id: string, text: string) {
  const message = { role: 'user', messageId: crypto.randomUUID(), parts: [{ kind: 'text', text }] };
  return act(id, 'a2a', { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } });
}

/** What the shell printed, or how it was refused. */
function typeInTerminal(id: string, line: string, wanted: string): Promise<string> {
  const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/workspaces/${id}/terminal`, {
    headers: admin(),
  });
  let shown = '';
  return new Promise((resolve, reject) => {
    socket.once('open', () => socket.send(`${line}\n`));
    socket.on('message', (bytes: Buffer) => {
      shown += bytes.toString('utf8');
      if (!shown.includes(wanted)) return;
      socket.close();
      resolve(shown);
    });
    socket.once('unexpected-response', (_, response) => resolve(String(response.statusCode)));
    socket.once('close', (code, reason) => resolve(`${code} ${reason}`));
    socket.once('error', reject);
    setTimeout(() => reject(new Error(`the terminal showed only: ${shown}`)), START_MS).unref();
  });
}

const memberOf = (rows: Row[], parentId: string) => rows.filter((row) => row.parent_id === parentId);

describe.each(['process', 'docker', 'cloud'] as const)('a workspace on the %s backend', (backend) => {
  const side = SIDES[backend];
  const feature = (name: string, text: string) => `${text} ${cellMark(name, backend)}`;
  const isHere = backend !== 'docker' || process.env.MOLECULE_TEST_DOCKER;
  let templates: string;
  let id: string;

  describe.skipIf(!isHere)('', () => {
    beforeAll(async () => {
      templates = await mkdtemp(join(tmpdir(), 'molecule-templates-'));
      await mkdir(join(templates, 'orgs'), { recursive: true });
      await mkdir(join(templates, 'workspaces', 'writer'), { recursive: true });
      await writeFile(
        join(templates, 'workspaces', 'writer', 'config.yaml'),
        'name: writer\nruntime: rehearsal\ntier: 2\n',
      );
      if (backend === 'cloud') plane = await startPlaneWithAgents();
      tenant = await startScenarioTenant(
        { ...(await side.start()), MOLECULE_TEMPLATES_DIR: templates },
        side.headers ? { headers: side.headers } : {},
      );
      id = await create('Here');
    });
    afterAll(async () => {
      for (const row of await tenant.asAdmin<Row[]>('/workspaces')) {
        if (row.parent_id !== null) continue;
        await tenant.asAdmin(`/workspaces/${row.id}?confirm=true&purge=true`, {
          method: 'DELETE',
          headers: { 'x-confirm-name': row.name },
        });
      }
      await tenant.stop();
      if (backend === 'docker') removeNetworks();
      if (backend === 'cloud') await plane.close();
      await rm(templates, { recursive: true, force: true });
    });

    it(feature('create', 'comes online'), async () => {
      await untilStatus(id, 'online');
      expect(side.unitOf(id)).not.toBe('');
    });

    it(feature('message', 'answers a message'), async () => {
      const answer = await send(id, 'How many words are in this sentence?');
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"result"')]);
    });

    it(feature('import', 'comes with an organisation'), async () => {
      const template = {
        name: 'Pair',
        workspaces: [
          { name: 'Lead', runtime: 'rehearsal', tier: 2, children: [{ name: 'Hand', runtime: 'rehearsal' }] },
        ],
      };
      const made = await tenant.asAdmin<{ count: number; workspaces: { id: string }[] }>('/org/import', {
        method: 'POST',
        body: { template },
      });
      expect(made.count).toBe(2);
      for (const member of made.workspaces) await untilStatus(member.id, 'online');
    });

    it(feature('team', 'expands into a team that runs, and collapses again'), async () => {
      const config =
        'name: Desk\nruntime: rehearsal\nsub_workspaces:\n  - config: writer\n    name: Writer\n';
      const desk = await createOnline('Desk', { files: { 'config.yaml': config } });
      expect((await act(desk, 'expand')).status).toBeLessThan(300);
      const [writer] = memberOf(await tenant.asAdmin<Row[]>('/workspaces'), desk);
      await untilStatus(writer?.id ?? '', 'online');
      expect((await act(desk, 'collapse')).status).toBeLessThan(300);
      await until('no unit', () => side.unitOf(writer?.id ?? '') === '', START_MS);
    });

    it(feature('restart', 'restarts into another unit'), async () => {
      const before = side.unitOf(id);
      expect((await act(id, 'restart')).status).toBe(200);
      await until('another unit', () => !['', before].includes(side.unitOf(id)), START_MS);
      await untilStatus(id, 'online');
    });

    it(feature('reset', 'says that its sessions are reset by a restart'), async () => {
      const answer = await act(id, 'restart', { reset: true });
      expect(JSON.parse(answer.text)).toMatchObject({ reset_session: true });
      await untilStatus(id, 'online');
    });

    it(feature('recover', 'is started again when its unit is lost'), async () => {
      const before = side.unitOf(id);
      side.kill(id);
      await until('another unit', () => !['', before].includes(side.unitOf(id)), START_MS);
      await untilStatus(id, 'online');
    });

    it(feature('secrets', 'gets a secret that was changed'), async () => {
      await tenant.asAdmin(`/workspaces/${id}/secrets`, {
        method: 'PUT',
        body: { key: 'HARBOUR', value: 'opens-at-six' },
      });
      const isCurrent = async () => {
        const { status, config_generation } = await read(id);
        return status === 'online' && config_generation.running === config_generation.wanted;
      };
      await until('the newest configuration runs', isCurrent, START_MS);
    });

    it(feature('pause', 'pauses and resumes with everything below it'), async () => {
      const child = await createOnline('Below', { parent_id: id });
      expect((await act(id, 'pause')).status).toBe(200);
      for (const each of [id, child]) {
        await untilStatus(each, 'paused');
        await until('no unit', () => side.unitOf(each) === '', START_MS);
      }
      expect((await act(child, 'restart')).status).toBe(409);
      expect((await act(id, 'resume')).status).toBe(200);
      for (const each of [id, child]) await untilStatus(each, 'online');
    });

    it(feature('hibernate', 'gives its unit back while it hibernates, and wakes for a message'), async () => {
      expect((await act(id, 'hibernate')).status).toBe(200);
      await untilStatus(id, 'hibernated');
      await until('no unit', () => side.unitOf(id) === '', START_MS);
      expect((await send(id, 'Are you awake?')).text).toContain('"result"');
      await untilStatus(id, 'online');
    });

    it(feature('preflight', 'is told which variables are missing before anything starts'), async () => {
      const config = 'name: Needy\nruntime: rehearsal\nruntime_config:\n  required_env: [TIDE_TABLE]\n';
      const needy = await create('Needy', { files: { 'config.yaml': config } });
      await untilStatus(needy, 'failed');
      expect(await read(needy)).toMatchObject({
        status_reason: 'config_missing',
        status_detail: expect.stringContaining('TIDE_TABLE'),
      });
      expect(side.unitOf(needy)).toBe('');
    });

    const roots = [
      ['files', 'configs'],
      ['folders', 'workspace'],
    ].filter(([name]) => backend !== 'cloud' || name === 'files');
    it.each(roots)(`writes, reads and deletes a file [%s/${backend}] below /%s`, async (_, root) => {
      const path = `/workspaces/${id}/files/depth/one.txt?root=/${root}`;
      await tenant.asAdmin(path, { method: 'PUT', body: { content: 'wörter' } });
      expect(await tenant.asAdmin(path)).toMatchObject({ content: 'wörter' });
      await tenant.asAdmin(path, { method: 'DELETE' });
      expect((await tenant.call(path, { headers: admin() })).status).toBe(404);
    });

    if (backend === 'cloud') {
      const ask = (method: string, path: string, body?: unknown) =>
        tenant.call(`/workspaces/${id}${path}`, { method, headers: admin(), body });
      it.each([
        ['folders', 'listFiles', 'GET', '/files?root=/workspace', undefined],
        ['folders', 'openFile', 'GET', '/files/a.txt?root=/workspace', undefined],
        ['folders', 'writeFile', 'PUT', '/files/a.txt?root=/workspace', { content: 'a' }],
        ['folders', 'deleteFile', 'DELETE', '/files/a.txt?root=/workspace', undefined],
        ['logs', 'logs', 'GET', '/logs', undefined],
        ['move', 'carry', 'PATCH', '', { backend: 'process' }],
      ] as const)('refuses [%s/cloud!%s] with 501 and its reason', async (_, verb, method, path, body) => {
        const answer = await ask(method, path, body);
        expect([answer.status, JSON.parse(answer.text)]).toEqual([
          501,
          expect.objectContaining({
            code: 'unsupported_on_backend',
            error: expect.stringContaining(String(CAPABILITIES.cloud[verb])),
          }),
        ]);
      });

      it(feature('logs', 'tells in its console when it was placed and ended'), async () => {
        const { output } = await tenant.asAdmin<{ output: string }>(`/workspaces/${id}/console`);
        expect(output).toContain('placed as i-');
      });

      it(`has no shell, and says why ${cellMark('terminal', 'cloud', 'terminal')}`, async () => {
        expect(await typeInTerminal(id, '', 'never')).toMatch(/^501|no way into the instance/);
      });
    } else {
      it(feature('terminal', 'has a shell'), async () => {
        expect(await typeInTerminal(id, 'echo $((6 * 7))', '42')).toContain('42');
      });

      it(feature('logs', 'has logs and a console'), async () => {
        const logs = await tenant.asAdmin<{ backend: string; lines: unknown[] }>(
          `/workspaces/${id}/logs?source=boot`,
        );
        expect([logs.backend, logs.lines.length > 0]).toEqual([backend, true]);
        expect((await tenant.asAdmin<{ output: string }>(`/workspaces/${id}/console`)).output).not.toBe('');
      });
    }

    it(feature('memory', 'remembers'), async () => expectMemory(id));
    it(feature('peers', 'finds its peers'), async () => expectPeers(id));

    it(feature('remove', 'is removed with all below it and all that was kept'), async () => {
      const child =
        (await tenant.asAdmin<Row[]>('/workspaces')).find((row) => row.parent_id === id)?.id ?? '';
      expect([side.hasKept(id), side.hasKept(child)]).toEqual([true, true]);
      await tenant.asAdmin(`/workspaces/${id}?confirm=true&purge=true`, {
        method: 'DELETE',
        headers: { 'x-confirm-name': 'Here' },
      });
      for (const each of [id, child]) expect([side.unitOf(each), side.hasKept(each)]).toEqual(['', false]);
    });
  });
});

describe('a workspace on the external backend', () => {
  let id: string;
  let token: string;
  const feature = (name: string, text: string) => `${text} ${cellMark(name, 'external')}`;

  beforeAll(async () => {
    tenant = await startScenarioTenant();
    ({ id, token } = await addExternalAgent(tenant, 'Outside'));
  });
  afterAll(() => tenant?.stop());

  it(feature('create', 'comes online when its agent registers'), () => untilStatus(id, 'online'));
  it(feature('memory', 'remembers'), async () => expectMemory(id));
  it(feature('peers', 'finds its peers'), async () => expectPeers(id));

  it(feature('message', 'gets a message that its agent fetches'), async () => {
    expect((await send(id, 'Good morning')).status).toBeLessThan(300);
  });

  it(feature('secrets', 'has secrets that its agent fetches'), async () => {
    await tenant.asAdmin(`/workspaces/${id}/secrets`, {
      method: 'PUT',
      body: { key: 'TIDE', value: 'high' },
    });
    const values = await tenant.asAdmin(`/workspaces/${id}/secrets/values`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(JSON.stringify(values)).toContain('high');
  });

  it(feature('pause', 'pauses and resumes with everything below it'), async () => {
    const { id: child } = await addExternalAgent(tenant, 'Below', id);
    expect((await act(id, 'pause')).status).toBe(200);
    for (const each of [id, child]) await untilStatus(each, 'paused');
    expect((await act(id, 'resume')).status).toBe(200);
    for (const each of [id, child]) await untilStatus(each, 'awaiting_agent');
  });

  type Refusal = [
    feature: string,
    verb: Verb,
    status: number,
    ask: () => Promise<{ status: number; text: string }>,
  ];
  const get = (path: string) => () => tenant.call(`/workspaces/${id}/${path}`, { headers: admin() });
  const refusals: Refusal[] = [
    ['restart', 'restart', 400, () => act(id, 'restart')],
    ['reset', 'restart', 400, () => act(id, 'restart', { reset: true })],
    ['recover', 'restart', 400, () => act(id, 'restart')],
    ['hibernate', 'start', 404, () => act(id, 'hibernate')],
    ['files', 'writeConfigFiles', 501, get('files/one.txt')],
    ['folders', 'listFiles', 501, get('files?root=/workspace')],
    ['logs', 'logs', 501, get('logs')],
    ['logs', 'console', 501, get('console')],
    [
      'move',
      'carry',
      400,
      () =>
        tenant.call(`/workspaces/${id}`, { method: 'PATCH', headers: admin(), body: { backend: 'process' } }),
    ],
  ];
  for (const [name, verb, status, ask] of refusals) {
    it(`refuses ${verb} with ${status} and a reason ${cellMark(name, 'external', verb)}`, async () => {
      const answer = await ask();
      expect(answer.status, answer.text).toBe(status);
      expect(JSON.parse(answer.text).error.length).toBeGreaterThan(20);
      expect(CAPABILITIES.external[verb]).toEqual(expect.any(String));
    });
  }

  it(`has no shell ${cellMark('terminal', 'external', 'terminal')}`, async () => {
    expect(await typeInTerminal(id, '', 'never')).toMatch(/^501|agent runs elsewhere/);
  });

  it.each(['import', 'team', 'preflight'])(
    'starts nothing here, and says so [%s/external!start]',
    async () => {
      const hosted = await create('Hosted');
      await untilStatus(hosted, 'failed');
      expect(await read(hosted)).toMatchObject({ status_reason: 'no_backend' });
      await tenant.asAdmin(`/workspaces/${hosted}`, { method: 'DELETE' });
    },
  );

  it(feature('remove', 'is removed with all below it'), async () => {
    await tenant.asAdmin(`/workspaces/${id}?confirm=true`, {
      method: 'DELETE',
      headers: { 'x-confirm-name': 'Outside' },
    });
    expect((await tenant.call(`/workspaces/${id}`, { headers: admin() })).status).toBe(410);
  });
});

async function expectMemory(id: string): Promise<void> {
  await tenant.asAdmin(`/workspaces/${id}/memories`, {
    method: 'POST',
    body: { content: 'the harbour opens at six', scope: 'LOCAL' },
  });
  expect(JSON.stringify(await tenant.asAdmin(`/workspaces/${id}/memories`))).toContain('harbour');
}

async function expectPeers(id: string): Promise<void> {
  const beside = await addExternalAgent(tenant, `Beside ${id.slice(0, 4)}`, (await read(id)).parent_id);
  expect(JSON.stringify(await tenant.asAdmin(`/registry/${id}/peers`))).toContain(beside.id);
}
