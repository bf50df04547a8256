// Proves the key-value store's invariants (K1 to K3) on every Postgres that this machine has.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LIMITS } from '@molecule/domain';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgKeyValueStore } from './key-value-store.pg.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');

describe.each(databaseFlavours())('keys and values on %s Postgres', (flavour) => {
  const clock = fakeClock();
  let database: TestDatabase;
  let store: PgKeyValueStore;

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    store = new PgKeyValueStore(database.db, clock);
  });
  afterAll(() => database?.stop());

  const write = (
    workspaceId: string,
    key: string,
    more: { expiresAt?: number; ifVersion?: number; value?: string } = {},
  ) => store.write({ workspaceId, key, value: '1', expiresAt: null, ifVersion: null, ...more });

  it('count versions from 1, and again from 1 after an expiry, to the millisecond (K1)', async () => {
    const id = randomUUID();
    const expiresAt = clock.now() + 1_000;
    expect(await write(id, 'k')).toEqual({ kind: 'stored', version: 1 });
    expect(await write(id, 'k', { expiresAt })).toEqual({ kind: 'stored', version: 2 });
    await clock.advance(999);
    expect((await store.read(id, 'k'))?.version).toBe(2);
    await clock.advance(1);
    expect(await store.read(id, 'k')).toBeNull();
    expect(await write(id, 'k', { ifVersion: 2 })).toEqual({ kind: 'other_version', currentVersion: null });
    expect(await write(id, 'k', { ifVersion: 0 })).toEqual({ kind: 'stored', version: 1 });
  });

  it('let one of many creators win (K2)', async () => {
    const id = randomUUID();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => write(id, 'k', { ifVersion: 0 })));
    expect(outcomes.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
  });

  it('stop at the limit of keys, and not one before it (K3)', async () => {
    const id = randomUUID();
    await database.db.query(
      `insert into key_values (workspace_id, key, value, version, updated_at, bytes)
       select $1, 'k' || i, '1', 1, now(), 1 from generate_series(1, ${LIMITS.keyValuesPerWorkspace - 1}) i`,
      [id],
    );
    expect((await write(id, 'last')).kind).toBe('stored');
    expect((await write(id, 'one more')).kind).toBe('full');
    expect((await write(id, 'last')).kind).toBe('stored');
  });

  it('stop at the limit of bytes, whatever the number of keys (K3)', async () => {
    const id = randomUUID();
    await database.db.query(
      `insert into key_values (workspace_id, key, value, version, updated_at, bytes) values ($1, 'big', '1', 1, now(), $2)`,
      [id, LIMITS.keyValuesBytesPerWorkspace - 3],
    );
    expect((await write(id, 'k', { value: '1234' })).kind).toBe('full');
    expect((await write(id, 'k', { value: '123' })).kind).toBe('stored');
  });

  it('are swept once they expired, and not before', async () => {
    const id = randomUUID();
    await write(id, 'gone', { expiresAt: clock.now() + 1 });
    await write(id, 'later', { expiresAt: clock.now() + 10_000 });
    await clock.advance(1);
    expect(await store.sweep(100)).toBeGreaterThanOrEqual(1);
    const rows = await database.db.query('select key from key_values where workspace_id = $1', [id]);
    expect(rows).toEqual([{ key: 'later' }]);
  });
});
