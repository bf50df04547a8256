// Db: B1 to B4 against both kinds of Postgres.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { databaseFlavours, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Db, type Tx } from './db.ts';
import { DatabaseFull, DatabaseUnavailable } from './errors.ts';

async function pidOf(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
  return row?.pid ?? 0;
}

describe.each(databaseFlavours())('db (%s)', (flavour) => {
  let database: TestDatabase;
  let db: Db;

  beforeAll(async () => {
    database = await testDatabase({ flavour, maxConnections: 4 });
    db = database.db;
    await db.query('create table counters (id integer primary key, value bigint not null default 0)');
  });
  afterAll(() => database.stop());

  async function counterOf(id: number): Promise<number | undefined> {
    return (await db.query<{ value: number }>('select value from counters where id = $1', [id]))[0]?.value;
  }

  it('reads int8 as number, times as epoch milliseconds, dates as text (B3)', async () => {
    const [row] = await db.query(
      `select 9007199254740991::int8 as whole, count(*) as counted, array[1, null, 2]::int8[] as wholes,
         '2026-03-29 03:30:00.123456+02'::timestamptz as at, 'infinity'::timestamptz as never, null::timestamptz as none,
         array['1970-01-01 00:00:01Z', null]::timestamptz[] as ats, '0044-03-15 12:00:00 BC'::timestamptz as long_ago,
         '2026-02-28'::date as day, '2026-02-28 10:00'::timestamp as wall from (values (1), (2)) as t`,
    );
    expect(row).toEqual({
      whole: Number.MAX_SAFE_INTEGER,
      counted: 2,
      wholes: [1, null, 2],
      at: Date.parse('2026-03-29T01:30:00.123Z'),
      never: Number.POSITIVE_INFINITY,
      none: null,
      ats: [1_000, null],
      long_ago: Date.parse('-000043-03-15T12:00:00Z'),
      day: '2026-02-28',
      wall: '2026-02-28 10:00:00',
    });
  });

  it('refuses an int8 that a number cannot hold, and stays usable (B3)', async () => {
    await expect(db.query('select 9007199254740993::int8 as n')).rejects.toThrow('beyond the safe range');
    expect(await db.query('select 1 as n')).toEqual([{ n: 1 }]);
  });

  it('keeps nothing of a transaction that fails, and passes the error on as it is', async () => {
    const mine = new Error('mine');
    const failing = db.tx(async (tx) => {
      await tx.query('insert into counters (id) values (1)');
      throw mine;
    });
    await expect(failing).rejects.toBe(mine);
    expect(await counterOf(1)).toBeUndefined();
  });

  it('repeats transactions that Postgres could not serialise, until all are in (B2)', async () => {
    await db.query('insert into counters (id) values (2)');
    let runs = 0;
    const increment = () =>
      db.tx(
        async (tx) => {
          runs++;
          const [row] = await tx.query<{ value: number }>('select value from counters where id = 2');
          await tx.query('update counters set value = $1 where id = 2', [(row?.value ?? 0) + 1]);
        },
        { isolation: 'serializable' },
      );
    const results = await Promise.allSettled(Array.from({ length: 8 }, increment));
    const landed = results.filter((result) => result.status === 'fulfilled').length;
    expect(landed).toBeGreaterThan(0);
    expect(await counterOf(2)).toBe(landed);
    expect(runs).toBeGreaterThan(landed);
  });

  it('gives up a transaction that never serialises, after five tries (B2)', async () => {
    let tries = 0;
    const hopeless = db.tx(async (tx) => {
      tries++;
      await tx.query(`do $$ begin raise exception 'again' using errcode = '40001'; end $$`);
    });
    await expect(hopeless).rejects.toMatchObject({ code: '40001' });
    expect(tries).toBe(5);
  });

  it('repeats the victim of a deadlock (B2)', async () => {
    await db.query('insert into counters (id) values (3), (4)');
    let waiting = 0;
    let go = () => {};
    const bothHold = new Promise<void>((resolve) => {
      go = resolve;
    });
    const lockBoth = (first: number, second: number) =>
      db.tx(async (tx) => {
        await tx.query('update counters set value = value + 1 where id = $1', [first]);
        if (++waiting === 2) go();
        await bothHold;
        await tx.query('update counters set value = value + 1 where id = $1', [second]);
      });
    await Promise.all([lockBoth(3, 4), lockBoth(4, 3)]);
    expect([await counterOf(3), await counterOf(4)]).toEqual([2, 2]);
    expect(waiting).toBe(3);
  });

  it('says that the database is unavailable when no connection is free in time (B1)', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const holders = Array.from({ length: 4 }, () => db.tx(() => held));
    const startedAt = performance.now();
    await expect(db.query('select 1')).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    release();
    await Promise.all(holders);
    await db.ping();
  });

  it('does not repeat a transaction whose connection is lost, and replaces the connection (B2, B4)', async () => {
    let runs = 0;
    const lost = db.tx(async (tx) => {
      runs++;
      await tx.query('insert into counters (id) values (5)');
      const pid = await pidOf(tx);
      await db.query('select pg_terminate_backend($1)', [pid]);
      await tx.query('select 1');
    });
    await expect(lost).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(runs).toBe(1);
    expect(await counterOf(5)).toBeUndefined();
    await Promise.all([1, 2, 3, 4].map(() => db.ping()));
  });

  it('survives the loss of idle connections', async () => {
    const lost: Error[] = [];
    const other = new Db({
      connectionString: database.url,
      maxConnections: 1,
      onIdleError: (error) => lost.push(error),
    });
    try {
      const pid = await pidOf(other);
      await db.query('select pg_terminate_backend($1)', [pid]);
      await expect.poll(() => lost.length).toBeGreaterThan(0);
      expect(await pidOf(other)).not.toBe(pid);
    } finally {
      await other.end();
    }
  });

  it('takes a statement that ran out of time for a database that is busy (B1)', async () => {
    const slow = db.withConnection((connection) => connection.query('select pg_sleep(60)'), {
      statementMs: 50,
    });
    await expect(slow).rejects.toBeInstanceOf(DatabaseUnavailable);
  });

  it('closes a connection of one’s own afterwards, with its locks', async () => {
    const pid = await db.withConnection(async (connection) => {
      await connection.query('select pg_advisory_lock(42)');
      return pidOf(connection);
    });
    await expect.poll(() => db.query('select 1 from pg_stat_activity where pid = $1', [pid])).toEqual([]);
    expect(await db.query('select pg_try_advisory_lock(42) as ok')).toEqual([{ ok: true }]);
  });

  it('tells a full disk from other errors', async () => {
    const full = db.query(`do $$ begin raise exception 'no space' using errcode = '53100'; end $$`);
    await expect(full).rejects.toBeInstanceOf(DatabaseFull);
    await expect(db.query('select nonsense')).rejects.toMatchObject({ code: '42703' });
  });

  it('ends once, however often it is asked', async () => {
    const other = new Db({ connectionString: database.url, maxConnections: 1 });
    await other.ping();
    await Promise.all([other.end(), other.end()]);
    await expect(other.query('select 1')).rejects.toBeInstanceOf(DatabaseUnavailable);
  });
});

