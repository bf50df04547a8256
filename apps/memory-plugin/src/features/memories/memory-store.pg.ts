// Memory store on Postgres. Invariants: memory-store.ts. The words of a content are made by search-terms.ts, so that
// every database reads every language alike, whatever its locale and extensions.

import type { memoryPlugin } from '@molecule/contracts';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { MemoryStore, NewMemory, Search, StoredMemory, WriteOutcome } from './memory-store.ts';
import { indexText, queryTexts, singleCharacter } from './search-terms.ts';

interface Row {
  seq: number;
  id: string;
  namespace: string;
  content: string;
  kind: memoryPlugin.MemoryKind;
  source: memoryPlugin.MemorySource;
  expires_at: number | null;
  is_pinned: boolean;
  propagation: Record<string, unknown> | null;
  created_at: number;
  score: number | null;
}

/** Of more matches than this, the newest are ranked: common words cost no more than this. */
const CANDIDATES = 4_000;
/** Up to so many namespaces are looked up in the index beside the words; among more, rows are picked after the words. */
const INDEXED_NAMESPACES = 8;

const FIELDS = `m.seq, m.id, n.name as namespace, m.content, m.kind, m.source, m.expires_at, m.is_pinned,
  m.propagation, m.created_at`;
const LIVE_NAMESPACES = `select id, name from namespaces
  where name = any($1) and (expires_at is null or expires_at > $2)`;
const WANTED = `(m.expires_at is null or m.expires_at > $2) and ($3::text[] is null or m.kind = any($3))
  and ($4::jsonb is null or m.propagation::jsonb @> $4)`;

const WRITE = `with n as (select id from namespaces where name = $1 and (expires_at is null or expires_at > $2)),
  done as (
    insert into memories as m
      (id, namespace_id, content, kind, source, expires_at, is_pinned, propagation, created_at, search)
    select i.id, n.id, i.content, i.kind, i.source, i.expires_at, i.is_pinned, i.propagation,
      coalesce(i.created_at, $2), i.search::tsvector || array_to_tsvector(array['n:' || n.id])
    from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::boolean[], $9::json[],
        $10::timestamptz[], $11::text[])
      as i (id, content, kind, source, expires_at, is_pinned, propagation, created_at, search) cross join n
    on conflict (id) do update set content = excluded.content, kind = excluded.kind, source = excluded.source,
      expires_at = excluded.expires_at, is_pinned = excluded.is_pinned, propagation = excluded.propagation,
      search = excluded.search,
      created_at = case when excluded.created_at = $2 and (m.expires_at is null or m.expires_at > $2)
        then m.created_at else excluded.created_at end
    where m.namespace_id = excluded.namespace_id
    returning id)
  select exists (select from n) as has_namespace, array(select id from done) as stored`;

const NEWEST = `with n as (${LIVE_NAMESPACES})
  select ${FIELDS}, null::float8 as score from n
  cross join lateral (
    select * from memories m where m.namespace_id = n.id and ${WANTED}
      and ($6::text[] is null or exists (select from unnest($6) c where position(c in m.content) > 0))
    order by m.is_pinned desc, m.created_at desc, m.seq desc limit $5) m
  order by m.is_pinned desc, m.created_at desc, m.seq desc limit $5`;

/** $6 finds, $7 ranks; of $8, when given, each row must hold at least $9. */
const byWords = (inNamespaces: string) => `with n as (${LIVE_NAMESPACES}),
  found as (
    select m.seq, m.is_pinned, m.created_at, m.search from memories m
    where ${inNamespaces} and ${WANTED}
      and ($8::text[] is null
        or (select count(*) from unnest($8) w where m.search @@ w::tsquery) >= $9::int)
    order by m.seq desc limit ${CANDIDATES}),
  best as (
    select seq, is_pinned, created_at, ts_rank(search, $7::tsquery, 1)::float8 as score from found
    order by is_pinned desc, score desc, created_at desc, seq desc limit $5)
  select ${FIELDS}, best.score from best join memories m using (seq) join namespaces n on n.id = m.namespace_id
  order by best.is_pinned desc, best.score desc, best.created_at desc, best.seq desc`;

const BY_WORDS_IN_FEW = byWords(
  `m.search @@ ((select string_agg('''n:' || id || '''', ' | ') from n)::tsquery && $6::tsquery)`,
);
const BY_WORDS_IN_MANY = byWords('m.search @@ $6::tsquery and m.namespace_id in (select id from n)');

