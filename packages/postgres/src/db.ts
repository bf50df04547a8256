// Db: a bounded pool of connections, queries and transactions.
//
//   B1. Waiting for a connection ends after ACQUIRE_MS with DatabaseUnavailable, and so does waiting behind MAX_WAITING
//       others. No query outlives STATEMENT_MS at the server, nor ANSWER_MS here. While the server says nothing at all,
//       nobody waits for it (answer-watch.ts).
//   B2. A transaction that Postgres could not serialise is repeated, MAX_TRIES times in all. One whose connection was
//       lost is not: it may have been committed.
//   B3. int8 is read as number (it throws beyond the safe range), timestamptz as epoch milliseconds, date and timestamp
//       as the text that they are.
//   B4. A connection of unknown state (lost, unanswered, not rolled back) never goes back to the pool.

import { systemClock, withDeadline } from '@molecule/kit';
import pg from 'pg';
import { AnswerWatch, type Wait, type WatchListener } from './answer-watch.ts';
import { columnTypes } from './column-types.ts';
import { DatabaseUnavailable, isRetryable, toDatabaseError } from './errors.ts';

const ACQUIRE_MS = 1_500;
const STATEMENT_MS = 30_000;
const ANSWER_MS = 35_000;
const END_MS = 5_000;
const MAX_WAITING = 2_000;
const MAX_TRIES = 5;
const MAX_PREPARED = 1_000;

export interface Tx {
  query<T = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<T[]>;
}

export interface ConnectionOptions {
  connectionString?: string;
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
  maxConnections?: number;
  onIdleError?: (error: Error) => void;
}

/** A connection in use, and what is wrong with it (B4). */
interface Lease {
  client: pg.PoolClient;
  broken: Error | undefined;
  answerMs: number;
}

export class Db implements Tx {
  readonly #pool: pg.Pool;
  readonly #names = new Map<string, string>();
  readonly #watch: AnswerWatch;
  #ending: Promise<void> | null = null;

