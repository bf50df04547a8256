// Dispatcher: the rules that hold whatever the backend is.

import { type BackendName, faults, LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import { type Clock, createLog, systemClock } from '@molecule/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { specOf } from './backend.contract.ts';
import { createDispatcher, type Dispatcher, type DispatcherHooks } from './dispatcher.ts';
import { FakeControls } from './fake/fake-backend.ts';
import { VERBS, WITHOUT_BACKEND } from './verbs.ts';

const log = createLog({ level: 'silent' });
const NOT_WIRED: BackendName[] = ['process', 'docker', 'cloud', 'none'];

describe('the dispatcher', () => {
  let fake: FakeControls;
  let now: number;
  let dispatcher: Dispatcher;
  let id: string;
  const hooks: DispatcherHooks = {};
  const clock: Clock = { now: () => now, sleep: systemClock.sleep };

  beforeEach(() => {
    fake = new FakeControls();
    now = 1_000_000;
    delete hooks.onNoBackend;
    dispatcher = createDispatcher({ fake, clock, log, hooks });
    id = crypto.randomUUID();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  describe.each(NOT_WIRED)('for a workspace on %s, which is not wired', (name) => {
    it('says that no backend is available at a start and restart, and marks the workspace failed', async () => {
      const marked: string[] = [];
      hooks.onNoBackend = async (workspaceId, reason) => {
        marked.push(workspaceId, reason);
      };
      const expected = {
        outcome: 'no_backend',
        reason: expect.stringContaining('WORKSPACE_BACKEND=process'),
      };
      expect(await dispatcher.start(specOf(id), name)).toEqual(expected);
      expect(await dispatcher.restart(specOf(id), name)).toEqual(expected);
      expect(marked).toEqual([id, expected.reason, id, expected.reason]);
    });

    it('answers the other verbs as the table says (D5)', async () => {
      const asked = {
        stop: () => dispatcher.stop(id, name),
        stopAndPrune: () => dispatcher.stopAndPrune(id, name),
        removeVolumes: () => dispatcher.removeVolumes(id, name),
        probe: () => dispatcher.probe(id, name),
        logs: () => dispatcher.logs(id, name, { source: 'runtime', tail: 10 }),
        terminal: () => dispatcher.terminal(id, name, 80, 24),
        console: () => dispatcher.console(id, name),
        writeAuthToken: () => dispatcher.writeAuthToken(id, name, 't'),
        writeConfigFiles: () => dispatcher.writeConfigFiles(id, name, {}),
        readConfigFile: () => dispatcher.readConfigFile(id, name, 'a'),
        listFiles: () => dispatcher.listFiles(id, name, { root: 'workspace', path: '' }, 1),
        openFile: () => dispatcher.openFile(id, name, { root: 'workspace', path: 'a' }),
        writeFile: () => dispatcher.writeFile(id, name, { root: 'workspace', path: 'a' }, new Uint8Array()),
        deleteFile: () => dispatcher.deleteFile(id, name, { root: 'workspace', path: 'a' }),
        carry: () => dispatcher.carry(id, 'fake', name),
      };
      for (const [verb, ask] of Object.entries(asked)) {
        switch (WITHOUT_BACKEND[verb as keyof typeof asked]) {
          case 'success':
            await ask();
            break;
          case 'gone':
            expect(await ask()).toBe('gone');
            break;
          case 'fault':
            await expect(ask()).rejects.toMatchObject({ code: 'NO_BACKEND' });
            break;
          default:
            expect.unreachable(verb);
        }
      }
      expect(Object.keys(asked).length + 4).toBe(VERBS.length);
      expect(fake.calls).toEqual([]);
    });
  });

  it('fails fifty starts without a backend at once, and leaves none waiting', async () => {
    const failed: string[] = [];
    hooks.onNoBackend = async (workspaceId) => {
      failed.push(workspaceId);
    };
    const ids = Array.from({ length: 50 }, () => crypto.randomUUID());
    const results = await Promise.all(ids.map((each) => dispatcher.start(specOf(each), 'none')));
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['no_backend']));
    expect(failed.sort()).toEqual(ids.sort());
  });

  it('counts only backends that can start something as provisioners', () => {
    expect(dispatcher.hasProvisioner()).toBe(true);
    expect(createDispatcher({ clock, log }).hasProvisioner()).toBe(false);
  });

  it('has at most the allowed number of starts in flight, and starts all in the end (D2)', async () => {
    let inFlight = 0;
    let peak = 0;
    fake.duringStart = async () => {
      peak = Math.max(peak, ++inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight--;
    };
    const ids = Array.from({ length: 20 }, () => crypto.randomUUID());
    await Promise.all(ids.map((each) => dispatcher.start(specOf(each), 'fake')));
    expect(peak).toBe(LIMITS.startsInFlight);
    expect(fake.units.size).toBe(20);
  });

  it('lets a stop wait for the start of the same workspace only (D1)', async () => {
    const other = crypto.randomUUID();
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    fake.duringStart = () => held;
    const starting = dispatcher.start(specOf(id), 'fake');
    const stopping = dispatcher.stop(id, 'fake');
    await dispatcher.stop(other, 'fake');
    expect([...fake.calls].sort()).toEqual([`start ${id}`, `stop ${other}`]);
    letGo();
    await Promise.all([starting, stopping]);
    expect(fake.calls.at(-1)).toBe(`stop ${id}`);
    expect(fake.units.size).toBe(0);
  });

  it('ends a crash loop after the budget, until time passes or a person asks (D4)', async () => {
    for (let i = 0; i < LIMITS.restartsPerWindow; i++) {
      expect(await dispatcher.restart(specOf(id), 'fake')).toMatchObject({ outcome: 'started' });
    }
    expect(await dispatcher.restart(specOf(id), 'fake')).toMatchObject({ outcome: 'crash_loop' });
    expect(fake.calls.filter((call) => call.startsWith('start'))).toHaveLength(LIMITS.restartsPerWindow);
    now += LIMITS.restartWindowMs;
    expect(await dispatcher.restart(specOf(id), 'fake')).toMatchObject({ outcome: 'started' });
    for (let i = 1; i < LIMITS.restartsPerWindow; i++) await dispatcher.restart(specOf(id), 'fake');
    expect(await dispatcher.restart(specOf(id), 'fake')).toMatchObject({ outcome: 'crash_loop' });
    dispatcher.forgiveCrashes(id);
    expect(await dispatcher.restart(specOf(id), 'fake')).toMatchObject({ outcome: 'started' });
  });

  it('does not spend the budget of another workspace (D4)', async () => {
    for (let i = 0; i <= LIMITS.restartsPerWindow; i++) await dispatcher.restart(specOf(id), 'fake');
    const other = await dispatcher.restart(specOf(crypto.randomUUID()), 'fake');
    expect(other).toMatchObject({ outcome: 'started' });
  });

  it('answers a failing probe with unknown', async () => {
    fake.failures.set('probe', new Error('the daemon does not answer'));
    expect(await dispatcher.probe(id, 'fake')).toBe('unknown');
  });

  it('tells a real failure of a stop, so that nothing is erased after it', async () => {
    fake.failures.set('stop', faults.backendTransient('busy'));
    await expect(dispatcher.stop(id, 'fake')).rejects.toMatchObject({ code: 'BACKEND_TRANSIENT' });
    fake.failures.delete('stop');
    await dispatcher.stop(id, 'fake');
  });

  it('gives no details of an unknown error to people', async () => {
    fake.failures.set('start', new Error('ENOENT /secret/path'));
    const result = await dispatcher.start(specOf(id), 'fake');
    expect(result).toMatchObject({ outcome: 'failed', code: 'start_failed' });
    expect(JSON.stringify(result)).not.toContain('/secret/path');
  });

  it('aborts a start that takes too long, and keeps the workspace locked until it let go (D6)', async () => {
    vi.useFakeTimers();
    let isCleared = false;
    fake.duringStart = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          setTimeout(() => {
            isCleared = true;
            reject(signal.reason);
          }, 1_000);
        });
      });
    const starting = dispatcher.start(specOf(id), 'fake');
    let wasClearedAtStop: boolean | null = null;
    const stopping = dispatcher.stop(id, 'fake').then(() => {
      wasClearedAtStop = isCleared;
    });
    await vi.advanceTimersByTimeAsync(TIMEOUTS_MS.provisionCall + 500);
    expect(fake.calls).toEqual([`start ${id}`]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await starting).toMatchObject({ outcome: 'failed', code: 'start_timeout' });
    await stopping;
    expect(wasClearedAtStop).toBe(true);
    expect(fake.units.size).toBe(0);
  });

  it('says of a backend that does not answer that it is not well', async () => {
    fake.failures.set('health', new Error('no'));
    expect((await dispatcher.health()).fake).toMatchObject({ isOk: false });
  });
});
