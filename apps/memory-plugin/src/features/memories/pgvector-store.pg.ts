// Vector store on Postgres with pgvector, where the server has it: the same vectors, once more as a column that the database
// compares and indexes (HNSW, up to 2000 numbers). Invariants: vector-store.ts, and:
//
//   P1. The bytes of memory_vectors are the truth; what the index lacks is filled in by a loop, and until it is whole searches
//       compare the bytes.
//   P2. The index is asked for the nearest of all, and its answer counts only when enough of it may be seen; else the rows that
//       may be seen are compared exactly.

import type { Clock, Log } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { Search } from './memory-store.ts';
import { fromBytes, toBytes, unit } from './vector.ts';
import type { Embedded, Nearest, Unembedded, VectorIndex, VectorStore } from './vector-store.ts';

const HNSW_DIMENSIONS_MAX = 2_000;
/** Of the nearest of all, so many are looked at. */
const INDEX_DEPTH = 400;
const FILL_BATCH = 500;

/** Null where the server has no pgvector, or does not let this role have it. */
export async function openPgvector(
  db: Db,
  clock: Clock,
  model: string,
  dimensions: number,
  bytes: VectorStore,
  log: Log,
): Promise<PgvectorStore | null> {
  const [known] = await db.query<{ version: string | null }>(
    `select installed_version as version from pg_available_extensions where name = 'vector'`,
  );
  if (!known) return null;
  try {
    if (known.version === null) await db.query('create extension if not exists vector');
    const table = `memory_embeddings_${dimensions}`;
    await db.query(
      `create table if not exists ${table} (
         seq bigint primary key references memory_vectors (seq) on delete cascade,
         model text not null, embedding vector(${dimensions}) not null)`,
    );
    if (dimensions <= HNSW_DIMENSIONS_MAX)
      await db.query(
        `create index if not exists ${table}_nearest on ${table} using hnsw (embedding vector_cosine_ops)`,
      );
    return new PgvectorStore(db, clock, { model, dimensions, table, bytes });
  } catch (error) {
    log.warn({ err: error }, 'pgvector is there and cannot be used; vectors are compared without it');
    return null;
  }
}

export class PgvectorStore implements VectorStore {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #model: string;
  readonly #dimensions: number;
  readonly #table: string;
  readonly #bytes: VectorStore;
  #isWhole = false;

  constructor(
    db: Db,
    clock: Clock,
    {
      model,
      dimensions,
      table,
      bytes,
    }: { model: string; dimensions: number; table: string; bytes: VectorStore },
  ) {
    this.#db = db;
    this.#clock = clock;
    this.#model = model;
    this.#dimensions = dimensions;
    this.#table = table;
    this.#bytes = bytes;
  }

  get index(): VectorIndex {
    if (!this.#isWhole) return 'exact';
    return this.#dimensions <= HNSW_DIMENSIONS_MAX ? 'hnsw' : 'pgvector';
  }

  async put(namespace: string, embedded: readonly Embedded[]): Promise<void> {
    const vectors = embedded.map(({ vector }) => unit(vector));
    await this.#db.query(
      `with i as (select * from unnest($3::text[], $4::text[], $5::bytea[], $6::text[]) as i (id, content, bytes, text)),
       kept as (
         insert into memory_vectors (seq, model, vector)
         select m.seq, $2, i.bytes from i join memories m on m.id = i.id and m.content = i.content
         join namespaces n on n.id = m.namespace_id and n.name = $1
         on conflict (seq) do update set model = excluded.model, vector = excluded.vector returning seq)
       insert into ${this.#table} (seq, model, embedding)
       select kept.seq, $2, i.text::vector from kept join memories m using (seq) join i on i.id = m.id
       on conflict (seq) do update set model = excluded.model, embedding = excluded.embedding`,
      [
        namespace,
        this.#model,
        embedded.map(({ id }) => id),
        embedded.map(({ content }) => content),
        vectors.map(toBytes),
        vectors.map(textOf),
      ],
    );
  }

  async nearest(search: Omit<Search, 'query'>, vector: readonly number[]): Promise<Nearest[]> {
    if (!this.#isWhole) return this.#bytes.nearest(search, vector);
    const params = [
      search.namespaces,
      new Date(this.#clock.now()),
      search.kinds === null || search.kinds.length === 0 ? null : search.kinds,
      search.propagation === null ? null : JSON.stringify(search.propagation),
      this.#model,
      textOf(unit(vector)),
      search.limit,
    ];
    const isIndexed = this.index === 'hnsw' && search.limit < INDEX_DEPTH;
    if (isIndexed) {
      const found = await this.#db.tx(async (tx) => {
        await tx.query(`set local hnsw.ef_search = ${INDEX_DEPTH}`);
        return tx.query<Nearest>(nearestByIndex(this.#table), params);
      });
      if (found.length >= search.limit) return found.filter(({ score }) => score > 0);
    }
    const found = await this.#db.query<Nearest>(nearestOfVisible(this.#table), params);
    return found.filter(({ score }) => score > 0);
  }

  missing(limit: number): Promise<Unembedded[]> {
    return this.#bytes.missing(limit);
  }

  refuse(memories: readonly Unembedded[]): Promise<void> {
    return this.#bytes.refuse(memories);
  }

  refused(): Promise<number> {
    return this.#bytes.refused();
  }

  /** P1: run by a loop until it resolves with 0. */
  async fillIndex(): Promise<number> {
    if (this.#isWhole) return 0;
    const rows = await this.#db.query<{ seq: number; vector: Buffer }>(
      `select v.seq, v.vector from memory_vectors v left join ${this.#table} e on e.seq = v.seq and e.model = v.model
       where v.model = $1 and e.seq is null order by v.seq desc limit ${FILL_BATCH}`,
      [this.#model],
    );
    if (rows.length === 0) {
      this.#isWhole = true;
      return 0;
    }
    await this.#db.query(
      `insert into ${this.#table} (seq, model, embedding)
       select v.seq, $1, i.text::vector from unnest($2::bigint[], $3::text[]) as i (seq, text)
       join memory_vectors v on v.seq = i.seq and v.model = $1
       on conflict (seq) do update set model = excluded.model, embedding = excluded.embedding`,
      [this.#model, rows.map(({ seq }) => seq), rows.map(({ vector }) => textOf(fromBytes(vector)))],
    );
    return rows.length;
  }
}

const VISIBLE = `n.name = any($1) and (n.expires_at is null or n.expires_at > $2)
  and (m.expires_at is null or m.expires_at > $2) and ($3::text[] is null or m.kind = any($3))
  and ($4::jsonb is null or m.propagation::jsonb @> $4)`;

function nearestByIndex(table: string): string {
  return `with near as materialized (
      select seq, model, embedding <=> $6::vector as distance from ${table}
      order by embedding <=> $6::vector limit ${INDEX_DEPTH})
    select m.id, (1 - near.distance)::float8 as score from near join memories m using (seq)
    join namespaces n on n.id = m.namespace_id
    where near.model = $5 and ${VISIBLE} order by near.distance, m.seq desc limit $7`;
}

/** The sum keeps the planner from an index that would find the nearest of all and then drop most. */
function nearestOfVisible(table: string): string {
  return `select m.id, (1 - (e.embedding <=> $6::vector))::float8 as score from ${table} e
    join memories m using (seq) join namespaces n on n.id = m.namespace_id
    where e.model = $5 and ${VISIBLE} order by (e.embedding <=> $6::vector) + 0, m.seq desc limit $7`;
}

function textOf(vector: Float32Array | readonly number[]): string {
  return `[${Array.from(vector).join(',')}]`;
}
