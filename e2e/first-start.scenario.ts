// First start scenarios: the server is killed again and again before its first start is over, and the demo is whole, once.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endProcess, freePort, hasEnded, startTenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { allOnline, apiOf, listWorkspaces, until } from './support/api.ts';
import { processesOf } from './support/processes.ts';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'apps/workspace-server/dist/main.js');
const MIGRATIONS = join(ROOT, 'apps/workspace-server/migrations');
const started: ChildProcess[] = [];
let database: TestDatabase;
let dataDir: string;
let port: number;

beforeAll(async () => {
  port = await freePort();
  database = await testDatabase({ migrationsDir: MIGRATIONS });
  dataDir = await mkdtemp(join(tmpdir(), 'molecule-first-'));
});
afterAll(async () => {
  await Promise.all(started.map((child) => endProcess(child, 'SIGKILL')));
  await database?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** One port for all starts: agents of a killed one call it again. */
const env = () => ({ MOLECULE_EMPTY: '', DATABASE_URL: database.url, PORT: String(port) });

/** Starts the server, waits until `isThere`, and kills it, and what of it hangs in the database. */
async function startAndKill(isThere: (output: string) => Promise<boolean> | boolean): Promise<void> {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env.PATH ?? '',
      MOLECULE_DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
      ...env(),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  await until('the moment of the kill', async () => {
    if (hasEnded(child)) throw new Error(`the tenant ended at start:\n${output}`);
    return (await isThere(output)) || null;
  });
  await endProcess(child, 'SIGKILL');
  await database.db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and wait_event = 'PgSleep'`,
  );
}

const rows = () =>
  database.db.query<{ id: string; name: string }>(
    'select id, name from workspaces order by created_at, name',
  );

describe('a first start that is killed', () => {
  it(verifies(
    'start.demo-once',
    'before and in the middle of the demo is gone on with by the next, which makes nothing twice',
  ), async () => {
    await startAndKill((output) => output.includes('opening the door'));

    // The fifth role is never written: who writes it hangs until the kill.
    await database.db.query(`create function hang() returns trigger language plpgsql as
        $$ begin if (select count(*) from workspaces) >= 4 then perform pg_sleep(600); end if; return new; end $$`);
    await database.db.query(
      'create trigger hang before insert on workspaces for each row execute function hang()',
    );
    await startAndKill(async () => {
      const hanging = await database.db.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`,
      );
      return hanging.length > 0;
    });
    await database.db.query('drop trigger hang on workspaces');
    const before = await rows();
    expect(before).toHaveLength(4);

    const tenant = await startTenantProcess(env(), { dataDir });
    const call = apiOf(tenant);
    const roles = await allOnline(call, 9, 90_000);
    expect(new Set(roles.map(({ name }) => name)).size).toBe(9);
    expect(roles.filter(({ parent_id }) => parent_id === null)).toHaveLength(1);
    expect((await rows()).slice(0, 4)).toEqual(before);
    const leaf = roles.find(({ id }) => roles.every(({ parent_id }) => parent_id !== id));
    expect((await call('DELETE', `/workspaces/${leaf?.id}?confirm=true`)).status).toBe(200);
    await tenant.stop();

    const later = await startTenantProcess(env(), { dataDir });
    await allOnline(apiOf(later), 8, 90_000);
    expect(await listWorkspaces(apiOf(later))).toHaveLength(8);
    expect(await rows()).toHaveLength(9);
    await later.stop();
    expect(processesOf(dataDir)).toEqual([]);
  }, 180_000);
});
