// Token use on Postgres: one statement for each kind of token.

import type { Db } from '@molecule/postgres';
import type { TokenUseStore } from './token-use.ts';

const touch = (table: string) =>
  `update ${table} t set last_used_at = u.used_at
   from unnest($1::uuid[], $2::timestamptz[]) as u (id, used_at)
   where t.id = u.id and (t.last_used_at is null or t.last_used_at < u.used_at)`;

export class PgTokenUseStore implements TokenUseStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async touch(uses: readonly { tokenId: string; usedAt: number }[]): Promise<void> {
    const values = [uses.map(({ tokenId }) => tokenId), uses.map(({ usedAt }) => new Date(usedAt))];
    await this.#db.query(touch('workspace_tokens'), values);
    await this.#db.query(touch('org_tokens'), values);
  }
}