/** What a server says to a client that it knows, and what it says when it ends (protocol 3.0). */
const SIGNED_IN = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
const FATAL = fatal('SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0');

function fatal(fields: string): Buffer {
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(4 + fields.length, 1);
  return Buffer.concat([head, Buffer.from(fields)]);
}

describe('db without a database', () => {
  const sockets: Socket[] = [];
  let silent: Server | null = null;

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => (silent ? silent.close(resolve) : resolve(null)));
  });

  it('says so at once where nothing listens', async () => {
    const db = new Db({ host: '/nonexistent-folder', user: 'nobody', database: 'nothing' });
    await expect(db.query('select 1')).rejects.toBeInstanceOf(DatabaseUnavailable);
    await db.end();
  });

  it('survives a connection that ends in the breath in which it is made (B4)', async () => {
    const heard: unknown[] = [];
    const note = (error: unknown) => heard.push(error);
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(Buffer.concat([SIGNED_IN, FATAL])));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const db = new Db({ host: '127.0.0.1', port, user: 'u', database: 'd' });
    process.on('uncaughtException', note);
    try {
      await expect(db.query('select 1')).rejects.toThrow(DatabaseUnavailable);
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      process.off('uncaughtException', note);
      await db.end();
      server.close();
    }
    expect(heard).toEqual([]);
  });

  it('says so in time where somebody listens and never answers (B1)', async () => {
    silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent?.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const db = new Db({ host: '127.0.0.1', port, user: 'nobody', database: 'nothing' });
    const startedAt = performance.now();
    await expect(db.query('select 1')).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await db.end();
  });
});
