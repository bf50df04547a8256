// Session locks: who works on an organisation, as advisory locks of one connection that all of this process share.
//
//   S1. The locks end with the connection, and the connection with the process: what a killed one held is free at once.
//   S2. However many organisations are held, they take one connection of the pool; without any it goes back.
//   S3. A lost connection is opened anew by the next who asks. Whoever worked meanwhile finds the database away itself.

import { createHash } from 'node:crypto';
import type { Db, Tx } from '@molecule/postgres';

const LOCK_LIMIT_MS = 10_000;

interface Session {
  connection: Tx;
  close(): void;
  users: number;
  /** Nobody enters it any more. */
  isOver: boolean;
  /** The question under way: a connection takes one at a time. */
  last: Promise<unknown>;
}

export class SessionLocks {
  readonly #db: Db;
  readonly #held = new Set<string>();
  #session: Promise<Session> | null = null;

  constructor(db: Db) {
    this.#db = db;
  }

  /** False when anybody holds `name`, this process included; else runs `work` alone. */
  async hold(name: string, work: () => Promise<void>): Promise<boolean> {
    if (this.#held.has(name)) return false;
    this.#held.add(name);
    try {
      return await this.#holdHere(keyOf(name), work);
    } finally {
      this.#held.delete(name);
    }
  }

  async #holdHere(key: string, work: () => Promise<void>): Promise<boolean> {
    const session = await this.#enter();
    try {
      const [row] = await this.#ask<{ held: boolean }>(
        session,
        'select pg_try_advisory_lock($1) as held',
        key,
      );
      if (row?.held !== true) return false;
      try {
        await work();
      } finally {
        await this.#ask(session, 'select pg_advisory_unlock($1)', key);
      }
      return true;
    } finally {
      this.#leave(session);
    }
  }

  async #ask<T>(session: Session, sql: string, key: string): Promise<T[]> {
    const ask = () => session.connection.query<T>(sql, [key]);
    const answer = session.last.then(ask, ask);
    session.last = answer;
    try {
      return await answer;
    } catch (error) {
      // S3.
      session.isOver = true;
      throw error;
    }
  }

  async #enter(): Promise<Session> {
    for (;;) {
      this.#session ??= this.#open();
      const opening = this.#session;
      try {
        const session = await opening;
        if (!session.isOver) {
          session.users++;
          return session;
        }
      } catch (error) {
        if (this.#session === opening) this.#session = null;
        throw error;
      }
      if (this.#session === opening) this.#session = null;
    }
  }

  /** S2. */
  #leave(session: Session): void {
    session.users--;
    if (session.users > 0) return;
    session.isOver = true;
    session.close();
  }

  #open(): Promise<Session> {
    return new Promise((resolve, reject) => {
      this.#db
        .withConnection(
          (connection) =>
            new Promise<void>((close) => {
              resolve({ connection, close, users: 0, isOver: false, last: Promise.resolve() });
            }),
          { statementMs: LOCK_LIMIT_MS },
        )
        .catch(reject);
    });
  }
}

function keyOf(name: string): string {
  return createHash('sha256').update(name).digest().readBigInt64BE(0).toString();
}
