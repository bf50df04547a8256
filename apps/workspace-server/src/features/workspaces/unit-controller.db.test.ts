// The controller's own transitions, by the real path: rows in Postgres, the dispatcher, and a backend that can be scripted.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createDispatcher, FakeControls } from '@molecule/backends';
import { faults, LIMITS, TIMEOUTS_MS, type WorkspaceState } from '@molecule/domain';
import { createLog } from '@molecule/kit';
import {
  type FakeClock,
  fakeClock,
  type TestDatabase,
  testDatabase,
  workspaceState,
} from '@molecule/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toUnits } from '../../units-from-dispatcher.ts';
import { PgAccessStore } from '../access/credential-store.pg.ts';
import { transitionWorkspace } from './edit-workspace.ts';
import { createPrepareUnit } from './prepare-unit.ts';
import { type ControllerDeps, UnitController } from './unit-controller.ts';
import { VitalSigns } from './vital-signs.ts';
import { PgVitalsStore } from './vitals-store.pg.ts';
import { WorkspaceDirectory } from './workspace-directory.ts';
import { PgWorkspaceStore } from './workspace-store.pg.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');
const EXTERNAL_STALE_MS = 90_000;
const SECOND = 1_000;

let database: TestDatabase;
let clock: FakeClock;
let controls: FakeControls;
let deps: ControllerDeps;
let controller: UnitController;
let aborted: string[];

beforeAll(async () => {
  database = await testDatabase({ migrationsDir: MIGRATIONS });
});
afterAll(() => database?.stop());

beforeEach(() => {
  clock = fakeClock();
  controls = new FakeControls();
  aborted = [];
  const log = createLog({ level: 'silent' });
  const access = new PgAccessStore(database.db, clock);
  const dispatcher = createDispatcher({ clock, log, fake: controls });
  deps = {
    store: new PgWorkspaceStore(database.db, clock),
    directory: new WorkspaceDirectory(),
    clock,
    publishSoon: () => {},
    startLimitMs: () => TIMEOUTS_MS.provision,
    units: toUnits(dispatcher),
    prepare: createPrepareUnit({
      files: { read: async () => ({}) },
      access,
      numbers: { begin: async () => null },
      secrets: { open: async () => ({ global: new Map(), own: new Map() }) },
      providerEnv: {},
      readTemplate: async () => null,
    }),
    vitals: new VitalSigns(new PgVitalsStore(database.db)),
    access,
    log,
    externalStaleMs: EXTERNAL_STALE_MS,
    abortCalls: (id) => void aborted.push(id),
    sweepSoon: () => {},
    tell: async () => {},
    room: { maxAgents: 1_000, maxComing: 1_000, reserveMib: 0, agentMib: 1 },
    availableMib: () => 100_000,
  };
  controller = new UnitController(deps);
});

async function add(patch: Partial<WorkspaceState> = {}): Promise<string> {
  const id = randomUUID();
  const state = workspaceState(id, { backend: 'fake', deadlineAt: null, createdAt: clock.now(), ...patch });
  if (['provisioning', 'hibernating'].includes(state.status)) {
    state.deadlineAt ??= clock.now() + TIMEOUTS_MS.provision;
  }
  deps.directory.apply(
    await deps.store.change([], 'test', () => ({
      edits: [{ workspaceId: id, change: { kind: 'created', state }, events: [] }],
    })),
  );
  return id;
}

describe('admission (U10)', () => {
  it('lets what does not fit wait, says so once, and starts it when there is room', async () => {
    deps.room.maxAgents = 1;
    const first = await addOnline();
    const second = await add();
    for (let round = 0; round < 3; round++) await controller.driveUnits();
    expect(startsOf(second)).toBe(0);
    expect(deps.directory.get(second)).toMatchObject({
      status: 'provisioning',
      statusReason: 'waiting_for_capacity',
      statusDetail: expect.stringContaining('AGENTS_MAX allows 1'),
    });
    await transitionWorkspace(deps, { id: first, trigger: 'pause', actor: 'test' });
    await controller.driveUnits();
    await expect.poll(() => deps.directory.get(second)?.url).not.toBe('');
    expect(deps.directory.get(second)).toMatchObject({ statusReason: null, statusDetail: null });
  });

  it('fails what found no room before its deadline, with that reason, and a retry works', async () => {
    deps.availableMib = () => 0;
    const id = await add();
    await controller.driveUnits();
    await clock.advance(TIMEOUTS_MS.provision + SECOND);
    await controller.endDeadlines();
    expect(deps.directory.get(id)).toMatchObject({ status: 'failed', statusReason: 'no_capacity' });
    deps.availableMib = () => 100_000;
    await transitionWorkspace(deps, { id, trigger: 'provision_requested', actor: 'test' });
    controller.request(id);
    await controller.driveUnits();
    await expect.poll(() => deps.directory.get(id)?.url).not.toBe('');
  });
});

const statusOf = (id: string) => deps.directory.get(id)?.status;
const startsOf = (id: string) => controls.calls.filter((call) => call === `start ${id}`).length;

