// Delegation store on every Postgres that this machine has: G3 and G5 when many come at once.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isFault, LIMITS } from '@molecule/domain';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgDelegationStore } from './delegation-store.pg.ts';
import type { NewDelegation } from './delegation-store.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');
const MAX = LIMITS.delegationsInFlight;

describe.each(databaseFlavours())('delegations on %s Postgres', (flavour) => {
  const clock = fakeClock();
  let database: TestDatabase;
  let store: PgDelegationStore;

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    store = new PgDelegationStore(database.db, clock);
  });
  afterAll(() => database?.stop());

  const newOne = (sourceId: string, more: Partial<NewDelegation> = {}): NewDelegation => ({
    id: randomUUID(),
    sourceId,
    targetId: randomUUID(),
    task: 'count',
    status: 'pending',
    isRecorded: false,
    idempotencyKey: null,
    error: null,
    deadlineAt: clock.now() + 60_000,
    chain: null,
    maxOpen: MAX,
    ...more,
  });

  const openOf = async (sourceId: string) =>
    (
      await database.db.query<{ open: number }>(
        'select count(*)::int as open from delegations where source_id = $1 and deadline_at is not null',
        [sourceId],
      )
    )[0]?.open;

  it('opens exactly as many as may be open when 300 come at once, and tells the rest when to come back (G5)', async () => {
    const source = randomUUID();
    const results = await Promise.allSettled(
      Array.from({ length: 300 }, (_, i) => store.create(newOne(source, { idempotencyKey: `k${i}` }))),
    );
    const taken = results.filter(({ status }) => status === 'fulfilled');
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(taken).toHaveLength(MAX);
    expect(await openOf(source)).toBe(MAX);
    expect(refusals).toHaveLength(300 - MAX);
    expect(
      refusals.every(
        (reason) => isFault(reason) && reason.code === 'QUEUE_FULL' && reason.retryAfterSeconds === 30,
      ),
    ).toBe(true);
    // A full house refuses no repeat, no other source, and nothing that is only recorded.
    expect((await store.create(newOne(source, { idempotencyKey: 'k0' }))).isNew).toBe(false);
    expect((await store.create(newOne(randomUUID()))).isNew).toBe(true);
    expect((await store.create(newOne(source, { isRecorded: true, maxOpen: null }))).isNew).toBe(true);
  });

  it('gives all who come at once with one key the same delegation (G3)', async () => {
    const source = randomUUID();
    const results = await Promise.all(
      Array.from({ length: 20 }, () => store.create(newOne(source, { idempotencyKey: 'same' }))),
    );
    expect(new Set(results.map(({ delegation }) => delegation.id)).size).toBe(1);
    expect(results.filter(({ isNew }) => isNew)).toHaveLength(1);
  });
});
