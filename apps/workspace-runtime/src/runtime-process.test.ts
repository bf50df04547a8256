// Runtime process: the real program as a child process, against a server that comes, goes and asks it to stop.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeServer, SELF_ID, startFakeServer } from './testing/fake-server.ts';
import { sendRequest } from './testing/start-agent.ts';
import { parseReply } from './tools/delegation/parse-reply.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const PATIENT = { timeout: 15_000, interval: 50 };

let server: FakeServer;
let folder: string;
let child: ChildProcess | null = null;
let output = '';
beforeEach(async () => {
  server = await startFakeServer();
  folder = await mkdtemp(join(tmpdir(), 'runtime-'));
  output = '';
});
afterEach(async () => {
  child?.kill('SIGKILL');
  child = null;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(configYaml: string | null, env: Record<string, string> = {}): Promise<ChildProcess> {
  if (configYaml !== null) await writeFile(join(folder, 'config.yaml'), configYaml);
  const started = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: {
      PATH: process.env.PATH,
      WORKSPACE_ID: SELF_ID,
      WORKSPACE_CONFIG_PATH: folder,
      MOLECULE_PLATFORM_URL: server.url,
      PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  for (const stream of [started.stdout!, started.stderr!]) stream.on('data', (data) => (output += data));
  return started;
}

function exitOf(started: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => started.once('exit', (code) => resolve(code)));
}

async function registeredUrl(): Promise<string> {
  await expect.poll(() => server.to('POST /registry/register').length, PATIENT).toBeGreaterThan(0);
  return server.to('POST /registry/register')[0]!.body.url as string;
}

async function ask(url: string, request: unknown): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(request) });
  return await response.json();
}

const REHEARSAL = 'name: Echo\nruntime: rehearsal\nrehearsal: { test_controls: true }\n';

describe('the runtime process', { timeout: 30_000 }, () => {
  it('registers, beats, answers, and ends in order on SIGTERM', async () => {
    const started = await run(REHEARSAL);
    const url = await registeredUrl();
    await expect.poll(() => server.to('POST /registry/heartbeat').length, PATIENT).toBeGreaterThan(0);
    const reply = await ask(url, sendRequest('three small words'));
    expect(parseReply(reply)).toMatchObject({ kind: 'result', text: expect.stringContaining('3 words') });
    expect(reply).toMatchObject({ result: { metadata: { simulated: true } } });
    const exit = exitOf(started);
    started.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(server.to('POST /registry/heartbeat').at(-1)!.body).toMatchObject({
      active_tasks: 0,
      current_task: '',
    });
  });

  it('lets running work finish before it ends (N2)', async () => {
    const started = await run(REHEARSAL);
    const url = await registeredUrl();
    const working = ask(url, sendRequest('sleep:600'));
    await expect.poll(() => server.to('POST /registry/heartbeat').at(-1)?.body.active_tasks, PATIENT).toBe(1);
    const exit = exitOf(started);
    started.kill('SIGTERM');
    expect(parseReply(await working)).toMatchObject({ kind: 'result' });
    expect(await exit).toBe(0);
  });

  it('stays up while the server is away, and reports again when it is back (C1)', async () => {
    const started = await run(REHEARSAL);
    const url = await registeredUrl();
    const port = Number(new URL(server.url).port);
    await server.close();
    expect(parseReply(await ask(url, sendRequest('are you there')))).toMatchObject({ kind: 'result' });
    server = await startFakeServer(port);
    await expect.poll(() => server.to('POST /registry/heartbeat').length, PATIENT).toBeGreaterThan(0);
    expect(started.exitCode).toBeNull();
  });

  it('ends when its workspace is gone', async () => {
    server.answer(() => ({ status: 410, body: { error: 'workspace removed' } }));
    expect(await exitOf(await run(REHEARSAL))).toBe(0);
  });

  it('stays up without a key, says what is missing, and answers each message with it', async () => {
    const started = await run('name: Thinker\nruntime: langgraph\nmodel: anthropic:claude-opus-4-7\n');
    const url = await registeredUrl();
    await expect
      .poll(() => server.to('POST /registry/heartbeat').at(-1)?.body, PATIENT)
      .toMatchObject({ runtime_state: 'wedged', sample_error: expect.stringContaining('ANTHROPIC_API_KEY') });
    expect(parseReply(await ask(url, sendRequest('hello')))).toMatchObject({
      kind: 'error',
      message: expect.stringContaining('ANTHROPIC_API_KEY'),
    });
    expect(started.exitCode).toBeNull();
  });

  it('sends the initial prompt once in its life (P1)', async () => {
    const yaml = `${REHEARSAL}initial_prompt: introduce yourself\n`;
    const relayed = () => server.to(`POST /workspaces/${SELF_ID}/a2a`);
    server.answer((call) => (call.path.endsWith('/a2a') ? { body: { result: 'ok' } } : undefined));
    const first = await run(yaml);
    await expect.poll(() => relayed().length, PATIENT).toBe(1);
    expect(JSON.stringify(relayed()[0]!.body)).toMatch(/initial-[0-9a-f]{8}.*introduce yourself/);
    const exit = exitOf(first);
    first.kill('SIGTERM');
    await exit;
    const beats = server.to('POST /registry/heartbeat').length;
    await run(yaml);
    await expect.poll(() => server.to('POST /registry/heartbeat').length, PATIENT).toBeGreaterThan(beats);
    expect(relayed()).toHaveLength(1);
  });

  it.each([
    ['a missing config.yaml', null, {}, /FATAL: .*config\.yaml does not exist: put a config\.yaml there/],
    ['broken YAML', 'name: [a\nb: c\n', {}, /FATAL: .*config\.yaml, line \d+, column \d+: .*; mend the YAML/],
    ['a missing id', REHEARSAL, { WORKSPACE_ID: '' }, /FATAL: .*\n?.*WORKSPACE_ID is not set/],
    [
      'an unknown engine',
      REHEARSAL,
      { WORKSPACE_ENGINE: 'abacus' },
      /FATAL: the engine "abacus" is not installed/,
    ],
  ])('refuses %s in one clear sentence', async (_name, yaml, env, sentence) => {
    expect(await exitOf(await run(yaml, env))).toBe(78);
    expect(output).toMatch(sentence);
    expect(output).not.toMatch(/\n\s+at /);
  });
});
