// Db: a bounded pool of connections, queries and transactions.
//
//   B1. Waiting for a connection ends after ACQUIRE_MS with DatabaseUnavailable; no query outlives STATEMENT_MS.
//   B2. A transaction that Postgres could not serialise is repeated, at most MAX_TRIES times.
//   B3. int8 is read as number (it throws beyond the safe range), timestamptz as epoch milliseconds.

import pg from 'pg';
import { DatabaseUnavailable, isRetryable, toDatabaseError } from './errors.ts';

const ACQUIRE_MS = 1_500;
const STATEMENT_MS = 30_000;
const MAX_TRIES = 5;
const INT8 = 20;
const TIMESTAMPTZ = 1184;

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

const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8) return parseSafeInteger;
    if (oid === TIMESTAMPTZ) return (text: string) => Date.parse(text);
    return pg.types.getTypeParser(oid, format as 'text');
  },
};

function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`int8 value ${text} is beyond the safe range`);
  return value;
}

export class Db implements Tx {
  readonly #pool: pg.Pool;
  readonly #names = new Map<string, string>();
  #isEnding = false;

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
      types: types as unknown as pg.CustomTypesConfig,
      application_name: 'molecule',
    });
    // A lost idle connection is no failure of anybody's query; without a listener it would end the process.
    this.#pool.on('error', (error) => {
      if (!this.#isEnding) onIdleError?.(error);
    });
  }

  async query<T = Record<string, unknown>>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    const client = await this.#acquire();
    return this.#using(client, () => this.#run<T>(client, sql, params));
  }

  /** Commits what `work` did, or nothing of it. `work` may run more than once (B2): it must have no other effects. */
  async tx<T>(work: (tx: Tx) => Promise<T>, options: { isolation?: 'serializable' } = {}): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(work, options.isolation);
      } catch (error) {
        if (!isRetryable(error) || attempt >= MAX_TRIES) throw toDatabaseError(error);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
      }
    }
  }

  /** A connection of its own, for locks that last beyond a transaction. */
  async withConnection<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#acquire();
    return this.#using(client, () => work({ query: (sql, params) => this.#run(client, sql, params ?? []) }));
  }

  async ping(): Promise<void> {
    await this.query('select 1');
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#pool.end();
  }

  async #acquire(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      const translated = toDatabaseError(error);
      throw translated === error ? new DatabaseUnavailable(error) : translated;
    }
  }

  async #using<T>(client: pg.PoolClient, work: () => Promise<T>): Promise<T> {
    let broken: Error | undefined;
    const onError = (error: Error) => {
      broken = error;
    };
    client.on('error', onError);
    try {
      return await work();
    } catch (error) {
      const translated = toDatabaseError(error);
      if (translated instanceof DatabaseUnavailable) broken = translated;
      throw translated;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  async #attempt<T>(work: (tx: Tx) => Promise<T>, isolation: 'serializable' | undefined): Promise<T> {
    const client = await this.#acquire();
    return this.#using(client, async () => {
      await client.query(isolation ? 'begin isolation level serializable' : 'begin');
      try {
        const result = await work({ query: (sql, params) => this.#run(client, sql, params ?? []) });
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch(() => {
          // The connection is gone, and the transaction with it; the first error tells why.
        });
        throw error;
      }
    });
  }

  /** Every statement with parameters is prepared once a connection, by a name that stands for its text. */
  async #run<T>(client: pg.PoolClient, sql: string, params: readonly unknown[]): Promise<T[]> {
    if (params.length === 0) return (await client.query(sql)).rows as T[];
    const result = await client.query({ name: this.#nameOf(sql), text: sql, values: params as unknown[] });
    return result.rows as T[];
  }

  #nameOf(sql: string): string | undefined {
    const known = this.#names.get(sql);
    if (known) return known;
    if (this.#names.size >= 1_000) return undefined;
    const name = `q${this.#names.size}`;
    this.#names.set(sql, name);
    return name;
  }
}
