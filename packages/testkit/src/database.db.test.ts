// Test databases: they are fresh, and separate from each other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

describe.runIf(process.platform === 'linux')('a test process that is killed', () => {
  const tmp = mkdtempSync(join(tmpdir(), 'molecule-testkit-'));
  afterAll(() => rmSync(tmp, { recursive: true, force: true }));

  const databases = () => readdirSync(tmp).filter((name) => name.startsWith('molecule-test-'));
  const found = (name: string) =>
    databases().some((folder) => existsSync(join(tmp, folder, 'postgres', name)));

  it.each([
    ['while its server runs', () => found('postmaster.pid')],
    ['while its server is made', () => databases().length > 0],
  ])('%s leaves no server and no folder (T2)', async (_, isTime) => {
    const user = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        `import { testDatabase } from '@molecule/testkit'; await testDatabase(); setInterval(() => {}, 60_000);`,
      ],
      {
        cwd: import.meta.dirname,
        env: { PATH: process.env.PATH, TMPDIR: tmp, TSX_DISABLE_CACHE: '1' },
        stdio: 'ignore',
      },
    );
    await expect.poll(isTime, { timeout: 20_000, interval: 5 }).toBe(true);
    user.kill('SIGKILL');
    await once(user, 'exit');
    const processes = () =>
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .filter((pid) => commandOf(pid).includes(tmp) && !commandOf(pid).includes('reaper'));
    await expect.poll(() => [...databases(), ...processes()], { timeout: 20_000 }).toEqual([]);
  });
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
