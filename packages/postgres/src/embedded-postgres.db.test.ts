// The launcher, with the embedded binaries and with the system's: real processes, real kills.
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseFlavours } from '@molecule/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { DatabaseUnavailable } from './errors.ts';
import { isAlive } from './process-identity.ts';
import { ServersUnderTest, until } from './testing/server-under-test.ts';

describe.each(databaseFlavours())('the launcher (%s)', (flavour) => {
  const servers = new ServersUnderTest(flavour);
  afterEach(() => servers.close());

  it('keeps what was written over a stop and a start, and leaves no process (P6)', async () => {
    const dataDir = await servers.folder();
    const first = await servers.start(dataDir);
    const pid = first.postmasterPid!;
    const db = servers.connect(first);
    await db.query('create table kept as select 1 as value');
    await db.end();
    await first.stop();
    expect(await isAlive(pid)).toBe(false);
    expect(existsSync(join(dataDir, 'server.lock'))).toBe(false);
    const again = servers.connect(await servers.start(dataDir));
    expect(await again.query('select value from kept')).toEqual([{ value: 1 }]);
  });

  it('is durable: the settings that make it so are on (P4)', async () => {
    const db = servers.connect(await servers.start(await servers.folder()));
    const rows = await db.query(
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes') order by 1`,
    );
    expect(rows.map((row) => row.setting)).toEqual(['on', 'on', 'on']);
  });

  it('listens on a socket that only its owner reaches, and on no network address (P5)', async () => {
    const dataDir = await servers.folder();
    const server = await servers.start(dataDir);
    const db = servers.connect(server);
    expect(await db.query('show listen_addresses')).toEqual([{ listen_addresses: '' }]);
    expect((await stat(server.connection().host)).mode & 0o077).toBe(0);
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o077).toBe(0);
  });

  it('refuses a folder that another server uses, with its pid, and leaves that one alone (P1)', async () => {
    const dataDir = await servers.folder();
    const db = servers.connect(await servers.start(dataDir));
    const second = servers.make(dataDir);
    await expect(second.start()).rejects.toThrow(`in use by process ${process.pid}`);
    await second.stop();
    expect(existsSync(join(dataDir, 'server.lock'))).toBe(true);
    await db.ping();
    const owner = await servers.startOwner(dataDir);
    expect(owner.said.refusal).toContain(`in use by process ${process.pid}. Stop that server`);
  });

  it('takes over the postmaster of a server that was killed (P2)', async () => {
    const dataDir = await servers.folder();
    const owner = await servers.startOwner(dataDir);
    await owner.kill();
    expect(await isAlive(owner.said.postmasterPid!)).toBe(true);
    const server = await servers.start(dataDir);
    expect(server.postmasterPid).toBe(owner.said.postmasterPid);
    await servers.connect(server).ping();
    await server.stop();
    expect(await isAlive(owner.said.postmasterPid!)).toBe(false);
  });

  it('starts over the pid file of a postmaster that is gone, or whose pid somebody else has now (P2)', async () => {
    const dataDir = await servers.folder();
    const first = await servers.start(dataDir);
    const pidFile = join(dataDir, 'postgres/postmaster.pid');
    const text = await readFile(pidFile, 'utf8');
    await first.stop();
    for (const pid of [4_194_300, process.pid]) {
      await writeFile(pidFile, text.replace(/^\d+/, String(pid)));
      const server = await servers.start(dataDir);
      await servers.connect(server).ping();
      await server.stop();
    }
  });

  it('brings a killed postmaster back within 5 s; queries fail fast meanwhile (P3)', async () => {
    const server = await servers.start(await servers.folder());
    const db = servers.connect(server);
    await db.query('create table acknowledged as select 7 as value');
    const pid = server.postmasterPid!;
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    let failures = 0;
    await until(
      async () => {
        const askedAt = Date.now();
        try {
          const rows = await db.query('select value from acknowledged');
          return server.postmasterPid !== pid && rows.length === 1;
        } catch (error) {
          failures++;
          expect(error).toBeInstanceOf(DatabaseUnavailable);
          expect(Date.now() - askedAt).toBeLessThan(2_000);
          return false;
        }
      },
      10_000,
      'the return of the database',
    );
    expect(Date.now() - killedAt).toBeLessThan(5_000);
    expect(failures).toBeGreaterThan(0);
  });

  it('knocks at a Postgres that recovers only once that calls itself ready', async () => {
    const dataDir = await servers.folder();
    const server = await servers.start(dataDir);
    const pid = server.postmasterPid!;
    process.kill(pid, 'SIGKILL');
    const log = join(dataDir, 'postgres.log');
    const isBack = async () =>
      (await readFile(log, 'utf8')).split('ready to accept connections').length === 3;
    await until(isBack, 30_000, 'the return of the database');
    await servers.connect(server).ping();
    expect(await readFile(log, 'utf8')).not.toMatch(/FATAL: .*(starting up|not yet accepting)/);
  });

  it('that is stopped while it brings Postgres back leaves nothing running (P6)', async () => {
    const dataDir = await servers.folder();
    const server = await servers.start(dataDir);
    const killed = server.postmasterPid!;
    process.kill(killed, 'SIGKILL');
    await until(async () => !(await isAlive(killed)), 5_000, 'the end of the postmaster');
    await server.stop();
    const pid = Number(
      (await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '0')).split('\n')[0],
    );
    expect(pid === 0 || !(await isAlive(pid))).toBe(true);
  });

  it('refuses the data of another version with a sentence, and can be asked again', async () => {
    const dataDir = await servers.folder();
    await mkdir(join(dataDir, 'postgres'));
    await writeFile(join(dataDir, 'postgres/PG_VERSION'), '12\n');
    for (let time = 0; time < 2; time++) {
      await expect(servers.make(dataDir).start()).rejects.toThrow(
        /was written by Postgres 12, and .* Start the version/,
      );
    }
  });

  it('works where the path is too long for a socket', async () => {
    const dataDir = await servers.folder('x'.repeat(120));
    const owner = await servers.startOwner(dataDir);
    await owner.kill();
    const server = await servers.start(dataDir);
    expect(server.postmasterPid).toBe(owner.said.postmasterPid);
    await servers.connect(server).ping();
    const socketDir = server.connection().host;
    expect(socketDir.length).toBeLessThan(90);
    await server.stop();
    expect(existsSync(socketDir)).toBe(false);
  });

  it('finishes a first start that was killed halfway', async () => {
    const dataDir = await servers.folder();
    await mkdir(join(dataDir, 'postgres.new/base'), { recursive: true });
    const first = await servers.start(dataDir);
    const db = servers.connect(first);
    const admin = new (await import('./db.ts')).Db({
      ...first.connection(),
      database: 'postgres',
      maxConnections: 1,
    });
    await db.end();
    await admin.query('drop database molecule with (force)');
    await admin.end();
    await first.stop();
    await servers.connect(await servers.start(dataDir)).ping();
  });

  it('says what Postgres said when it does not start', async () => {
    const dataDir = await servers.folder();
    const server = await servers.start(dataDir);
    await server.stop();
    await writeFile(join(dataDir, 'postgres/postgresql.conf'), 'max_wal_senders = rubbish\n');
    const broken = servers.make(dataDir);
    await expect(broken.start()).rejects.toThrow(/did not start in .*\n.*max_wal_senders/s);
    expect(existsSync(join(dataDir, 'server.lock'))).toBe(false);
  });
});
