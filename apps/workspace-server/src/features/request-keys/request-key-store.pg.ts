// Request key store on Postgres. Invariants: do-once.ts.

import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { KeptRequest, RequestKeyStore } from './do-once.ts';
import type { RequestKey } from './request-key.ts';

export class PgRequestKeyStore implements RequestKeyStore<Tx> {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async find({ principal, key }: Pick<RequestKey, 'principal' | 'key'>): Promise<KeptRequest | null> {
    const [row] = await this.#db.query<{ digest: Buffer; answer: unknown }>(
      'select digest, answer from request_keys where principal = $1 and key = $2',
      [principal, key],
    );
    return row ?? null;
  }

  async claimIn(tx: Tx, { principal, key, digest }: RequestKey, answer: unknown): Promise<boolean> {
    const rows = await tx.query(
      `insert into request_keys (principal, key, digest, answer, created_at) values ($1, $2, $3, $4, $5)
       on conflict do nothing returning key`,
      [principal, key, digest, JSON.stringify(answer), new Date(this.#clock.now())],
    );
    return rows.length > 0;
  }

  async prune(olderThan: number, limit: number): Promise<number> {
    const rows = await this.#db.query(
      `delete from request_keys where (principal, key) in
         (select principal, key from request_keys where created_at < $1 order by created_at limit $2)
       returning key`,
      [new Date(olderThan), limit],
    );
    return rows.length;
  }
}
