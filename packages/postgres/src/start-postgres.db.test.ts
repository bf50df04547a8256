// Starting: a remote server by its URL or an embedded one; callers cannot tell which, operators get a sentence.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, Secret } from '@molecule/kit';
import { databaseFlavours, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresStartFailure } from './errors.ts';
import { type RunningPostgres, startPostgres } from './start-postgres.ts';

const PASSWORD = 'hunter2';
const urlTo = (hostAndPort: string) => `postgres://me:${PASSWORD}@${hostAndPort}/db`;
const log = createLog({ level: 'silent' });
const remote = (url: string) => startPostgres({ dataDir: '/nowhere', databaseUrl: Secret.of(url), log });

async function failureOf(starting: Promise<RunningPostgres>): Promise<Error> {
  const failure = await starting.then(
    () => null,
    (error: Error) => error,
  );
  expect(failure).toBeInstanceOf(PostgresStartFailure);
  return failure!;
}

describe.each(databaseFlavours())('a remote Postgres (%s)', (flavour) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ flavour });
  });
  afterAll(() => database.stop());

  it('is used by its URL, and its pool ends with the stop', async () => {
    const running = await remote(database.url);
    expect(running.kind).toBe('remote');
    expect(await running.db.query('select 1 as one')).toEqual([{ one: 1 }]);
    await running.stop();
    const left = await database.db.query<{ count: number }>(
      'select count(*) as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    expect(left[0]?.count).toBe(0);
  });

  it('of which the database is missing is told by a sentence', async () => {
    const failure = await failureOf(remote(database.url.replace(/t_[0-9a-f]+/, 'not_there')));
    expect(failure.message).toMatch(/DATABASE_URL does not answer \(.*"not_there" does not exist\)/);
  });
});

describe('a URL that leads nowhere', () => {
  let silent: Server;
  let silentPort: number;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    silentPort = (silent.address() as { port: number }).port;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it.each<[string, () => string]>([
    ['a closed port', () => urlTo('127.0.0.1:1')],
    ['a host that does not exist', () => urlTo('host.invalid')],
    ['something that accepts and says nothing', () => urlTo(`127.0.0.1:${silentPort}`)],
    ['a text that is no URL', () => `me:${PASSWORD}@[db`],
    ['a port that is none', () => urlTo('127.0.0.1:99999')],
  ])('to %s fails in time with a sentence that shows no password', async (_name, url) => {
    const startedAt = Date.now();
    const failure = await failureOf(remote(url()));
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    expect(failure.message).toMatch(
      /^the Postgres at DATABASE_URL does not answer \(.+\)\. Check the address/,
    );
    expect(failure.message).not.toContain(PASSWORD);
  });
});

describe('without a URL', () => {
  it('an embedded Postgres starts, and stops although a connection is in use', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'molecule-pg-'));
    const running = await startPostgres({ dataDir, databaseUrl: null, log });
    try {
      expect(running.kind).toBe('embedded');
      const cut = running.db.query('select pg_sleep(25)').then(
        () => 'slept',
        (error: Error) => error.name,
      );
      await running.db.ping();
      await running.stop();
      expect(await cut).toBe('DatabaseUnavailable');
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
