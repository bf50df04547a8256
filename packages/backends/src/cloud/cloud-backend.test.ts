// Cloud backend: the common suite against a strict control plane that shows things late, and what only a control plane can
// do wrong: be away, lose answers, throttle, and end things slowly.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog, systemClock } from '@molecule/kit';
import {
  FAKE_SHARED_SECRET,
  FAKE_TENANT_TOKEN,
  type FakeControlPlane,
  startFakeControlPlane,
} from '@molecule/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BackendUnderTest,
  describeBackend,
  type SeenByAgent,
  specOf,
  urlOf,
} from '../backend.contract.ts';
import { createDispatcher, type Dispatcher } from '../dispatcher.ts';
import { FakeControls } from '../fake/fake-backend.ts';

const ORG = '6f1f6e0a-0000-4000-8000-000000000001';

interface CloudUnderTest extends BackendUnderTest {
  plane: FakeControlPlane;
  folder: string;
}

/** The smallest agent; it tells what it found at its first instruction. */
const AGENT = [
  process.execPath,
  fileURLToPath(new URL('../process/testing/unit-process.mjs', import.meta.url)),
];

async function cloudUnderTest(program: readonly string[] = []): Promise<CloudUnderTest> {
  const plane = await startFakeControlPlane(program);
  const folder = await mkdtemp(join(tmpdir(), 'molecule-cloud-'));
  const fake = new FakeControls();
  const open = (): Dispatcher =>
    createDispatcher({
      cloud: {
        baseUrl: plane.baseUrl,
        sharedSecret: () => FAKE_SHARED_SECRET,
        tenantToken: () => FAKE_TENANT_TOKEN,
        stateDir: join(folder, 'instances'),
        orgId: ORG,
        platformUrl: () => 'https://tenant.example',
        firstWaitMs: 1,
        goingLookMs: 1,
      },
      fake,
      clock: systemClock,
      log: createLog({ level: 'silent' }),
    });
  return {
    plane,
    folder,
    fake,
    dispatcher: open(),
    restartServer: async () => open(),
    seenByAgent: (id) => askAgent(`http://${plane.units.get(id)?.privateIp}:8000/`),
    countAgents: async (id) => Number(plane.hasAgent(id)),
    killFromOutside: async (id) => {
      plane.kill(id);
      await expect.poll(() => plane.hasAgent(id), { timeout: 5_000 }).toBe(false);
    },
    breakStarts: () => {
      plane.onCall = (method) => (method === 'POST' ? 'refuse' : 'serve');
    },
    breakListing: async () => {
      await rm(join(folder, 'instances', 'ledger'), { recursive: true });
      await writeFile(join(folder, 'instances', 'ledger'), '');
    },
    close: async () => {
      await plane.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function askAgent(url: string): Promise<SeenByAgent> {
  const endAt = Date.now() + 10_000;
  for (;;) {
    try {
      return (await (await fetch(url)).json()) as SeenByAgent;
    } catch (error) {
      if (Date.now() > endAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const NO_WAY_IN = 'the control plane has no route into an instance';
describeBackend({
  backend: 'cloud',
  create: () => cloudUnderTest(AGENT),
  optOuts: {
    killed: { because: 'nobody tells of an end; the loop sees it, which its own test below proves' },
    traversal: { because: NO_WAY_IN, refuses: 'writeConfigFiles' },
    writeStopped: { because: NO_WAY_IN, refuses: 'writeConfigFiles' },
    prune: { because: 'no config can be read back; the test of volumes below takes its place' },
    liveFiles: { because: NO_WAY_IN, refuses: 'writeFile' },
    liveTraversal: { because: NO_WAY_IN, refuses: 'openFile' },
    liveStopped: { because: NO_WAY_IN, refuses: 'listFiles' },
    terminal: { because: NO_WAY_IN, refuses: 'terminal' },
    terminalStopped: { because: NO_WAY_IN, refuses: 'terminal' },
    bootLog: { because: NO_WAY_IN, refuses: 'logs' },
    carried: { because: NO_WAY_IN, refuses: 'carry' },
    carryFails: { because: NO_WAY_IN, refuses: 'carry' },
    hostileArchives: { because: NO_WAY_IN, refuses: 'carry' },
  },
});

describe('an instance of the control plane', { timeout: 60_000 }, () => {
  let under: CloudUnderTest;
  let plane: FakeControlPlane;
  let id: string;

  beforeEach(async () => {
    under = await cloudUnderTest();
    plane = under.plane;
    id = crypto.randomUUID();
  });
  afterEach(() => under.close());

  const start = (change = {}, workspaceId = id) =>
    under.dispatcher.start(specOf(workspaceId, change), 'cloud');
  const lookAfter = async (dispatcher = under.dispatcher) => {
    const loop = dispatcher.loops().find(({ name }) => name === 'units.cloud');
    await loop?.run(new AbortController().signal);
  };

  it('is unknown while it is not visible or on its way up, and running when the control plane says so (K2)', async () => {
    plane.lag = 3;
    urlOf(await start());
    const seen = [];
    for (let i = 0; i < 4; i++) seen.push(await under.dispatcher.probe(id, 'cloud'));
    expect(seen).toEqual(['unknown', 'unknown', 'running', 'running']);
  });

  it('is unknown while the control plane is away, and no list is given (K2)', async () => {
    await start();
    await plane.goAway();
    expect(await under.dispatcher.probe(id, 'cloud')).toBe('unknown');
    expect(await under.dispatcher.listUnits()).toBeNull();
    expect((await under.dispatcher.health()).cloud).toMatchObject({ isOk: false });
    await plane.comeBack();
    expect(await under.dispatcher.probe(id, 'cloud')).toBe('running');
  });

  it('is replaced only when the one before is gone, however slowly that goes (K3)', async () => {
    plane.lag = 4;
    urlOf(await start());
    const first = plane.units.get(id)?.instanceId;
    urlOf(await start());
    expect(plane.units.get(id)?.instanceId).not.toBe(first);
    expect(plane.live()).toHaveLength(1);
  });

  it('is the same one when the answer to its start was lost and asked for again', async () => {
    let isLost = false;
    plane.onCall = (method) => {
      if (method !== 'POST' || isLost) return 'serve';
      isLost = true;
      return 'lose';
    };
    urlOf(await start());
    expect(plane.units.get(id)?.instanceId).toBe('i-1');
    expect(plane.calls.filter((call) => call.startsWith('POST'))).toHaveLength(2);
  });

  it('waits out a control plane that throttles', async () => {
    let refusals = 2;
    plane.onCall = (method) => (method === 'POST' && refusals-- > 0 ? 'throttle' : 'serve');
    urlOf(await start());
    expect(plane.live()).toHaveLength(1);
  });

  it('stays on file when its end is refused, and a later stop ends it', async () => {
    await start();
    plane.onCall = (method) => (method === 'DELETE' ? 'refuse' : 'serve');
    await expect(under.dispatcher.stop(id, 'cloud')).rejects.toMatchObject({ code: 'BACKEND_TRANSIENT' });
    expect(await under.dispatcher.probe(id, 'cloud')).toBe('unknown');
    plane.onCall = () => 'serve';
    await under.dispatcher.stop(id, 'cloud');
    expect(plane.live()).toEqual([]);
  });

  it('is told as ended once when it ended by itself', async () => {
    const exits: unknown[] = [];
    under.dispatcher.onExit((...exit) => exits.push(exit));
    await start();
    await lookAfter();
    await under.killFromOutside(id);
    await lookAfter();
    await lookAfter();
    expect(exits).toEqual([[id, { code: null, signal: null }]]);
    expect(await under.dispatcher.probe(id, 'cloud')).toBe('gone');
  });

  it('keeps its volume over a stop, and loses it when it is pruned or its volumes are removed', async () => {
    const volumes = () => [...plane.volumes];
    await start();
    await expect(under.dispatcher.removeVolumes(id, 'cloud')).rejects.toMatchObject({ code: 'CONFLICT' });
    await under.dispatcher.stop(id, 'cloud');
    expect(volumes()).toEqual([id]);
    await under.dispatcher.removeVolumes(id, 'cloud');
    expect(volumes()).toEqual([]);
    await start();
    await under.dispatcher.stopAndPrune(id, 'cloud');
    expect([volumes(), plane.live()]).toEqual([[], []]);
  });

  it('gets prompts as assets when they are too large for the configuration, and refuses the rest by its size', async () => {
    const large = 'x'.repeat(300_000);
    urlOf(await start({ configFiles: { 'config.yaml': 'name: A\n', 'prompts/long.md': large } }));
    expect(Object.keys(plane.units.get(id)?.body.template_assets ?? {})).toContain('prompts/long.md');
    expect(await start({ configFiles: { 'config.yaml': 'name: A\n', 'data.json': large } })).toMatchObject({
      outcome: 'failed',
      code: 'invalid_request',
    });
  });

  it('leaves no orphan behind 200 starts that half failed, also over a restart of the server', async () => {
    let turn = 0;
    const fates = ['lose', 'refuse', 'throttle', 'serve', 'lose'] as const;
    plane.lag = 2;
    plane.onCall = () => fates[turn++ % fates.length] ?? 'serve';
    const ids: string[] = Array.from({ length: 200 }, () => crypto.randomUUID());
    const results = await Promise.all(ids.map((each) => start({}, each)));
    const started = new Set(ids.filter((_, i) => results[i]?.outcome === 'started'));
    plane.onCall = () => 'serve';
    const next = await under.restartServer();
    await lookAfter(next);
    for (const unit of plane.live()) await unitSettled(unit.workspaceId);
    const live = plane.live().map(({ workspaceId }) => workspaceId);
    expect(live.filter((each) => !started.has(each))).toEqual([]);
    expect(live.length).toBe(started.size);
    for (const each of ids) await next.stop(each, 'cloud');
    for (const each of ids) await unitSettled(each);
    expect(plane.live()).toEqual([]);

    /** The fake lets time pass when it is read. */
    async function unitSettled(workspaceId: string): Promise<void> {
      for (let i = 0; i < 3; i++) {
        await fetch(`${plane.baseUrl}/cp/workspaces/${workspaceId}/status`, {
          headers: {
            authorization: `Bearer ${FAKE_SHARED_SECRET}`,
            'x-molecule-admin-token': FAKE_TENANT_TOKEN,
          },
        });
      }
    }
  });
});
