// A postmaster killed while a backend is busy: the backend never works on the files beside a new postmaster (P2).
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@molecule/kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Db } from './db.ts';
import { EmbeddedPostgres } from './embedded-postgres.ts';
import { DatabaseUnavailable } from './errors.ts';
import { isAlive, processesWorkingIn } from './process-identity.ts';

let root: string;
let server: EmbeddedPostgres;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'molecule-orphans-')));
  server = new EmbeddedPostgres({ dataDir: root, log: createLog({ level: 'silent' }) });
  await server.start();
});
afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

it.runIf(process.platform === 'linux')(
  'is ended before the next one starts',
  async () => {
    const db = new Db({ ...server.connection(), maxConnections: 3 });
    const killed = server.postmasterPid!;
    const busy = db
      .query('select count(*) from generate_series(1, 1000000000) a where a % 7 = pg_backend_pid() % 7')
      .catch((error: unknown) => error);
    const busyPid = async () =>
      (
        await db.query<{ pid: number }>(
          `select pid from pg_stat_activity where query like '%generate_series(1, 1000%' and state = 'active' and pid <> pg_backend_pid()`,
        )
      )[0]?.pid;
    await expect.poll(busyPid).toBeGreaterThan(0);
    const orphan = (await busyPid())!;

    process.kill(killed, 'SIGKILL');
    await expect
      .poll(() => server.postmasterPid !== killed && db.query('select 1').then(() => 'answers', String), {
        timeout: 5_000,
      })
      .toBe('answers');

    expect(await isAlive(orphan)).toBe(false);
    expect(await busy).toBeInstanceOf(DatabaseUnavailable);
    await db.end();
  },
  20_000,
);

it.runIf(process.platform === 'linux')('leaves no process behind after stop', async () => {
  await server.stop();
  expect(await processesWorkingIn(join(root, 'postgres'))).toEqual([]);
});
