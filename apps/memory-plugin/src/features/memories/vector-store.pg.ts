// Vector store on Postgres, without an extension: vectors are bytes, compared exactly in this process. Invariants:
// vector-store.ts.

import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { Search } from './memory-store.ts';
import { cosine, fromBytes, toBytes, unit } from './vector.ts';
import type { Embedded, Nearest, Unembedded, VectorIndex, VectorStore } from './vector-store.ts';

/** One search reads so many vectors at most, newest first, and no longer than SCAN_MS. */
export const SCANNED = 100_000;
const SCAN_MS = 1_200;
const PAGE = 5_000;

export class PgVectorStore implements VectorStore {
  readonly index: VectorIndex = 'exact';
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

  /** Page by page, so that no search holds more than PAGE vectors nor keeps others waiting. */
  async nearest(search: Omit<Search, 'query'>, vector: readonly number[]): Promise<Nearest[]> {
    const asked = unit(vector);
    const endAt = this.#clock.now() + SCAN_MS;
    let best: Nearest[] = [];
    let before = Number.MAX_SAFE_INTEGER;
    for (let scanned = 0; scanned < SCANNED && this.#clock.now() < endAt; scanned += PAGE) {
      const rows = await this.#page(search, before);
      const near = rows
        .map((row) => ({ id: row.id, score: Math.min(1, cosine(asked, fromBytes(row.vector))) }))
        .filter(({ score }) => score > 0);
      best = [...best, ...near].sort((a, b) => b.score - a.score).slice(0, search.limit);
      if (rows.length < PAGE) break;
      before = rows.at(-1)?.seq ?? 0;
    }
    return best;
  }

  #page(search: Omit<Search, 'query'>, before: number) {
    return this.#db.query<{ seq: number; id: string; vector: Buffer }>(
      `select m.seq, m.id, v.vector from memory_vectors v join memories m using (seq)
       join namespaces n on n.id = m.namespace_id
       where m.seq < $6 and n.name = any($1) and (n.expires_at is null or n.expires_at > $2)
         and (m.expires_at is null or m.expires_at > $2) and ($3::text[] is null or m.kind = any($3))
         and ($4::jsonb is null or m.propagation::jsonb @> $4) and v.model = $5
       order by m.seq desc limit ${PAGE}`,
      [
        search.namespaces,
        new Date(this.#clock.now()),
        search.kinds === null || search.kinds.length === 0 ? null : search.kinds,
        search.propagation === null ? null : JSON.stringify(search.propagation),
        this.#model,
        before,
      ],
    );
  }

  async missing(limit: number): Promise<Unembedded[]> {
    return this.#db.query(
      `select n.name as namespace, m.id, m.content from memories m join namespaces n on n.id = m.namespace_id
       left join memory_vectors v on v.seq = m.seq and v.model = $1
       left join memory_vector_refusals r on r.seq = m.seq and r.model = $1
       where v.seq is null and r.seq is null and n.name is not null and (m.expires_at is null or m.expires_at > $2)
       order by m.seq desc limit $3`,
      [this.#model, new Date(this.#clock.now()), limit],
    );
  }

  async refuse(memories: readonly Unembedded[]): Promise<void> {
    await this.#db.query(
      `insert into memory_vector_refusals (seq, model, refused_at)
       select m.seq, $1, $2 from unnest($3::text[], $4::text[]) as i (id, content)
       join memories m on m.id = i.id and m.content = i.content
       on conflict (seq) do update set model = excluded.model, refused_at = excluded.refused_at`,
      [
        this.#model,
        new Date(this.#clock.now()),
        memories.map(({ id }) => id),
        memories.map(({ content }) => content),
      ],
    );
  }

  async refused(): Promise<number> {
    const [row] = await this.#db.query<{ count: number }>(
      'select count(*)::int as count from memory_vector_refusals where model = $1',
      [this.#model],
    );
    return row?.count ?? 0;
  }
}
