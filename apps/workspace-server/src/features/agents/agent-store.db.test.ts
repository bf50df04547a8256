// Proves the agent store's invariants (A1 to A3) on every Postgres that this machine has.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgEventLog } from '../events/event-log.pg.ts';
import { PgAgentStore } from './agent-store.pg.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');

describe.each(databaseFlavours())('agents on %s Postgres', (flavour) => {
  const clock = fakeClock();
  let database: TestDatabase;
  let store: PgAgentStore;

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    store = new PgAgentStore(database.db, clock, new PgEventLog(database.db, clock).appendIn);
  });
  afterAll(() => database?.stop());

  const addWorkspace = async (status: 'offline' | 'removed' = 'offline') => {
    const id = randomUUID();
    await database.db.query(
      `insert into workspaces (id, name, tier, runtime, status, backend, created_at, removed_at)
       values ($1, 'w', 3, 'rehearsal', $2, 'none', $3, $4)`,
      [id, status, new Date(clock.now()), status === 'removed' ? new Date(clock.now()) : null],
    );
    return id;
  };

  const eventsOf = (workspaceId: string) =>
    database.db.query<{ event_type: string; payload: Record<string, unknown> }>(
      'select event_type, payload from events where workspace_id = $1 order by position',
      [workspaceId],
    );

  const activeIn = async (workspaceId: string) => {
    const rows = await database.db.query<{ id: string }>(
      `select id from agents where workspace_id = $1 and status = 'active'`,
      [workspaceId],
    );
    return rows.map(({ id }) => id);
  };

  it('assigns one of many at once, and tells that one (A1, A2)', async () => {
    const id = await addWorkspace();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => store.assign(id, `model ${at}`, 'test')),
    );
    const assigned = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(assigned).toHaveLength(1);
    expect(await activeIn(id)).toEqual([assigned[0]?.id]);
    expect(await eventsOf(id)).toEqual([
      { event_type: 'AGENT_ASSIGNED', payload: { agent_id: assigned[0]?.id, model: assigned[0]?.model } },
    ]);
    for (const outcome of outcomes.filter(({ status }) => status === 'rejected')) {
      expect((outcome as PromiseRejectedResult).reason).toMatchObject({ code: 'CONFLICT' });
    }
  });

  it('is kept from a second active agent by the table itself (A1)', async () => {
    const id = await addWorkspace();
    await store.assign(id, 'm', 'test');
    const insert = database.db.query(
      `insert into agents (id, workspace_id, model, status, created_at) values ($1, $2, 'm', 'active', $3)`,
      [randomUUID(), id, new Date(clock.now())],
    );
    await expect(insert).rejects.toThrow('agents_one_active');
  });

  it('lets one of two moves into the same workspace through, and two moves past each other end (A1)', async () => {
    const [a, b, target] = [await addWorkspace(), await addWorkspace(), await addWorkspace()];
    await store.assign(a, 'from a', 'test');
    await store.assign(b, 'from b', 'test');
    const outcomes = await Promise.allSettled([
      store.move(a, target, 'test'),
      store.move(b, target, 'test'),
      store.move(a, b, 'test'),
      store.move(b, a, 'test'),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
    const active = await Promise.all([a, b, target].map(activeIn));
    expect(active.flat()).toHaveLength(2);
    expect(active.every((agents) => agents.length <= 1)).toBe(true);
  });

  it('tells a move on both sides (A2)', async () => {
    const [source, target] = [await addWorkspace(), await addWorkspace()];
    const { id: agent_id } = await store.assign(source, 'm', 'test');
    await store.move(source, target, 'test');
    const told = { agent_id, model: 'm' };
    expect((await eventsOf(source)).at(-1)).toEqual({
      event_type: 'AGENT_MOVED',
      payload: { ...told, target_workspace_id: target },
    });
    expect(await eventsOf(target)).toEqual([
      { event_type: 'AGENT_MOVED', payload: { ...told, source_workspace_id: source } },
    ]);
    expect([await activeIn(source), await activeIn(target)]).toEqual([[], [agent_id]]);
  });

  it('puts no agent into a removed workspace (A3)', async () => {
    const [removed, source] = [await addWorkspace('removed'), await addWorkspace()];
    await expect(store.assign(removed, 'm', 'test')).rejects.toMatchObject({ code: 'WORKSPACE_NOT_FOUND' });
    await store.assign(source, 'm', 'test');
    await expect(store.move(source, removed, 'test')).rejects.toThrow('target workspace not found');
    expect(await eventsOf(removed)).toEqual([]);
  });
});
