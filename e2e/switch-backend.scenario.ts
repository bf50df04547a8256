// Switch backend: one field moves a workspace from a process to a container and back with everything that it keeps, at
// rest or at work, and however often the server dies on the way.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cellMark } from '@molecule/backends';
import { EngineProxy } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeNetworks } from './support/containers.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const START_MS = 60_000;
const SECRET = 'ticket of the ferry';
const BIG = Buffer.alloc(8 * 1024 * 1024, 'molecule ');

interface Row {
  status: string;
  backend: string;
  status_reason: string | null;
  config_generation: { wanted: number | null; running: number | null; drift: boolean };
}

const BOTH = `${cellMark('move', 'process')} ${cellMark('move', 'docker')}`;

let folder: string;
let engine: EngineProxy;
let tenant: ScenarioTenant;
const made: string[] = [];

const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();
const read = (id: string) => tenant.asAdmin<Row>(`/workspaces/${id}`);
const asAdmin = () => ({ authorization: `Bearer ${tenant.adminToken}` });
const move = (id: string, backend: unknown) =>
  tenant.call(`/workspaces/${id}`, { method: 'PATCH', headers: asAdmin(), body: { backend } });
/** A backend that was away a moment ago may still be called so. */
const moveSoon = (id: string, backend: string) =>
  until(`a move to ${backend}`, async () => (await move(id, backend)).status === 200);
const act = (id: string, verb: string) =>
  tenant.asAdmin(`/workspaces/${id}/${verb}`, { method: 'POST', body: {} });
const volumesOf = (id: string) => docker('volume', 'ls', '-q', '--filter', `name=ws-${id}`);
const containersOf = (id: string) => docker('ps', '-a', '-q', '--filter', `name=ws-${id}`);
const folderOf = (id: string) => join(tenant.dataDir, 'workspaces', `ws-${id}`);

/** Resolves with the answer, also where the message is held until the agent is back. */
async function send(id: string, text: string): Promise<string> {
  const message = { role: 'user', messageId: crypto.randomUUID(), parts: [{ kind: 'text', text }] };
  const body = { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } };
  const answer = await tenant.call(`/workspaces/${id}/a2a`, { method: 'POST', headers: asAdmin(), body });
  return `${answer.status} ${answer.text}`;
}

function environmentOf(id: string): string {
  const { pid } = JSON.parse(readFileSync(join(folderOf(id), 'run', 'unit.json'), 'utf8')) as { pid: number };
  return readFileSync(`/proc/${pid}/environ`, 'utf8');
}

const untilOnline = (id: string, backend: string) =>
  until(
    `online on ${backend}`,
    async () => {
      const row = await read(id);
      expect(row.status, row.status_reason ?? '').not.toBe('failed');
      return row.status === 'online' && row.backend === backend;
    },
    START_MS,
  );

async function open(): Promise<ScenarioTenant> {
  return startScenarioTenant(
    {
      WORKSPACE_BACKEND: 'process',
      WORKSPACE_BACKENDS: 'docker',
      DOCKER_HOST: `unix://${engine.path}`,
      ...(tenant ? { PORT: new URL(tenant.url).port } : {}),
    },
    { dataDir: join(folder, 'data') },
  );
}

async function killAndRestart(): Promise<void> {
  const ended = new Promise((resolve) => tenant.child.once('exit', resolve));
  tenant.child.kill('SIGKILL');
  await ended;
  tenant = await open();
}

async function create(name: string): Promise<string> {
  const files = { 'prompts/own.md': 'Be brief.' };
  const body = { name, runtime: 'rehearsal', tier: 2, files, secrets: { FERRY_KEY: SECRET } };
  const { id } = await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body });
  made.push(id);
  await untilOnline(id, 'process');
  return id;
}

const filePath = (id: string, path: string, root: string) => `/workspaces/${id}/files/${path}?root=/${root}`;
const writeFile = (id: string, path: string, content: string, root = 'workspace') =>
  tenant.asAdmin(filePath(id, path, root), { method: 'PUT', body: { content } });
const readFile = async (id: string, path: string, root = 'workspace') =>
  (await tenant.asAdmin<{ content: string }>(filePath(id, path, root))).content;

async function remember(id: string, content: string): Promise<void> {
  await tenant.asAdmin(`/workspaces/${id}/memories`, { method: 'POST', body: { content, scope: 'LOCAL' } });
}
const memoriesOf = async (id: string) => JSON.stringify(await tenant.asAdmin(`/workspaces/${id}/memories`));

