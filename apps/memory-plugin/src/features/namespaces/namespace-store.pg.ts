// Namespace store on Postgres. Invariants: namespace-store.ts. A name is taken away first; the rows follow in batches.

import type { memoryPlugin } from '@molecule/contracts';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { Namespace, NamespaceChange, NamespaceStore } from './namespace-store.ts';

interface Row {
  name: string;
  kind: memoryPlugin.NamespaceKind;
  expires_at: number | null;
  metadata: Record<string, unknown> | null;
  created_at: number;
}

const FIELDS = 'name, kind, expires_at, metadata, created_at';
const DELETE_BATCH = 5_000;

export class PgNamespaceStore implements NamespaceStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async upsert(name: string, kind: memoryPlugin.NamespaceKind, change: NamespaceChange): Promise<Namespace> {
    const now = new Date(this.#clock.now());
    await this.#db.query('update namespaces set name = null where name = $1 and expires_at <= $2', [
      name,
      now,
    ]);
    const [row] = await this.#db.query<Row>(
      `insert into namespaces as n (name, kind, expires_at, metadata, created_at) values ($1, $2, $3, $4, $5)
       on conflict (name) do update set kind = excluded.kind,
         expires_at = case when $6 then excluded.expires_at else n.expires_at end,
         metadata = case when $7 then excluded.metadata else n.metadata end
       returning ${FIELDS}`,
      [name, kind, ...valuesOf(change), now, change.expiresAt !== undefined, change.metadata !== undefined],
    );
    if (!row) throw new Error('an upsert returned no row');
    return toNamespace(row);
  }

  async patch(name: string, change: NamespaceChange): Promise<Namespace | null> {
    const [row] = await this.#db.query<Row>(
      `update namespaces set expires_at = case when $4 then $2 else expires_at end,
         metadata = case when $5 then $3 else metadata end
       where name = $1 and (expires_at is null or expires_at > $6) returning ${FIELDS}`,
      [
        name,
        ...valuesOf(change),
        change.expiresAt !== undefined,
        change.metadata !== undefined,
        new Date(this.#clock.now()),
      ],
    );
    return row ? toNamespace(row) : null;
  }

  async read(name: string): Promise<(Namespace & { count: number; bytes: number }) | null> {
    const [row] = await this.#db.query<Row & { count: number; bytes: number }>(
      `select ${FIELDS}, held.count, held.bytes from namespaces n
       cross join lateral (
         select count(*) as count, coalesce(sum(octet_length(content)), 0)::bigint as bytes
         from memories m where m.namespace_id = n.id and (m.expires_at is null or m.expires_at > $2)) held
       where n.name = $1 and (n.expires_at is null or n.expires_at > $2)`,
      [name, new Date(this.#clock.now())],
    );
    return row ? { ...toNamespace(row), count: row.count, bytes: row.bytes } : null;
  }

  async remove(name: string): Promise<boolean> {
    const now = this.#clock.now();
    const [gone] = await this.#db.query<{ id: number; was_live: boolean }>(
      `update namespaces set name = null where name = $1
       returning id, (expires_at is null or expires_at > $2) as was_live`,
      [name, new Date(now)],
    );
    if (!gone) return false;
    while ((await this.#deleteRows([gone.id], DELETE_BATCH)) === DELETE_BATCH);
    await this.#db.query('delete from namespaces where id = $1', [gone.id]);
    return gone.was_live;
  }

  async sweep(batch: number): Promise<number> {
    const now = new Date(this.#clock.now());
    const expired = await this.#db.query(
      `delete from memories where seq in (
         select seq from memories where expires_at <= $1 order by expires_at limit $2 for update skip locked)
       returning seq`,
      [now, batch],
    );
    await this.#db.query('update namespaces set name = null where name is not null and expires_at <= $1', [
      now,
    ]);
    const nameless = await this.#db.query<{ id: number }>(
      'select id from namespaces where name is null order by id limit $1',
      [batch],
    );
    const ids = nameless.map(({ id }) => id);
    const orphans = ids.length === 0 ? 0 : await this.#deleteRows(ids, batch);
    if (ids.length > 0 && orphans < batch) {
      await this.#db.query('delete from namespaces where id = any($1)', [ids]);
    }
    return expired.length + orphans;
  }

  async #deleteRows(namespaceIds: readonly number[], batch: number): Promise<number> {
    const rows = await this.#db.query(
      `delete from memories where seq in (select seq from memories where namespace_id = any($1) limit $2)
       returning seq`,
      [namespaceIds, batch],
    );
    return rows.length;
  }
}

function valuesOf({ expiresAt, metadata }: NamespaceChange): [Date | null, string | null] {
  return [
    expiresAt === undefined || expiresAt === null ? null : new Date(expiresAt),
    metadata === undefined || metadata === null ? null : JSON.stringify(metadata),
  ];
}

function toNamespace(row: Row): Namespace {
  return {
    name: row.name,
    kind: row.kind,
    expiresAt: row.expires_at,
    metadata: row.metadata,
    createdAt: row.created_at,
  };
}
