// Migrate: J1 to J4 against both kinds of Postgres.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFlavours, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseUnavailable, PostgresStartFailure } from './errors.ts';
import { migrate, readMigrations } from './migrate.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'molecule-migrations-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, sql] of Object.entries(files)) await writeFile(join(dir, name), sql);
}

describe('the migrations of a folder', () => {
  it('come in the order of their numbers', async () => {
    await write({ '0002_b.sql': 'select 2', '0001_a.sql': 'select 1', 'notes.txt': 'no migration' });
    expect((await readMigrations(dir)).map(({ number, name }) => `${number} ${name}`)).toEqual([
      '1 0001_a.sql',
      '2 0002_b.sql',
    ]);
  });

  it.each([
    ['a gap', ['0001_a.sql', '0003_c.sql'], 'leaves a gap: 2 is missing'],
    ['a missing first', ['0002_b.sql'], 'leaves a gap: 1 is missing'],
    ['one number twice', ['0001_a.sql', '0001_b.sql'], 'leaves a gap'],
    ['another kind of name', ['1-a.sql'], 'is not named 0001_like_this.sql'],
  ])('are refused with %s (J1)', async (_, names, message) => {
    await write(Object.fromEntries(names.map((name) => [name, 'select 1'])));
    await expect(readMigrations(dir)).rejects.toThrow(message);
  });

  it.each(['commit;', 'create table a (i int);\nROLLBACK;', 'begin;\nselect 1;', 'start transaction;'])(
    'are refused when they end the transaction themselves: %j (J2)',
    async (sql) => {
      await write({ '0001_a.sql': sql });
      await expect(readMigrations(dir)).rejects.toThrow('must leave the transaction to the migrator');
    },
  );

  it('may hold functions and comments that say begin', async () => {
    await write({
      '0001_a.sql':
        '-- commit;\n/*\nrollback;\n*/\ncreate function f() returns int language plpgsql as $body$\nbegin\n  return 1;\nend $body$;',
    });
    expect(await readMigrations(dir)).toHaveLength(1);
  });
});

describe.each(databaseFlavours())('migrate (%s)', (flavour) => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await testDatabase({ flavour });
  });
  afterEach(() => database.stop());

  async function tables(): Promise<string[]> {
    const rows = await database.db.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations' order by 1`,
    );
    return rows.map((row) => row.name);
  }

  async function recorded(): Promise<string[]> {
    const rows = await database.db.query<{ name: string }>(
      'select name from schema_migrations order by number',
    );
    return rows.map((row) => row.name);
  }

  it('applies what is missing, and nothing twice (J1)', async () => {
    await write({ '0001_a.sql': 'create table a (i int)' });
    expect(await migrate(database.db, dir)).toEqual(['0001_a.sql']);
    await write({ '0002_b.sql': 'create table b (i int); insert into b values (1)' });
    expect(await migrate(database.db, dir)).toEqual(['0002_b.sql']);
    expect(await migrate(database.db, dir)).toEqual([]);
    expect(await tables()).toEqual(['a', 'b']);
  });

  it('leaves nothing of a migration that fails, and all of those before it (J2)', async () => {
    await write({
      '0001_a.sql': 'create table a (i int)',
      '0002_b.sql': 'create table b (i int); select nonsense; create table c (i int)',
    });
    await expect(migrate(database.db, dir)).rejects.toMatchObject({ code: '42703' });
    expect(await tables()).toEqual(['a']);
    expect(await recorded()).toEqual(['0001_a.sql']);
  });

  it('leaves all or nothing when it is killed at any statement, and goes on from there (J2)', async () => {
    const statements = [
      'create table a (i int);',
      'insert into a select generate_series(1, 100);',
      'alter table a add column j int default 7;',
      'create index a_j on a (j);',
    ];
    const die = 'select pg_terminate_backend(pg_backend_pid());';
    for (let at = 0; at <= statements.length; at++) {
      await write({ '0001_a.sql': [...statements.slice(0, at), die, ...statements.slice(at)].join('\n') });
      await expect(migrate(database.db, dir)).rejects.toBeInstanceOf(DatabaseUnavailable);
      expect(await tables()).toEqual([]);
      expect(await recorded()).toEqual([]);
    }
    await write({ '0001_a.sql': statements.join('\n') });
    expect(await migrate(database.db, dir)).toEqual(['0001_a.sql']);
    expect(await database.db.query('select count(*) as n, min(j) as j from a')).toEqual([{ n: 100, j: 7 }]);
  });

  it('leaves all or nothing when it is killed while it commits (J2)', async () => {
    // A deferred constraint trigger runs inside of the commit, after the record was written.
    await write({
      '0001_a.sql': `create table a (i int);
        create function die() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
        create constraint trigger at_commit after insert on a deferrable initially deferred for each row execute function die();
        insert into a values (1);`,
    });
    await expect(migrate(database.db, dir)).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(await tables()).toEqual([]);
    expect(await recorded()).toEqual([]);
  });

  it('refuses a migration that changed after it landed (J3)', async () => {
    await write({ '0001_a.sql': 'create table a (i int)' });
    await migrate(database.db, dir);
    await write({ '0001_a.sql': 'create table a (i bigint)' });
    const refused = migrate(database.db, dir);
    await expect(refused).rejects.toBeInstanceOf(PostgresStartFailure);
    await expect(refused).rejects.toThrow(
      'migration 0001_a.sql in the database is not the one in this version',
    );
  });

  it('refuses a database that a newer version wrote (J1)', async () => {
    await write({ '0001_a.sql': 'create table a (i int)', '0002_b.sql': 'create table b (i int)' });
    await migrate(database.db, dir);
    await rm(join(dir, '0002_b.sql'));
    await expect(migrate(database.db, dir)).rejects.toThrow(
      'written by a newer version (migration 0002_b.sql)',
    );
  });

  it('lets one migrator at a time work, whoever else starts (J4)', async () => {
    await write({
      '0001_a.sql': 'create table a (i int); select pg_sleep(0.05)',
      '0002_b.sql': 'create table b (i int)',
    });
    const done = await Promise.all([1, 2, 3, 4].map(() => migrate(database.db, dir)));
    expect(done.flat().sort()).toEqual(['0001_a.sql', '0002_b.sql']);
  });

  it('keeps the records of two apps apart by their journals', async () => {
    await write({ '0001_a.sql': 'create table if not exists a (i int)' });
    await migrate(database.db, dir);
    expect(await migrate(database.db, dir, { journal: 'other_migrations' })).toEqual(['0001_a.sql']);
    await expect(migrate(database.db, dir, { journal: 'a; drop table a' })).rejects.toThrow(
      'plain table name',
    );
  });
});
