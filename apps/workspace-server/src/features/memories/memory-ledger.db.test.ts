// Proves the memory ledger's invariants (L1 to L3) on every Postgres that this machine has: an organisation-wide write is
// told whatever happens between its intention and its end.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { faults } from '@molecule/domain';
import { createLog } from '@molecule/kit';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audited, tellAudits } from './audit-memory.ts';
import { PgMemoryLedger } from './memory-ledger.pg.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');

describe.each(databaseFlavours())('the memory ledger on %s Postgres', (flavour) => {
  const clock = fakeClock();
  let database: TestDatabase;
  let ledger: PgMemoryLedger;
  let told: { summary: string | null; status: string; requestBody: string | null }[] = [];
  let isLogAway = false;

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    ledger = new PgMemoryLedger(database.db, clock);
  });
  afterAll(() => database?.stop());

  const deps = () => ({
    ledger,
    clock,
    log: createLog({ level: 'silent' }),
    record: {
      activityLog: {
        write: async (row: (typeof told)[number]) => {
          if (isLogAway) throw faults.platformUnavailable();
          told.push(row);
          return randomUUID();
        },
      },
      hub: { broadcast: () => {} },
    } as never,
  });
  const write = (work: () => Promise<{ result: string; isDone: boolean }>) => {
    told = [];
    const memoryId = randomUUID();
    const what = {
      activityType: 'memory_write_global',
      workspaceId: randomUUID(),
      memoryId,
      label: 'general',
    } as const;
    return audited(deps(), { ...what, contentDigest: Buffer.alloc(32, 7) }, work);
  };
  const done = async () => ({ result: 'id', isDone: true });

  it('tells a write at once, and once (L2)', async () => {
    expect(await write(done)).toBe('id');
    expect(told).toEqual([
      expect.objectContaining({
        status: 'ok',
        summary: expect.stringMatching(/^GLOBAL memory written: id=/),
      }),
    ]);
    expect(JSON.parse(told[0]?.requestBody ?? '')).toMatchObject({ content_sha256: '07'.repeat(32) });
    await clock.advance(120_000);
    expect(await tellAudits(deps())).toBe(0);
  });

  it('tells later what could not be told at once (L2)', async () => {
    isLogAway = true;
    expect(await write(done)).toBe('id');
    isLogAway = false;
    expect(told).toEqual([]);
    await clock.advance(60_000);
    expect(await tellAudits(deps())).toBe(1);
    expect(told).toEqual([expect.objectContaining({ status: 'ok' })]);
  });

  it('tells a write whose outcome nobody knows, as such (L2)', async () => {
    await expect(write(async () => Promise.reject(faults.memoryUnavailable(2)))).rejects.toThrow();
    await clock.advance(59_999);
    expect(await tellAudits(deps())).toBe(0);
    await clock.advance(1);
    expect(await tellAudits(deps())).toBe(1);
    expect(told).toEqual([expect.objectContaining({ status: 'error' })]);
  });

  it('tells nothing of what surely did not happen', async () => {
    await expect(write(async () => Promise.reject(faults.memoryNotConfigured()))).rejects.toThrow();
    expect(await write(async () => ({ result: 'none', isDone: false }))).toBe('none');
    await clock.advance(120_000);
    expect(await tellAudits(deps())).toBe(0);
  });

  it('keeps the first author of a memory, and the writers for everybody (L1)', async () => {
    const [memoryId, writerId] = [randomUUID(), randomUUID()];
    const author = { memoryId, namespace: `org:${writerId}`, writerId };
    await ledger.noteAuthor(author);
    await ledger.noteAuthor({ ...author, writerId: randomUUID() });
    expect((await ledger.authorsOf([memoryId, 'unknown'])).get(memoryId)).toEqual(author);
    expect(await ledger.orgWriters()).toEqual([writerId]);
    await ledger.forgetAuthor(memoryId);
    expect(await ledger.orgWriters()).toEqual([]);
  });

  it('keeps first memories until they are planted (L3)', async () => {
    const seeds = (['LOCAL', 'TEAM'] as const).map((scope) => ({
      id: randomUUID(),
      workspaceId: randomUUID(),
      scope,
      content: `for ${scope}`,
    }));
    const fails = database.db.tx(async (tx) => {
      await ledger.keepSeedsIn(tx, seeds);
      throw new Error('the workspace was not made');
    });
    await expect(fails).rejects.toThrow('the workspace was not made');
    expect(await ledger.seeds(10)).toEqual([]);
    await database.db.tx((tx) => ledger.keepSeedsIn(tx, seeds));
    const kept = await ledger.seeds(10);
    expect(kept.map(({ id }) => id).sort()).toEqual(seeds.map(({ id }) => id).sort());
    for (const { id } of seeds) await ledger.planted(id);
    expect(await ledger.seeds(10)).toEqual([]);
  });
});
