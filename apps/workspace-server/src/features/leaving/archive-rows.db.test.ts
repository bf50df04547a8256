// Tests of archived rows: every table of a tenant was thought of, and what leaves is what arrives.

import { join } from 'node:path';
import { databaseFlavours, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgArchiveRows } from './archive-rows.pg.ts';
import { ARCHIVED_TABLES, type ArchivedTable, LEFT_OUT } from './archived-tables.ts';

describe.each(databaseFlavours())('rows that leave (%s)', (flavour) => {
  let database: TestDatabase;
  let rows: PgArchiveRows;
  beforeAll(async () => {
    const migrationsDir = join(import.meta.dirname, '../../../migrations');
    database = await testDatabase({ flavour, migrationsDir });
    rows = new PgArchiveRows(database.db);
  });
  afterAll(() => database?.stop());

  const table = (name: string) => ARCHIVED_TABLES.find((known) => known.name === name) as ArchivedTable;
  const all = async (name: string) => {
    const found: string[] = [];
    for await (const page of rows.pages(table(name))) found.push(...page);
    return found;
  };

  it('every table leaves or stays for a reason', async () => {
    const tables = await database.db.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
       and relname not like '%migration%' order by 1`,
    );
    const known = [...ARCHIVED_TABLES.map(({ name }) => name), ...Object.keys(LEFT_OUT)].sort();
    expect(tables.map(({ name }) => name)).toEqual(known);
  });

  it('pages hold each row once, in order; bytes that JSON escapes included', async () => {
    const id = crypto.randomUUID();
    await database.db.query(
      `insert into key_values (workspace_id, key, value, version, updated_at, bytes)
       select $1, 'k' || n, '{"a": "\\u0000 \\ud83d\\ude00", "b": 12345678901234567890}', n, now(), 1 from generate_series(1, 120) n`,
      [id],
    );
    const lines = await all('key_values');
    const keys = lines.map((line) => (JSON.parse(line) as { key: string }).key);
    expect(keys).toHaveLength(120);
    expect(new Set(keys).size).toBe(120);
    await database.db.query('delete from key_values');
    expect(await rows.insert(table('key_values'), lines, [id])).toBe(120);
    expect(await all('key_values')).toEqual(lines);
    expect(await rows.insert(table('key_values'), lines, [id])).toBe(0);
  });

  it('come in for the named workspaces alone, with a place of their own in the order', async () => {
    const [mine, other] = [crypto.randomUUID(), crypto.randomUUID()];
    const line = (workspace_id: string) =>
      JSON.stringify({
        seq: 1,
        id: crypto.randomUUID(),
        workspace_id,
        activity_type: 'a2a_receive',
        status: 'ok',
        created_at: '2030-01-01T00:00:00Z',
      });
    expect(await rows.insert(table('activity'), [line(mine), line(other), line(mine)], [mine])).toBe(2);
    const found = (await all('activity')).map((text) => JSON.parse(text) as { workspace_id: string });
    expect(found.map(({ workspace_id }) => workspace_id)).toEqual([mine, mine]);
  });
});
