// Key-value store on Postgres. Invariants: key-value-store.ts. One lock a workspace makes reading and writing one step.

import { LIMITS } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { KeyValue, KeyValueOutcome, KeyValueStore, KeyValueWrite } from './key-value-store.ts';

interface Row {
  key: string;
  value: unknown;
  version: number;
  expires_at: number | null;
  updated_at: number;
}

const FIELDS = 'key, value, version, expires_at, updated_at';
const LIVE = '(expires_at is null or expires_at > $2)';

export class PgKeyValueStore implements KeyValueStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async list(workspaceId: string): Promise<KeyValue[]> {
    const rows = await this.#db.query<Row>(
      `select ${FIELDS} from key_values where workspace_id = $1 and ${LIVE} order by key collate "C"`,
      [workspaceId, this.#now()],
    );
    return rows.map(toKeyValue);
  }

  async read(workspaceId: string, key: string): Promise<KeyValue | null> {
    const [row] = await this.#db.query<Row>(
      `select ${FIELDS} from key_values where workspace_id = $1 and ${LIVE} and key = $3`,
      [workspaceId, this.#now(), key],
    );
    return row ? toKeyValue(row) : null;
  }

  write(write: KeyValueWrite): Promise<KeyValueOutcome> {
    return this.#db.tx(async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('key_values:' || $1, 0))`, [
        write.workspaceId,
      ]);
      const [known] = await tx.query<{ version: number }>(
        `select version from key_values where workspace_id = $1 and ${LIVE} and key = $3`,
        [write.workspaceId, this.#now(), write.key],
      );
      const currentVersion = known?.version ?? null;
      if (write.ifVersion !== null && write.ifVersion !== (currentVersion ?? 0))
        return { kind: 'other_version', currentVersion };
      const bytes = Buffer.byteLength(write.value);
      if (!(await this.#hasRoom(tx, write, bytes))) return { kind: 'full' };
      const version = (currentVersion ?? 0) + 1;
      await tx.query(
        `insert into key_values (workspace_id, key, value, version, expires_at, updated_at, bytes)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (workspace_id, key) do update set value = excluded.value, version = excluded.version,
           expires_at = excluded.expires_at, updated_at = excluded.updated_at, bytes = excluded.bytes`,
        [
          write.workspaceId,
          write.key,
          write.value,
          version,
          write.expiresAt === null ? null : new Date(write.expiresAt),
          this.#now(),
          bytes,
        ],
      );
      return { kind: 'stored', version };
    });
  }

  async remove(workspaceId: string, key: string): Promise<void> {
    await this.#db.query('delete from key_values where workspace_id = $1 and key = $2', [workspaceId, key]);
  }

  async sweep(limit: number): Promise<number> {
    const rows = await this.#db.query(
      `delete from key_values where ctid in (
         select ctid from key_values where expires_at <= $1 limit $2 for update skip locked) returning key`,
      [this.#now(), limit],
    );
    return rows.length;
  }

  async #hasRoom(tx: Tx, { workspaceId, key }: KeyValueWrite, bytes: number): Promise<boolean> {
    const [others] = await tx.query<{ keys: number; bytes: number }>(
      `select count(*) as keys, coalesce(sum(bytes), 0)::bigint as bytes from key_values
       where workspace_id = $1 and ${LIVE} and key <> $3`,
      [workspaceId, this.#now(), key],
    );
    return (
      (others?.keys ?? 0) < LIMITS.keyValuesPerWorkspace &&
      (others?.bytes ?? 0) + bytes <= LIMITS.keyValuesBytesPerWorkspace
    );
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

function toKeyValue(row: Row): KeyValue {
  return {
    key: row.key,
    value: row.value,
    version: row.version,
    expiresAt: row.expires_at,
    updatedAt: row.updated_at,
  };
}
