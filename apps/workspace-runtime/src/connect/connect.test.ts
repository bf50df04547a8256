// Connect and heartbeat: against a server on a real socket that refuses, vanishes and forgets.

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildCard } from '../a2a/card.ts';
import { Heartbeat, SPACING_MS } from '../heartbeat.ts';
import { configFileSchema } from '../load-config-file.ts';
import { type FakeServer, SELF_ID, startFakeServer } from '../testing/fake-server.ts';
import { silentLog } from '../testing/start-agent.ts';
import { Workload } from '../workload.ts';
import { Connection } from './connect.ts';
import { createPlatform, WorkspaceGone } from './platform.ts';
import { TokenStore } from './token-store.ts';

const card = buildCard({
  file: configFileSchema.parse({}),
  url: 'http://127.0.0.1:9',
  engineName: 'test',
  isSimulated: true,
});

let server: FakeServer;
let folder: string;
beforeEach(async () => {
  server = await startFakeServer();
  folder = await mkdtemp(join(tmpdir(), 'connect-'));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A clock whose sleeps are instant and remembered, and whose time moves with them. */
function fakeClock() {
  const slept: number[] = [];
  let nowMs = 1_000_000;
  return {
    slept,
    now: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      nowMs += ms;
    },
  };
}

async function parts(problems: string[] = []) {
  const clock = fakeClock();
  const tokens = new TokenStore(folder, null);
  await tokens.reload();
  const platform = createPlatform({
    baseUrl: server.url,
    workspaceId: SELF_ID,
    tokens,
    maxReplyBytes: 10_000,
  });
  const connection = new Connection({ platform, tokens, card: () => card, clock, log: silentLog });
  const workload = new Workload(clock, problems);
  const gone: string[] = [];
  let beats = 0;
  const heartbeat = new Heartbeat({
    platform,
    connection,
    workload,
    clock,
    log: silentLog,
    generation: 4,
    onGone: (reason) => gone.push(reason),
    onBeat: () => {
      beats++;
    },
  });
  return { clock, tokens, platform, connection, workload, heartbeat, gone, beats: () => beats };
}
const signal = () => AbortSignal.timeout(10_000);

describe('connect', () => {
  it('stores the token that comes back, for its owner only, and uses it from then on (C3)', async () => {
    server.answer(({ path }) =>
      path === '/registry/register'
        ? { body: { status: 'registered', delivery_mode: 'push', auth_token: 'fresh-token' } }
        : undefined,
    );
    const { connection, heartbeat } = await parts();
    await connection.register(signal());
    await heartbeat.beat(signal());
    const path = join(folder, '.auth_token');
    expect((await readFile(path, 'utf8')).trim()).toBe('fresh-token');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(server.to('POST /registry/register')[0]).toMatchObject({
      authorization: null,
      body: { id: SELF_ID, url: 'http://127.0.0.1:9', agent_card: { name: 'Workspace' } },
    });
    expect(server.to('POST /registry/heartbeat')[0]).toMatchObject({ authorization: 'Bearer fresh-token' });
  });

  it('keeps asking a server that is away or fails, with a growing pause (C1)', async () => {
    let refusals = 5;
    server.answer(({ path }) =>
      path === '/registry/register' && refusals-- > 0
        ? { status: 503, body: { error: 'starting' } }
        : undefined,
    );
    const { connection, clock } = await parts();
    await connection.register(signal());
    expect(connection.isRegistered).toBe(true);
    expect(clock.slept).toHaveLength(5);
    expect(clock.slept.at(-1)!).toBeGreaterThan(clock.slept[0]!);
  });

  it('reads a refused token again from its file', async () => {
    await writeFile(join(folder, '.auth_token'), 'old');
    const { connection, tokens } = await parts();
    expect(tokens.current).toBe('old');
    await writeFile(join(folder, '.auth_token'), 'new');
    server.answer((call) =>
      call.authorization === 'Bearer new'
        ? undefined
        : { status: 401, body: { error: 'invalid workspace auth token' } },
    );
    await connection.register(signal());
    expect(server.to('POST /registry/register').map((call) => call.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
    ]);
  });

  it('gives up only when the workspace is gone (C2)', async () => {
    server.answer(() => ({ status: 410, body: { error: 'workspace removed' } }));
    const { connection } = await parts();
    await expect(connection.register(signal())).rejects.toBeInstanceOf(WorkspaceGone);
  });
});

describe('heartbeat', () => {
  it('tells what runs, how it went and that a person has to mend something', async () => {
    const { connection, heartbeat, workload, clock } = await parts(['Set ANTHROPIC_API_KEY.']);
    await connection.register(signal());
    workload.begin('t1', 'Read   the\nreport');
    workload.begin('t2', 'x');
    workload.end('t2', 'Agent error: no');
    clock.advance(65_000);
    await heartbeat.beat(signal());
    expect(server.to('POST /registry/heartbeat')[0]!.body).toMatchObject({
      workspace_id: SELF_ID,
      active_tasks: 1,
      current_task: 'Read the report',
      error_rate: 0,
      sample_error: 'Set ANTHROPIC_API_KEY.',
      runtime_state: 'wedged',
      uptime_seconds: 65,
      runtime_metadata: { capabilities: { heartbeat: false, session: false }, config_generation: 4 },
    });
  });

  it('tells many changes together and never two beats within the spacing (H1)', async () => {
    const { connection, heartbeat, workload, clock } = await parts();
    await connection.register(signal());
    clock.slept.length = 0;
    await heartbeat.beat(signal());
    for (let i = 0; i < 20; i++) workload.begin(`t${i}`, 'x');
    heartbeat.changed();
    await heartbeat.beat(signal());
    await heartbeat.beat(signal());
    expect(server.to('POST /registry/heartbeat').map((call) => call.body.active_tasks)).toEqual([0, 20]);
    expect(clock.slept).toEqual([SPACING_MS, SPACING_MS]);
  });

  it('registers again when the server does not know it any more', async () => {
    const { connection, heartbeat, clock } = await parts();
    await connection.register(signal());
    server.answer(({ path }) =>
      path === '/registry/heartbeat' ? { status: 404, body: { error: 'workspace not found' } } : undefined,
    );
    await expect(heartbeat.beat(signal())).rejects.toThrow();
    server.answer(() => undefined);
    clock.advance(1_000);
    await heartbeat.beat(signal());
    expect(server.to('POST /registry/register')).toHaveLength(2);
  });

  it('ends when the workspace was removed, or is neither known nor taken again (H2)', async () => {
    const removed = await parts();
    await removed.connection.register(signal());
    server.answer(() => ({ status: 410, body: { error: 'workspace removed' } }));
    await removed.heartbeat.beat(signal());
    expect(removed.gone).toEqual(['workspace removed']);

    server.answer(() => undefined);
    const unknown = await parts();
    await unknown.connection.register(signal());
    server.answer(({ path }) => ({
      status: path === '/registry/register' ? 401 : 404,
      body: { error: 'no' },
    }));
    await expect(unknown.heartbeat.beat(signal())).rejects.toThrow();
    unknown.clock.advance(1_000);
    await unknown.heartbeat.beat(signal());
    expect(unknown.gone).toHaveLength(1);
  });

  it('outlives a server that is away (C1, H2)', async () => {
    const { connection, heartbeat, gone, clock, beats } = await parts();
    await connection.register(signal());
    const port = Number(new URL(server.url).port);
    await server.close();
    for (let i = 0; i < 3; i++) {
      await expect(heartbeat.beat(signal())).rejects.toThrow();
      clock.advance(30_000);
    }
    server = await startFakeServer(port);
    await heartbeat.beat(signal());
    expect([gone.length, beats()]).toEqual([0, 1]);
  });
});
