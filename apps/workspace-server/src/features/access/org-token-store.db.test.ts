// Proves the organisation token store's invariants (O1, O2) and the notes of use on every Postgres of this machine.

import { join } from 'node:path';
import { LIMITS } from '@molecule/domain';
import { digestOf } from '@molecule/http';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PgOrgTokenStore } from './org-token-store.pg.ts';
import { PgTokenUseStore } from './token-use.pg.ts';
import { TokenUse } from './token-use.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');
const NEW = { name: 'ci', orgId: null, createdBy: 'admin-token' };

describe.each(databaseFlavours())('organisation tokens on %s Postgres', (flavour) => {
  const clock = fakeClock();
  let database: TestDatabase;
  let store: PgOrgTokenStore;
  const open = () => new PgOrgTokenStore(database.db, clock);

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    store = open();
  });
  afterAll(() => database?.stop());
  beforeEach(async () => {
    await store.revokeAll();
  });

  const isKnown = async (token: string, at = store) => (await at.findBearer(digestOf(token))) !== null;

  it('keeps the digest and never the token', async () => {
    const { token, row } = await store.mint({ ...NEW, orgId: 'o1' });
    const [stored] = await database.db.query<Record<string, unknown>>(
      'select * from org_tokens where id = $1',
      [row.id],
    );
    expect(stored?.digest).toEqual(digestOf(token));
    expect(JSON.stringify({ ...stored, digest: '' })).not.toContain(token.slice(8));
    expect(await store.findBearer(digestOf(token))).toEqual({
      kind: 'org_token',
      tokenId: row.id,
      prefix: token.slice(0, 8),
      orgId: 'o1',
    });
  });

  it('knows after a restart what was live before, and nothing that was revoked (O2)', async () => {
    const kept = await store.mint(NEW);
    const revoked = await store.mint(NEW);
    const told: string[] = [];
    store.onRevoked((id) => told.push(id));
    expect(await store.revoke(revoked.row.id)).toBe(true);
    expect(await store.revoke(revoked.row.id)).toBe(false);
    expect(told).toEqual([revoked.row.id]);
    expect([await isKnown(kept.token), await isKnown(revoked.token)]).toEqual([true, false]);
    const restarted = open();
    await restarted.load();
    expect([await isKnown(kept.token, restarted), await isKnown(revoked.token, restarted)]).toEqual([
      true,
      false,
    ]);
  });

  it('leaves nothing alive that was minted while all were being revoked, unless its row lives (O2)', async () => {
    for (let round = 0; round < 20; round++) {
      const mints = Promise.all(Array.from({ length: 4 }, () => store.mint(NEW)));
      await store.revokeAll();
      const minted = await mints;
      const live = new Set((await store.list()).map(({ id }) => id));
      for (const { token, row } of minted) expect(await isKnown(token)).toBe(live.has(row.id));
    }
  });

  it('mints up to the limit and not one more, however many ask at once (O1)', async () => {
    await database.db.query(
      `insert into org_tokens (id, digest, prefix, created_by, created_at)
       select gen_random_uuid(), sha256(n::text::bytea), 'p', 'test', $2 from generate_series(1, $1::int) n`,
      [LIMITS.orgTokens - 2, new Date(clock.now())],
    );
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => store.mint(NEW)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(3);
    expect(refused[0]?.reason).toMatchObject({
      code: 'RATE_LIMITED',
      message: 'maximum 500 active organisation tokens',
    });
    expect(await store.list()).toHaveLength(LIMITS.orgTokens);
    await database.db.query(`delete from org_tokens where created_by = 'test'`);
  });

  it('notes the use of a token, once a minute at most', async () => {
    const { row } = await store.mint(NEW);
    const use = new TokenUse(new PgTokenUseStore(database.db), clock);
    const lastUse = async () => (await store.list())[0]?.lastUsedAt;
    const first = clock.now();
    use.note(row.id);
    await use.flush();
    expect(await lastUse()).toBe(first);
    await clock.advance(59_999);
    use.note(row.id);
    await use.flush();
    expect(await lastUse()).toBe(first);
    await clock.advance(1);
    use.note(row.id);
    await use.flush();
    expect(await lastUse()).toBe(first + 60_000);
  });
});
