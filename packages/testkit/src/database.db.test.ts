// Test databases: they are fresh, and separate from each other.
import { afterAll, describe, expect, it } from 'vitest';
import { databaseFlavours, type TestDatabase, testDatabase } from './database.ts';

describe.each(databaseFlavours())('a test database (%s)', (flavour) => {
  const open: TestDatabase[] = [];
  afterAll(() => Promise.all(open.map((database) => database.stop())));

  it('is fresh and apart from every other one', async () => {
    const one = await testDatabase({ flavour });
    const two = await testDatabase({ flavour });
    open.push(one, two);
    await one.db.query('create table only_here (id integer)');
    const found = await two.db.query(`select 1 from pg_tables where tablename = 'only_here'`);
    expect(found).toEqual([]);
  });

  it('runs on the server that its name promises', async () => {
    const database = await testDatabase({ flavour });
    open.push(database);
    const [row] = await database.db.query<{ server_version: string }>('show server_version');
    expect(row?.server_version.includes('Debian')).toBe(flavour === 'debian');
  });
});
