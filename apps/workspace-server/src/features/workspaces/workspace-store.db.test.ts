// Proves that a workspace's row is the fold of its events, on every Postgres that this machine has.

import { join } from 'node:path';
import { applyChange, type WorkspaceChange, type WorkspaceState } from '@molecule/domain';
import { systemClock } from '@molecule/kit';
import { databaseFlavours, type TestDatabase, testDatabase, workspaceState } from '@molecule/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgEventLog } from '../events/event-log.pg.ts';
import { PgWorkspaceStore } from './workspace-store.pg.ts';
import type { Decision } from './workspace-store.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');

const patch = fc.oneof(
  fc.record({ name: fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0')) }),
  // No -0: neither JSON nor the driver of Postgres carries its sign.
  fc.record({ x: fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0), y: fc.integer() }),
  fc.record({ agentCard: fc.constantFrom(null, { name: 'a' }, { name: 'b', skills: [{ id: '1' }] }) }),
  fc.constant({ status: 'online' as const, deadlineAt: null, url: 'http://127.0.0.1:1' }),
  fc.constant({ status: 'provisioning' as const, deadlineAt: 1_800_000_000_000, url: '' }),
  fc.constant({ status: 'paused' as const, deadlineAt: null }),
  fc.record({ budgetLimitCents: fc.option(fc.nat()), maxConcurrentTasks: fc.integer({ min: 1, max: 9 }) }),
);

describe.each(databaseFlavours())('on %s Postgres', (flavour) => {
  let database: TestDatabase;
  let store: PgWorkspaceStore;

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    store = new PgWorkspaceStore(database.db, systemClock);
  });
  afterAll(() => database?.stop());

  const create = (id: string, parentId: string | null = null) =>
    store.change([], 'test', () => ({
      edits: [
        { workspaceId: id, change: { kind: 'created', state: workspaceState(id, { parentId }) }, events: [] },
      ],
    }));

  async function replay(id: string): Promise<WorkspaceState | null> {
    const rows = await database.db.query<{ change: WorkspaceChange | null }>(
      'select change from events where workspace_id = $1 and change is not null order by position',
      [id],
    );
    return rows.reduce<WorkspaceState | null>(
      (state, row) => applyChange(state, row.change as WorkspaceChange),
      null,
    );
  }

  it('folds any history of changes into exactly the row that the table holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(patch, { maxLength: 12 }), fc.boolean(), async (patches, isPurged) => {
        const id = crypto.randomUUID();
        await create(id);
        for (const one of patches) {
          await store.change([id], 'test', () => ({
            edits: [{ workspaceId: id, change: { kind: 'patched', patch: one }, events: [] }],
          }));
        }
        if (isPurged) {
          await store.change([id], 'test', () => ({
            edits: [{ workspaceId: id, change: { kind: 'purged' }, events: [] }],
          }));
        }
        expect(await replay(id)).toEqual(await store.read(id));
      }),
      { numRuns: 60 },
    );
  });

  it('folds changes of many rows at once into exactly the rows that the table holds, in the order told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(patch, { minLength: 2, maxLength: 12 }), async (patches) => {
        const ids = patches.map(() => crypto.randomUUID());
        for (const id of ids) await create(id);
        const types = ['WORKSPACE_UPDATED', 'WORKSPACE_MOVED'] as const;
        const committed = await store.change(ids, 'test', () => ({
          edits: patches.map((one, i) => ({
            workspaceId: ids[i] as string,
            change: { kind: 'patched', patch: one },
            events: i % 2 === 0 ? [] : types.map((type) => ({ type, payload: { i } })),
          })),
        }));
        expect(committed.map(({ workspaceId }) => workspaceId)).toEqual(ids);
        const versions = committed.map(({ version }) => version);
        expect(versions).toEqual([...versions].sort((a, b) => a - b));
        for (const { workspaceId, state, version } of committed) {
          const stored = await store.read(workspaceId);
          expect(state).toEqual(stored);
          expect(await replay(workspaceId)).toEqual(stored);
          const [last] = await database.db.query<{ position: number }>(
            'select max(position) as position from events where workspace_id = $1',
            [workspaceId],
          );
          expect(last?.position).toBe(version);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('lets go of a purged row in the log too, wherever another row pointed to it', async () => {
    const [gone, report, answeredFor] = Array.from({ length: 3 }, () => crypto.randomUUID()) as [
      string,
      string,
      string,
    ];
    await create(gone);
    await create(report, gone);
    await create(answeredFor);
    await store.change([answeredFor], 'test', () => ({
      edits: [
        { workspaceId: answeredFor, change: { kind: 'patched', patch: { forwardedTo: gone } }, events: [] },
      ],
    }));
    const committed = await store.change([gone], 'test', () => ({
      edits: [{ workspaceId: gone, change: { kind: 'purged' }, events: [] }],
    }));
    expect(committed.map(({ workspaceId }) => workspaceId).sort()).toEqual(
      [gone, report, answeredFor].sort(),
    );
    for (const id of [report, answeredFor]) {
      const stored = await store.read(id);
      expect(stored).toMatchObject({ parentId: null, forwardedTo: null });
      expect(await replay(id)).toEqual(stored);
    }
    expect(await store.read(gone)).toBeNull();
  });

  it('commits nothing of a change that fails after its event was written', async () => {
    const id = crypto.randomUUID();
    await create(id);
    const failing = store.change(
      [id],
      'test',
      () => ({
        edits: [{ workspaceId: id, change: { kind: 'patched', patch: { name: 'lost' } }, events: [] }],
      }),
      async () => {
        throw new Error('planted');
      },
    );
    await expect(failing).rejects.toThrow('planted');
    expect((await store.read(id))?.name).toBe('role');
    expect((await replay(id))?.name).toBe('role');
  });

  it('refuses a transient status without a deadline, whoever writes it', async () => {
    const id = crypto.randomUUID();
    await create(id);
    const change = store.change([id], 'test', () => ({
      edits: [
        {
          workspaceId: id,
          change: { kind: 'patched', patch: { status: 'provisioning', deadlineAt: null } },
          events: [],
        },
      ],
    }));
    await expect(change).rejects.toThrow(/deadline_exactly_in_transient_states/);
  });

  it('serialises decisions on one row: concurrent increments all count', async () => {
    const id = crypto.randomUUID();
    await create(id);
    const increment = (): Promise<unknown> =>
      store.change([id], 'test', (rows): Decision => {
        const max = (rows.get(id)?.maxConcurrentTasks ?? 0) + 1;
        return {
          edits: [
            { workspaceId: id, change: { kind: 'patched', patch: { maxConcurrentTasks: max } }, events: [] },
          ],
        };
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    expect((await store.read(id))?.maxConcurrentTasks).toBe(21);
  });

  it('never rewrites the log: an update of a written event is refused', async () => {
    await create(crypto.randomUUID());
    await expect(database.db.query(`update events set event_type = 'X'`)).rejects.toThrow(/append-only/);
  });

  it('publishes every event once, without gaps, however many publish at once', async () => {
    const log = new PgEventLog(database.db, systemClock);
    const id = crypto.randomUUID();
    await create(id);
    for (let i = 0; i < 10; i++) {
      await store.change([id], 'test', () => ({
        edits: [{ workspaceId: id, change: { kind: 'patched', patch: { x: i } }, events: [] }],
      }));
    }
    const batches = await Promise.all(Array.from({ length: 4 }, () => log.publishNext(500)));
    const published = batches.flat().map((event) => event.seq);
    expect(new Set(published).size).toBe(published.length);
    const all = await log.since(0, 500_000);
    const sequence = (all ?? []).map((event) => event.seq);
    expect(sequence).toEqual(sequence.map((_, i) => i + 1));
    expect(await log.since(sequence.length + 1, 10)).toBeNull();
  });
});