export class PgMemoryStore implements MemoryStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async write(namespace: string, memories: readonly NewMemory[]): Promise<WriteOutcome[] | null> {
    const column = <T>(pick: (memory: NewMemory) => T): T[] => memories.map(pick);
    const [row] = await this.#db.query<{ has_namespace: boolean; stored: string[] }>(WRITE, [
      namespace,
      new Date(this.#clock.now()),
      column((m) => m.id),
      column((m) => m.content),
      column((m) => m.kind),
      column((m) => m.source),
      column((m) => (m.expiresAt === null ? null : new Date(m.expiresAt))),
      column((m) => m.isPinned),
      column((m) => (m.propagation === null ? null : JSON.stringify(m.propagation))),
      column((m) => (m.createdAt === null ? null : new Date(m.createdAt))),
      column((m) => indexText(m.content)),
    ]);
    if (!row?.has_namespace) return null;
    const stored = new Set(row.stored);
    return memories.map(({ id }) => (stored.has(id) ? 'stored' : 'namespace_mismatch'));
  }

  async search(search: Search): Promise<StoredMemory[]> {
    const characters = singleCharacter(search.query);
    if (search.query.trim() === '' || characters) return this.#newest(search, characters);
    const texts = queryTexts(search.query);
    if (!texts) return [];
    const whole = await this.#byWords(search, texts.all, texts.all, null);
    if (whole.length >= search.limit) return whole;
    const begun =
      texts.prefixes === texts.all ? [] : await this.#byWords(search, texts.prefixes, texts.prefixes, null);
    const known = new Set(whole.map(({ id }) => id));
    const found = [...whole, ...begun.filter(({ id }) => !known.has(id))].slice(0, search.limit);
    if (found.length === 0 && texts.leastOfAny !== null) {
      return this.#byWords(search, texts.any, texts.any, { words: texts.words, least: texts.leastOfAny });
    }
    return [...found.filter((row) => row.isPinned), ...found.filter((row) => !row.isPinned)];
  }

  async read(namespace: string, id: string): Promise<StoredMemory | null> {
    return (await this.readMany([namespace], [id]))[0] ?? null;
  }

  async readMany(namespaces: readonly string[], ids: readonly string[]): Promise<StoredMemory[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db.query<Row>(
      `select ${FIELDS}, null::float8 as score from memories m join (${LIVE_NAMESPACES}) n on n.id = m.namespace_id
       where m.id = any($3) and (m.expires_at is null or m.expires_at > $2)`,
      [namespaces, new Date(this.#clock.now()), ids],
    );
    return rows.map(toMemory);
  }

  async list(
    namespace: string,
    after: number,
    limit: number,
  ): Promise<{ memories: StoredMemory[]; next: number | null } | null> {
    const now = new Date(this.#clock.now());
    const known = await this.#db.query(LIVE_NAMESPACES, [[namespace], now]);
    if (known.length === 0) return null;
    const rows = await this.#db.query<Row>(
      `select ${FIELDS}, null::float8 as score from memories m join (${LIVE_NAMESPACES}) n on n.id = m.namespace_id
       where m.seq > $3 and (m.expires_at is null or m.expires_at > $2) order by m.seq limit $4`,
      [[namespace], now, after, limit],
    );
    return { memories: rows.map(toMemory), next: rows.length < limit ? null : (rows.at(-1)?.seq ?? null) };
  }

  async forget(namespace: string, id: string): Promise<boolean> {
    const rows = await this.#db.query<{ was_live: boolean }>(
      `delete from memories m using (${LIVE_NAMESPACES}) n
       where n.id = m.namespace_id and m.id = $3
       returning (m.expires_at is null or m.expires_at > $2) as was_live`,
      [[namespace], new Date(this.#clock.now()), id],
    );
    return rows[0]?.was_live === true;
  }

  async #newest(search: Search, characters: string[] | null): Promise<StoredMemory[]> {
    const rows = await this.#db.query<Row>(NEWEST, [...this.#wanted(search), characters]);
    return rows.map(toMemory);
  }

  async #byWords(
    search: Search,
    finds: string,
    ranks: string,
    most: { words: string[]; least: number } | null,
  ): Promise<StoredMemory[]> {
    const params = [...this.#wanted(search), finds, ranks, most?.words ?? null, most?.least ?? null];
    const statement = search.namespaces.length > INDEXED_NAMESPACES ? BY_WORDS_IN_MANY : BY_WORDS_IN_FEW;
    const rows = await this.#db.query<Row>(statement, params);
    return rows.map(toMemory);
  }

  #wanted({ namespaces, kinds, propagation, limit }: Search): unknown[] {
    return [
      namespaces,
      new Date(this.#clock.now()),
      kinds === null || kinds.length === 0 ? null : kinds,
      propagation === null ? null : JSON.stringify(propagation),
      limit,
    ];
  }
}

function toMemory(row: Row): StoredMemory {
  return {
    id: row.id,
    namespace: row.namespace,
    content: row.content,
    kind: row.kind,
    source: row.source,
    expiresAt: row.expires_at,
    isPinned: row.is_pinned,
    propagation: row.propagation,
    createdAt: row.created_at,
    score: row.score,
  };
}