describe.skipIf(!process.env.MOLECULE_TEST_DOCKER)('the backend of a workspace', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'molecule-switch-'));
    engine = await EngineProxy.open(join(folder, 'engine.sock'));
    tenant = await open();
  });

  afterAll(async () => {
    await tenant?.stop();
    for (const id of made) {
      for (const kind of ['configs', 'workspace', 'sessions'])
        docker('volume', 'rm', '-f', `ws-${id}-${kind}`);
    }
    removeNetworks();
    await engine?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it(`is changed by one field, to a container and back, and nothing is lost ${BOTH}`, async () => {
    const id = await create('Traveller');
    await writeFile(id, 'notes/ü.txt', 'written in a process');
    await remember(id, 'the harbour opens at six');
    execFileSync('sh', [
      '-c',
      'echo saved > "$0/sessions/last"; echo own > "$0/configs/own.txt"',
      folderOf(id),
    ]);
    const before = (await read(id)).config_generation;

    expect((await move(id, 'docker')).status).toBe(200);
    const answer = send(id, 'Are you on your way?');
    await untilOnline(id, 'docker');
    expect(await answer).toMatch(/^200 .*"result"/);
    expect(docker('inspect', '--format', '{{.Config.Env}}', `ws-${id}`)).toContain(`FERRY_KEY=${SECRET}`);
    expect(docker('exec', `ws-${id}`, 'cat', '/workspace/notes/ü.txt')).toBe('written in a process');
    expect(docker('exec', `ws-${id}`, 'cat', '/sessions/last', '/configs/own.txt')).toBe('saved\nown');
    expect(await readFile(id, 'prompts/own.md', 'configs')).toBe('Be brief.');
    expect(await memoriesOf(id)).toContain('harbour');
    expect((await read(id)).config_generation.wanted).toBe(before.wanted);
    await until('the copy is gone', () => !existsSync(folderOf(id)), START_MS);
    await writeFile(id, 'notes/ü.txt', 'changed in a container');
    docker('exec', `ws-${id}`, 'sh', '-c', 'ln -s notes/ü.txt /workspace/link && echo more > /sessions/more');

    expect((await move(id, 'process')).status).toBe(200);
    const homeAnswer = send(id, 'Are you back?');
    await untilOnline(id, 'process');
    expect(await homeAnswer).toMatch(/^200 .*"result"/);
    expect(environmentOf(id)).toContain(`FERRY_KEY=${SECRET}`);
    expect(await readFile(id, 'notes/ü.txt')).toBe('changed in a container');
    expect(execFileSync('ls', [join(folderOf(id), 'sessions')], { encoding: 'utf8' })).toBe('last\nmore\n');
    expect(execFileSync('readlink', [join(folderOf(id), 'workspace', 'link')], { encoding: 'utf8' })).toBe(
      'notes/ü.txt\n',
    );
    expect(await memoriesOf(id)).toContain('harbour');
    // Three runs, on two backends, in one log.
    for (const source of ['boot', 'runtime']) {
      const { lines } = await tenant.asAdmin<{ lines: { text: string }[] }>(
        `/workspaces/${id}/logs?source=${source}&tail=2000`,
      );
      const starts = lines.filter(({ text }) => text.includes(source === 'boot' ? 'started' : 'listening'));
      expect([source, starts.length]).toEqual([source, 3]);
    }
    await until('no container and no volume', () => containersOf(id) + volumesOf(id) === '', START_MS);
  });

  it(`moves a workspace that rests without waking it ${BOTH}`, async () => {
    const id = await create('Sleeper');
    await writeFile(id, 'kept', 'kept');
    await act(id, 'pause');
    expect((await move(id, 'docker')).status).toBe(200);
    expect(await read(id)).toMatchObject({ status: 'paused', backend: 'docker' });
    expect(volumesOf(id)).toBe('');
    await act(id, 'resume');
    await untilOnline(id, 'docker');
    expect(await readFile(id, 'kept')).toBe('kept');
  });

  it('is not changed while the other backend is away, and the agent goes on', async () => {
    const id = await create('Careful');
    await engine.close();
    const refused = await move(id, 'docker');
    await engine.comeBack();
    expect([refused.status, JSON.parse(refused.text)]).toEqual([
      503,
      expect.objectContaining({
        code: 'backend_transient',
        error: expect.stringContaining('the docker backend is not ready'),
      }),
    ]);
    expect(await read(id)).toMatchObject({ status: 'online', backend: 'process' });
  });

  it.each<[unknown, number, string]>([
    ['cloud', 400, 'backend must be one of: process, docker'],
    ['external', 400, 'backend must be one of: process, docker'],
    ['', 400, 'backend must be one of: process, docker'],
    [5, 400, 'invalid request body'],
  ])('is not changed to %j', async (backend, status, error) => {
    const answer = await move(made[0] ?? '', backend);
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([status, error]);
  });

  it('is not for the agent itself to change', async () => {
    const id = made[0] ?? '';
    const token = execFileSync('cat', [join(folderOf(id), 'configs', '.auth_token')], { encoding: 'utf8' });
    const answer = await tenant.call(`/workspaces/${id}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${token.trim()}` },
      body: { backend: 'docker' },
    });
    expect(answer.status).toBe(403);
    expect(await read(id)).toMatchObject({ backend: 'process' });
  });

  it('can be changed back at once, and again', async () => {
    const id = await create('Undecided');
    await writeFile(id, 'kept', 'kept');
    for (const backend of ['docker', 'process', 'docker']) await moveSoon(id, backend);
    await untilOnline(id, 'docker');
    expect(await readFile(id, 'kept')).toBe('kept');
  });

  it.each([0, 150, 400, 900, 2_000])(
    `survives a server that dies %i ms after the move began, both ways ${BOTH}`,
    async (delayMs) => {
      const id = await create(`Survivor ${delayMs}`);
      execFileSync('dd', ['of=big', 'status=none'], { input: BIG, cwd: join(folderOf(id), 'workspace') });
      for (const backend of ['docker', 'process']) {
        await moveSoon(id, backend);
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        await killAndRestart();
        await untilOnline(id, backend);
        await writeFile(id, `there-on-${backend}`, 'yes');
      }
      expect(execFileSync('cmp', [join(folderOf(id), 'workspace', 'big'), '-'], { input: BIG }).length).toBe(
        0,
      );
      expect(await readFile(id, 'there-on-docker')).toBe('yes');
      await until('nothing left over', () => containersOf(id) + volumesOf(id) === '', START_MS);
    },
  );
});
