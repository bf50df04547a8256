// Proves that a request with a key happens once (Q1 to Q4), on every Postgres that this machine has.

import { join } from 'node:path';
import { type Caller, createIdentifier, digestOf } from '@molecule/http';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { doOnce } from './do-once.ts';
import { readRequestKey } from './request-key.ts';
import { PgRequestKeyStore } from './request-key-store.pg.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');

/** Callers are made by identifying, here too: any bearer but the administrator's is the token of that id. */
function callerWith(headers: { authorization?: string; cookie?: string }): Promise<Caller> {
  const tokenId = headers.authorization?.slice('Bearer '.length) ?? '';
  const identify = createIdentifier({
    store: {
      findBearer: async () => ({ kind: 'org_token', tokenId, prefix: 'same', orgId: null }),
      findSession: async () => ({ sessionId: 's' }),
    },
    adminTokenDigest: digestOf('admin'),
    isOpen: false,
    sessionCookieNames: ['session'],
  });
  return identify({ headers });
}

const bearer = (token: string) => callerWith({ authorization: `Bearer ${token}` });

describe.each(databaseFlavours())('doing once on %s Postgres', (flavour) => {
  const clock = fakeClock();
  let database: TestDatabase;
  let store: PgRequestKeyStore;
  let keys = 0;

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    store = new PgRequestKeyStore(database.db, clock);
    await database.db.query('create table effects (n int not null)');
  });
  beforeEach(async () => {
    keys++;
    await database.db.query('delete from effects');
  });
  afterAll(() => database?.stop());

  /** Writes a row and answers with its number; a repeat answers with the number that was kept. */
  const ask = async (n: number, body: unknown = {}, caller = bearer('admin')) =>
    doOnce(
      store,
      readRequestKey(await caller, `key-${keys}`, 'test', body),
      (claim) =>
        database.db.tx(async (tx) => {
          await tx.query('insert into effects (n) values ($1)', [n]);
          if (n < 0) throw new RangeError('refused');
          await claim(tx, { n });
          return { n, isRepeat: false };
        }),
      async (answer) => ({ ...(answer as { n: number }), isRepeat: true }),
    );
  const effects = async () => {
    const rows = await database.db.query<{ n: number }>('select n from effects order by n');
    return rows.map(({ n }) => n);
  };

  it('replays the stored answer, whatever the order of the fields (Q1)', async () => {
    expect(await ask(1, { a: 1, b: { c: 2, d: [3] } })).toEqual({ n: 1, isRepeat: false });
    expect(await ask(2, { b: { d: [3], c: 2 }, a: 1 })).toEqual({ n: 1, isRepeat: true });
    expect(await effects()).toEqual([1]);
  });

  it('refuses another request under the same key and does nothing (Q2)', async () => {
    await ask(1, { a: [1, 2] });
    for (const other of [{ a: [2, 1] }, { a: 1 }, {}]) {
      await expect(ask(2, other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    }
    expect(await effects()).toEqual([1]);
  });

  it('leaves no key when it fails, nor anything else (Q3)', async () => {
    await expect(ask(-1)).rejects.toThrow('refused');
    expect(await effects()).toEqual([]);
    expect(await ask(2)).toEqual({ n: 2, isRepeat: false });
  });

  it('lets one of many at once happen, and tells all of them the same (Q4)', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => ask(n)));
    expect(answers.filter(({ isRepeat }) => !isRepeat)).toHaveLength(1);
    expect(new Set(answers.map(({ n }) => n)).size).toBe(1);
    expect(await effects()).toHaveLength(1);
  });

  it('keeps the keys of one apart from those of another', async () => {
    const session = callerWith({ cookie: 'session=x' });
    for (const [at, caller] of [bearer('admin'), bearer('t1'), bearer('t2'), session].entries()) {
      expect(await ask(at, { at }, caller)).toEqual({ n: at, isRepeat: false });
    }
  });

  it('forgets keys that are older than asked for, and no younger one', async () => {
    await ask(1);
    const writtenAt = clock.now();
    expect(await store.prune(writtenAt, 100)).toBe(0);
    expect(await store.prune(writtenAt + 1, 1)).toBe(1);
    while ((await store.prune(writtenAt + 1, 100)) > 0);
    expect(await ask(2)).toEqual({ n: 2, isRepeat: false });
  });
});