/** Started by the controller and registered. */
async function addOnline(patch: Partial<WorkspaceState> = {}): Promise<string> {
  const id = await add(patch);
  await controller.driveUnits();
  await expect.poll(() => deps.directory.get(id)?.url).not.toBe('');
  await register(id);
  return id;
}

async function register(id: string): Promise<void> {
  await transitionWorkspace(deps, { id, trigger: 'register', actor: 'test' });
  await deps.vitals.report(id, { lastHeartbeatAt: clock.now() });
}

async function told(id: string): Promise<[string, unknown][]> {
  const rows = await database.db.query<{ event_type: string; payload: unknown }>(
    'select event_type, payload from events where workspace_id = $1 order by position',
    [id],
  );
  return rows
    .filter((row) => row.event_type !== 'WORKSPACE_UPDATED')
    .map((row) => [row.event_type, row.payload]);
}

/** Rounds as the supervisor makes them, without a gap. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5 * SECOND) {
    await clock.advance(Math.min(left, 5 * SECOND));
    await controller.checkLeases();
  }
}

async function restarted(id: string): Promise<void> {
  await controller.driveUnits();
  expect(statusOf(id)).toBe('provisioning');
  await controller.driveUnits();
  await expect.poll(() => startsOf(id)).toBe(2);
  expect((await told(id)).slice(-2)).toEqual([
    ['WORKSPACE_OFFLINE', {}],
    ['WORKSPACE_PROVISIONING', { name: 'role', tier: 2, runtime: 'rehearsal' }],
  ]);
}

describe('an agent that is lost goes offline and is started again', () => {
  it('[core.4.3-lease core.4.5-lease] when its heartbeats stay away for longer than the lease, and not before', async () => {
    const id = await addOnline();
    await pass(TIMEOUTS_MS.lease);
    expect(statusOf(id)).toBe('online');
    await pass(SECOND);
    expect(statusOf(id)).toBe('offline');
    expect(aborted).toEqual([id]);
    await restarted(id);
  });

  it('when its process ends', async () => {
    const id = await addOnline();
    controls.kill(id);
    await expect.poll(() => statusOf(id)).toBe('offline');
    await restarted(id);
  });

  it('[core.4.3-sweep] when the health sweep finds no unit', async () => {
    const id = await addOnline();
    controls.probeAnswers.set(id, 'gone');
    await controller.probeUnits();
    expect(statusOf(id)).toBe('offline');
    await restarted(id);
  });

  it('when a message fails and its unit is gone', async () => {
    const id = await addOnline();
    controls.probeAnswers.set(id, 'gone');
    expect(await controller.suspectDead(deps.directory.get(id) as WorkspaceState)).toBe('dead');
    expect(statusOf(id)).toBe('offline');
    await restarted(id);
  });

  it('also from degraded', async () => {
    const id = await addOnline();
    await transitionWorkspace(deps, { id, trigger: 'heartbeat_failing', actor: 'test' });
    controls.kill(id);
    await expect.poll(() => statusOf(id)).toBe('offline');
  });
});

describe('an agent that is only silent stays online', () => {
  it('while its frozen process runs and its lease holds, whatever fails to reach it', async () => {
    const id = await addOnline();
    controls.probeAnswers.set(id, 'running');
    await pass(TIMEOUTS_MS.lease - SECOND);
    await controller.probeUnits();
    expect(await controller.suspectDead(deps.directory.get(id) as WorkspaceState)).toBe('alive');
    expect([statusOf(id), startsOf(id)]).toEqual(['online', 1]);
  });

  it('while nobody can tell whether its unit runs', async () => {
    const id = await addOnline();
    controls.probeAnswers.set(id, 'unknown');
    await controller.probeUnits();
    expect(await controller.suspectDead(deps.directory.get(id) as WorkspaceState)).toBe('unknown');
    expect([statusOf(id), await told(id)]).toEqual(['online', [['WORKSPACE_ONLINE', {}]]]);
  });

  it('after the machine slept: a round that comes late judges nobody (U6)', async () => {
    const id = await addOnline();
    await pass(5 * SECOND);
    await clock.advance(TIMEOUTS_MS.lease * 10);
    await controller.checkLeases();
    expect(statusOf(id)).toBe('online');
    await deps.vitals.report(id, { lastHeartbeatAt: clock.now() });
    await pass(5 * SECOND);
    expect(statusOf(id)).toBe('online');
  });
});

describe('an external agent', () => {
  it.each(['online', 'degraded'] as const)('that is silent too long is awaited: from %s', async (status) => {
    const id = await add({ backend: 'external', status, runtime: 'external' });
    await deps.vitals.report(id, { lastHeartbeatAt: clock.now() });
    await pass(EXTERNAL_STALE_MS);
    expect(statusOf(id)).toBe(status);
    await pass(SECOND);
    expect(statusOf(id)).toBe('awaiting_agent');
    expect((await told(id)).map(([type]) => type)).toEqual(['WORKSPACE_OFFLINE', 'WORKSPACE_AWAITING_AGENT']);
    await controller.driveUnits();
    expect([statusOf(id), startsOf(id)]).toEqual(['awaiting_agent', 0]);
  });
});

describe('a start', () => {
  it('[core.4.3-provision-timeout core.4.5-provision] that lasts too long fails, and its unit is stopped', async () => {
    const id = await add();
    await controller.driveUnits();
    await expect.poll(() => deps.directory.get(id)?.url).not.toBe('');
    await clock.advance(TIMEOUTS_MS.provision + 1);
    await controller.endDeadlines();
    expect(statusOf(id)).toBe('failed');
    expect(controls.units.has(id)).toBe(false);
    expect((await told(id)).at(-1)).toEqual([
      'WORKSPACE_PROVISION_FAILED',
      expect.objectContaining({
        error: 'the agent did not come up within 600 s',
        timeout_secs: 600,
        runtime: 'rehearsal',
        source: 'provision_timeout_sweep',
      }),
    ]);
  });

  it('that the backend refuses fails with its words', async () => {
    controls.failures.set('start', faults.configMissing('there is no image'));
    const id = await add();
    await controller.driveUnits();
    await expect.poll(() => statusOf(id)).toBe('failed');
    expect((await told(id)).at(-1)).toEqual([
      'WORKSPACE_PROVISION_FAILED',
      expect.objectContaining({ error: 'there is no image' }),
    ]);
  });

  it('is one of at most four at a time, and each gets its turn', async () => {
    let inFlight = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    controls.duringStart = async () => {
      most = Math.max(most, ++inFlight);
      await new Promise<void>((resolve) => gates.push(resolve));
      inFlight--;
    };
    const ids = await Promise.all(Array.from({ length: 10 }, () => add()));
    await controller.driveUnits();
    await expect.poll(() => gates.length).toBe(LIMITS.startsInFlight);
    while (controls.units.size < ids.length) {
      gates.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([LIMITS.startsInFlight, most]).toEqual([4, 4]);
    await expect.poll(() => ids.every((id) => deps.directory.get(id)?.url !== '')).toBe(true);
  });

  it('that dies again and again ends in failed, with the reason', async () => {
    const id = await addOnline();
    for (let i = 0; i < LIMITS.restartsPerWindow && statusOf(id) === 'online'; i++) {
      controls.kill(id);
      await expect.poll(() => statusOf(id)).toBe('offline');
      await controller.driveUnits();
      await controller.driveUnits();
      await expect.poll(() => deps.directory.get(id)?.url !== '' || statusOf(id) === 'failed').toBe(true);
      if (statusOf(id) !== 'failed') await register(id);
    }
    expect([statusOf(id), deps.directory.get(id)?.statusReason]).toEqual(['failed', 'crash_loop']);
    expect(startsOf(id)).toBe(LIMITS.restartsPerWindow);
  });
});

describe('no automatic start', () => {
  it.each(['paused', 'hibernated', 'failed', 'awaiting_agent', 'removed'] as const)(
    '[core.4.5-auto-restart] of one that is %s',
    async (status) => {
      const id = await add({ status, removedAt: status === 'removed' ? clock.now() : null });
      await controller.driveUnits();
      await controller.driveUnits();
      expect([statusOf(id), startsOf(id)]).toEqual([status, 0]);
    },
  );

  it('[core.4.5-auto-restart] of an external one', async () => {
    const id = await add({ backend: 'external', runtime: 'external', status: 'offline' });
    await controller.driveUnits();
    expect([statusOf(id), startsOf(id)]).toEqual(['offline', 0]);
  });

  it('[core.4.5-auto-restart] of one that is started already, however often it is asked for', async () => {
    const id = await addOnline();
    let open = () => {};
    const isHeld = new Promise<void>((resolve) => {
      open = resolve;
    });
    controls.duringStart = () => isHeld;
    controls.kill(id);
    await expect.poll(() => statusOf(id)).toBe('offline');
    await controller.driveUnits();
    await Promise.all(Array.from({ length: 10 }, () => controller.driveUnits()));
    await expect.poll(() => startsOf(id)).toBe(2);
    open();
    await expect.poll(() => deps.directory.get(id)?.url).not.toBe('');
    await controller.driveUnits();
    expect(startsOf(id)).toBe(2);
  });

  it('[core.4.5-auto-restart] below a paused ancestor', async () => {
    const top = await add({ status: 'paused' });
    const middle = await add({ status: 'failed', parentId: top });
    const id = await add({ status: 'offline', parentId: middle });
    await controller.driveUnits();
    expect([statusOf(id), startsOf(id)]).toEqual(['offline', 0]);
    await transitionWorkspace(deps, { id: top, trigger: 'resume', actor: 'test' });
    await controller.driveUnits();
    expect(statusOf(id)).toBe('provisioning');
  });
});

describe('a workspace that does not fall asleep', () => {
  it('is offline after its deadline, and comes back', async () => {
    const id = await add({ status: 'hibernating', deadlineAt: clock.now() + TIMEOUTS_MS.hibernate });
    await clock.advance(TIMEOUTS_MS.hibernate);
    await controller.endDeadlines();
    expect(statusOf(id)).toBe('offline');
    await controller.driveUnits();
    expect(statusOf(id)).toBe('provisioning');
  });
});
