// Proves the approval store's invariants (P1 to P3) on every Postgres that this machine has.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgEventLog } from '../events/event-log.pg.ts';
import { PgApprovalStore } from './approval-store.pg.ts';
import { expireApprovals } from './expire-approvals.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');
const PAGE = { limit: 50, offset: 0 };

describe.each(databaseFlavours())('approvals on %s Postgres', (flavour) => {
  const clock = fakeClock();
  let database: TestDatabase;
  let store: PgApprovalStore;

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    store = new PgApprovalStore(database.db, clock, new PgEventLog(database.db, clock).appendIn);
  });
  afterAll(() => database?.stop());

  const ask = async (workspaceId: string = randomUUID(), parentId: string | null = null) => {
    const id = randomUUID();
    await store.create({
      id,
      workspaceId,
      parentId,
      taskId: null,
      action: 'deploy',
      reason: 'because',
      context: { where: 'production' },
      deadlineAt: clock.now() + TIMEOUTS_MS.approval,
      actor: 'test',
    });
    return { id, workspaceId };
  };

  const eventsOf = (workspaceId: string) =>
    database.db.query<{ event_type: string; payload: Record<string, unknown> }>(
      'select event_type, payload from events where workspace_id = $1 order by position',
      [workspaceId],
    );

  const decide = (asked: { id: string; workspaceId: string }, status: 'approved' | 'denied') =>
    store.decide({ ...asked, status, decidedBy: 'human', actor: 'test' });

  it('tells a request on the workspace and on its parent (P1)', async () => {
    const parentId = randomUUID();
    const asked = await ask(randomUUID(), parentId);
    expect(await eventsOf(asked.workspaceId)).toEqual([
      {
        event_type: 'APPROVAL_REQUESTED',
        payload: { approval_id: asked.id, action: 'deploy', reason: 'because', task_id: null },
      },
    ]);
    expect(await eventsOf(parentId)).toEqual([
      {
        event_type: 'APPROVAL_ESCALATED',
        payload: {
          approval_id: asked.id,
          from_workspace_id: asked.workspaceId,
          action: 'deploy',
          reason: 'because',
        },
      },
    ]);
  });

  it('lets exactly one of many decisions stand, and tells that one (P2)', async () => {
    const asked = await ask();
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, i) => decide(asked, i % 2 === 0 ? 'approved' : 'denied')),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    const [row] = await store.listByWorkspace(asked.workspaceId, PAGE);
    const told = (await eventsOf(asked.workspaceId)).slice(1);
    expect(told.map(({ event_type }) => event_type)).toEqual([
      row?.status === 'approved' ? 'APPROVAL_APPROVED' : 'APPROVAL_DENIED',
      'APPROVAL_DECIDED',
    ]);
    expect(told.at(1)?.payload).toEqual({ approval_id: asked.id, status: row?.status, decided_by: 'human' });
  });

  it('refuses a decision under the name of another workspace', async () => {
    const asked = await ask();
    expect(await decide({ id: asked.id, workspaceId: randomUUID() }, 'approved')).toBe(false);
    expect(await decide(asked, 'approved')).toBe(true);
  });

  it('[core.4.5-approvals core.10-expiry] denies at the deadline and not before, once, with its events (P2)', async () => {
    const asked = await ask();
    let published = 0;
    const expire = () => expireApprovals({ approvals: store, publishSoon: () => published++ });
    await clock.advance(TIMEOUTS_MS.approval - 1);
    await expire();
    expect((await store.listByWorkspace(asked.workspaceId, PAGE))[0]?.status).toBe('pending');
    await clock.advance(1);
    expect(await decide(asked, 'approved')).toBe(false);
    published = 0;
    expect(await expire()).toBeGreaterThanOrEqual(1);
    expect(published).toBe(1);
    expect(await expire()).toBe(0);
    expect((await store.listByWorkspace(asked.workspaceId, PAGE))[0]).toMatchObject({
      status: 'denied',
      decidedBy: 'auto-expired',
      deadlineAt: null,
    });
    expect((await eventsOf(asked.workspaceId)).map(({ event_type }) => event_type)).toEqual([
      'APPROVAL_REQUESTED',
      'APPROVAL_DENIED',
      'APPROVAL_DECIDED',
    ]);
  });

  it('keeps as many open requests of a workspace as its limit, and not one more (P3)', async () => {
    const workspaceId = randomUUID();
    for (let i = 0; i < LIMITS.approvalsPending; i++) await ask(workspaceId);
    await expect(ask(workspaceId)).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    const [newest] = await store.listByWorkspace(workspaceId, PAGE);
    await decide({ id: newest?.id ?? '', workspaceId }, 'denied');
    await ask(workspaceId);
    expect(await store.listByWorkspace(workspaceId, { limit: 500, offset: 0 })).toHaveLength(
      LIMITS.approvalsPending + 1,
    );
  });
});
