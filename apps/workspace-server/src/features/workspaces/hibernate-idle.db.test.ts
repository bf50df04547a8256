// Idle workspaces go to sleep by the real path: directory, lifecycle and database. Cites H1 and H2.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { TIMEOUTS_MS, type WorkspaceState } from '@molecule/domain';
import { createLog } from '@molecule/kit';
import {
  databaseFlavours,
  type FakeClock,
  fakeClock,
  type TestDatabase,
  testDatabase,
  workspaceState,
} from '@molecule/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HibernateIdleDeps, hibernateIdle } from './hibernate-idle.ts';
import { VitalSigns } from './vital-signs.ts';
import type { Vitals } from './vitals.ts';
import { PgVitalsStore } from './vitals-store.pg.ts';
import { WorkspaceDirectory } from './workspace-directory.ts';
import { PgWorkspaceStore } from './workspace-store.pg.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');
const MINUTE_MS = 60_000;

const online = (id: string, createdAt: number) =>
  workspaceState(id, {
    name: 'sleeper',
    status: 'online',
    url: 'http://127.0.0.1:1',
    isUrlOurs: true,
    deliveryMode: 'push',
    hibernationIdleMinutes: 10,
    deadlineAt: null,
    createdAt,
  });

describe.each(databaseFlavours())('on %s Postgres', (flavour) => {
  let database: TestDatabase;
  let clock: FakeClock;
  let deps: HibernateIdleDeps;
  let stopped: string[];
  let inFlight: number;
  let waiting: boolean;
  let id: string;

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
  });
  afterAll(() => database?.stop());

  beforeEach(async () => {
    clock = fakeClock();
    stopped = [];
    inFlight = 0;
    waiting = false;
    id = randomUUID();
    deps = {
      store: new PgWorkspaceStore(database.db, clock),
      directory: new WorkspaceDirectory(),
      clock,
      publishSoon: () => {},
      startLimitMs: () => TIMEOUTS_MS.provision,
      vitals: new VitalSigns(new PgVitalsStore(database.db)),
      log: createLog({ level: 'silent' }),
      abortCalls: () => {},
      inFlight: () => inFlight,
      hasOpenMessages: () => waiting,
      provision: {
        stop: async (stoppedId: string) => void stopped.push(stoppedId),
      } as unknown as HibernateIdleDeps['provision'],
    };
  });

  async function add(patch: Partial<WorkspaceState> = {}, vitals: Partial<Vitals> = {}): Promise<void> {
    const state = { ...online(id, clock.now()), ...patch };
    deps.directory.apply(
      await deps.store.change([], 'test', () => ({
        edits: [{ workspaceId: id, change: { kind: 'created', state }, events: [] }],
      })),
    );
    await deps.vitals.report(id, { lastHeartbeatAt: clock.now(), ...vitals });
  }

  async function roundAfter(minutes: number): Promise<string | undefined> {
    await clock.advance(minutes * MINUTE_MS);
    await hibernateIdle(deps);
    return (await deps.store.read(id))?.status;
  }

  const told = async () =>
    (
      await database.db.query<{ event_type: string; payload: unknown }>(
        'select event_type, payload from events where workspace_id = $1 order by position',
        [id],
      )
    ).map(({ event_type, payload }) => [event_type, payload]);

  it('sleeps once its time without a task is over, its unit stopped and its address gone', async () => {
    await add();
    expect(await roundAfter(9)).toBe('online');
    expect(await roundAfter(1)).toBe('hibernated');
    expect(stopped).toEqual([id]);
    expect((await deps.store.read(id))?.url).toBe('');
    expect((await told()).at(-1)).toEqual(['WORKSPACE_HIBERNATED', { name: 'sleeper', tier: 2 }]);
  });

  it('[core.4.5-idle] counts from the last task, not from the last heartbeat (H1)', async () => {
    await add();
    await clock.advance(9 * MINUTE_MS);
    await deps.vitals.report(id, { lastTaskAt: clock.now(), lastHeartbeatAt: clock.now() });
    expect(await roundAfter(9)).toBe('online');
    await deps.vitals.report(id, { lastHeartbeatAt: clock.now(), uptimeSeconds: 18 * 60 });
    expect(await roundAfter(1)).toBe('hibernated');
    const restarted = new VitalSigns(new PgVitalsStore(database.db));
    await restarted.load();
    expect(restarted.of(id).lastTaskAt).toBe(clock.now() - 10 * MINUTE_MS);
  });

  it('counts from the start of an agent that was only just brought back (H1)', async () => {
    await add({ createdAt: clock.now() - 1_000 * MINUTE_MS }, { uptimeSeconds: 60 });
    expect(await roundAfter(8)).toBe('online');
    expect(await roundAfter(1)).toBe('hibernated');
  });

  it('degraded sleeps too', async () => {
    await add({ status: 'degraded' });
    expect(await roundAfter(10)).toBe('hibernated');
  });

  it.each<[string, Partial<WorkspaceState>, Partial<Vitals>]>([
    ['was never told to', { hibernationIdleMinutes: 0 }, {}],
    ['runs elsewhere', { backend: 'external' }, {}],
    ['has a task', {}, { activeTasks: 1 }],
    ['is paused', { status: 'paused' }, {}],
    ['is starting', { status: 'provisioning', deadlineAt: 1_900_000_000_000 }, {}],
    ['is offline', { status: 'offline' }, {}],
  ])('stays as it is when it %s', async (_, patch, vitals) => {
    await add(patch, vitals);
    expect(await roundAfter(1_000)).toBe(patch.status ?? 'online');
    expect(stopped).toEqual([]);
  });

  it('stays awake while a message is on its way or waits, and counts anew from then (H2)', async () => {
    await add();
    inFlight = 1;
    expect(await roundAfter(10)).toBe('online');
    inFlight = 0;
    expect(await roundAfter(9)).toBe('online');
    waiting = true;
    expect(await roundAfter(9)).toBe('online');
    waiting = false;
    expect(await roundAfter(1)).toBe('hibernated');
  });

  it('loses the claim to a task that came in between, and stops nothing (H2)', async () => {
    await add();
    let looks = 0;
    // The monitor looks, the use-case looks, and the claim looks under the row's lock.
    deps.inFlight = () => (++looks === 3 ? 1 : 0);
    expect(await roundAfter(10)).toBe('online');
    expect(looks).toBe(3);
    expect(stopped).toEqual([]);
  });
});