  constructor(options: ConnectionOptions) {
    const { maxConnections, onIdleError, ...connection } = options;
    this.#pool = new pg.Pool({
      ...connection,
      max: maxConnections ?? 20,
      connectionTimeoutMillis: ACQUIRE_MS,
      idleTimeoutMillis: 60_000,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: STATEMENT_MS,
      keepAlive: true,
      types: columnTypes,
      application_name: 'molecule',
    });
    this.#watch = new AnswerWatch({ ...connection, application_name: 'molecule-probe' });
    // A server that ends may say so in the very bytes that make a connection, before anybody could listen to it. Whoever
    // asks over it is told; without a listener it would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    // A lost idle connection is no failure of anybody's query; without a listener it would end the process.
    this.#pool.on('error', (error) => {
      if (!this.#ending) onIdleError?.(error);
    });
  }

  async query<T = Record<string, unknown>>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return this.#lease((lease) => this.#run<T>(lease, sql, params));
  }

  /** Commits what `work` did, or nothing of it. `work` may run more than once (B2): it must have no other effects. */
  async tx<T>(work: (tx: Tx) => Promise<T>, options: { isolation?: 'serializable' } = {}): Promise<T> {
    const begin = options.isolation ? 'begin isolation level serializable' : 'begin';
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#lease((lease) => this.#attempt(lease, begin, work));
      } catch (error) {
        if (!isRetryable(error) || attempt >= MAX_TRIES) throw error;
        await systemClock.sleep(Math.random() * 20 * attempt);
      }
    }
  }

  /** A connection of its own, for what lasts beyond a transaction. It is closed afterwards, with its locks and settings. */
  async withConnection<T>(work: (tx: Tx) => Promise<T>, options: { statementMs?: number } = {}): Promise<T> {
    const { statementMs = STATEMENT_MS } = options;
    return this.#withClient(async (lease) => {
      lease.broken = new Error('used for more than queries');
      lease.answerMs = statementMs + (ANSWER_MS - STATEMENT_MS);
      await lease.client.query(`set statement_timeout = ${Math.round(statementMs)}`);
      return work(this.#txOf(lease));
    });
  }

  /** Told when the database falls silent, and when it is back after anything failed for lack of it. */
  listen(listener: WatchListener): void {
    this.#watch.listen(listener);
  }

  async ping(): Promise<void> {
    await this.query('select 1');
  }

  /** Waits for queries under way, but not for ever; the rest ends with the process. */
  async end(): Promise<void> {
    this.#watch.stop();
    this.#ending ??= withDeadline(this.#pool.end(), END_MS, 'the end of the database connections');
    await this.#ending;
  }

  /** `work` with a connection of the pool, for as long as the database answers at all. */
  async #lease<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    let lost: DatabaseUnavailable | null = null;
    let giveUp = (reason: DatabaseUnavailable) => {
      lost = reason;
    };
    const wait: Wait = { giveUp: (reason) => giveUp(reason) };
    this.#watch.begin(wait);
    try {
      const result = await this.#withClient(
        (lease) =>
          new Promise<T>((resolve, reject) => {
            giveUp = reject;
            if (lost) reject(lost);
            else work(lease).then(resolve, reject);
          }),
      );
      this.#watch.noteAnswer();
      return result;
    } finally {
      this.#watch.end(wait);
    }
  }

  /** Errors come out as the ones that callers are told about. */
  async #withClient<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    const lease: Lease = { client: await this.#acquire(), broken: undefined, answerMs: ANSWER_MS };
    const onError = (error: Error) => {
      lease.broken = error;
    };
    lease.client.on('error', onError);
    try {
      return await work(lease);
    } catch (error) {
      const translated = toDatabaseError(error);
      if (translated instanceof DatabaseUnavailable) {
        lease.broken = translated;
        this.#watch.noteFailure();
      }
      throw translated;
    } finally {
      lease.client.off('error', onError);
      lease.client.release(lease.broken);
    }
  }

  async #acquire(): Promise<pg.PoolClient> {
    if (this.#pool.waitingCount >= MAX_WAITING) {
      throw new DatabaseUnavailable(new Error(`${MAX_WAITING} wait for a connection already`));
    }
    try {
      return await this.#pool.connect();
    } catch (error) {
      this.#watch.noteFailure();
      const translated = toDatabaseError(error);
      throw translated === error ? new DatabaseUnavailable(error) : translated;
    }
  }

  async #attempt<T>(lease: Lease, begin: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    await this.#run(lease, begin, []);
    try {
      const result = await work(this.#txOf(lease));
      await this.#run(lease, 'commit', []);
      return result;
    } catch (error) {
      await this.#rollBack(lease, error);
      throw error;
    }
  }

  async #rollBack(lease: Lease, reason: unknown): Promise<void> {
    const isLost = lease.broken !== undefined || toDatabaseError(reason) instanceof DatabaseUnavailable;
    if (isLost) {
      // The transaction ends with its connection.
      lease.broken ??= reason as Error;
      return;
    }
    try {
      await this.#run(lease, 'rollback', []);
    } catch (error) {
      lease.broken = error as Error;
    }
  }

  #txOf(lease: Lease): Tx {
    return { query: (sql, params) => this.#run(lease, sql, params ?? []) };
  }

  /** Every statement with parameters is prepared once a connection, by a name that stands for its text. */
  async #run<T>(lease: Lease, sql: string, params: readonly unknown[]): Promise<T[]> {
    if (lease.broken instanceof DatabaseUnavailable) throw lease.broken;
    // `query_timeout` is read by the driver, though its types do not know it.
    const query: pg.QueryConfig & { query_timeout: number } = { text: sql, query_timeout: lease.answerMs };
    if (params.length > 0) {
      query.name = this.#nameOf(sql);
      query.values = params as unknown[];
    }
    return (await lease.client.query(query)).rows as T[];
  }

  #nameOf(sql: string): string | undefined {
    const known = this.#names.get(sql);
    if (known) return known;
    if (this.#names.size >= MAX_PREPARED) return undefined;
    const name = `q${this.#names.size}`;
    this.#names.set(sql, name);
    return name;
  }
}
