// Vector store on Postgres, without an extension: vectors are bytes, compared exactly in this process. Invariants:
// vector-store.ts.

import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { Search } from './memory-store.ts';
import { cosine, fromBytes, toBytes, unit } from './vector.ts';
import type { Embedded, Nearest, VectorStore } from './vector-store.ts';

/** One search reads so many vectors at most, newest first: of 384 numbers each they are 15 MB. */
export const SCANNED = 10_000;

export class PgVectorStore implements VectorStore {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #model: string;

  /** `model` tells vectors of one origin and length from all others. */
  constructor(db: Db, clock: Clock, model: string) {
    this.#db = db;
    this.#clock = clock;
    this.#model = model;
  }

  async put(namespace: string, embedded: readonly Embedded[]): Promise<void> {
    await this.#db.query(
      `insert into memory_vectors (seq, model, vector)
       select m.seq, $2, i.vector from unnest($3::text[], $4::text[], $5::bytea[]) as i (id, content, vector)
       join memories m on m.id = i.id and m.content = i.content
       join namespaces n on n.id = m.namespace_id and n.name = $1
       on conflict (seq) do update set model = excluded.model, vector = excluded.vector`,
      [
        namespace,
        this.#model,
        embedded.map(({ id }) => id),
        embedded.map(({ content }) => content),
        embedded.map(({ vector }) => toBytes(unit(vector))),
      ],
    );
  }

  async nearest(search: Omit<Search, 'query'>, vector: readonly number[]): Promise<Nearest[]> {
    const asked = unit(vector);
    const rows = await this.#db.query<{ id: string; vector: Buffer }>(
      `select m.id, v.vector from memory_vectors v join memories m using (seq)
       join namespaces n on n.id = m.namespace_id
       where n.name = any($1) and (n.expires_at is null or n.expires_at > $2)
         and (m.expires_at is null or m.expires_at > $2) and ($3::text[] is null or m.kind = any($3))
         and ($4::jsonb is null or m.propagation::jsonb @> $4) and v.model = $5
       order by m.seq desc limit ${SCANNED}`,
      [
        search.namespaces,
        new Date(this.#clock.now()),
        search.kinds === null || search.kinds.length === 0 ? null : search.kinds,
        search.propagation === null ? null : JSON.stringify(search.propagation),
        this.#model,
      ],
    );
    return rows
      .map((row) => ({ id: row.id, score: Math.min(1, cosine(asked, fromBytes(row.vector))) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, search.limit);
  }

  async missing(limit: number): Promise<{ namespace: string; id: string; content: string }[]> {
    return this.#db.query(
      `select n.name as namespace, m.id, m.content from memories m join namespaces n on n.id = m.namespace_id
       left join memory_vectors v on v.seq = m.seq and v.model = $1
       where v.seq is null and n.name is not null and (m.expires_at is null or m.expires_at > $2)
       order by m.seq desc limit $3`,
      [this.#model, new Date(this.#clock.now()), limit],
    );
  }
}
