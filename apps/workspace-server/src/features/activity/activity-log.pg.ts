// Activity log on Postgres: writes are grouped, one statement for all rows of a turn.

import { randomUUID } from 'node:crypto';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import { GroupCommit } from '../../group-commit.ts';
import type { ActivityLog, ActivityQuery, NewActivity, StoredActivity } from './activity-log.ts';

interface Row {
  seq: number;
  id: string;
  workspace_id: string;
  activity_type: string;
  source_id: string | null;
  target_id: string | null;
  method: string | null;
  summary: string | null;
  request_body: unknown;
  response_body: unknown;
  tool_trace: unknown;
  duration_ms: number | null;
  status: string;
  error_detail: string | null;
  chain_id: string | null;
  created_at: number;
}

type Pending = NewActivity & { id: string; createdAt: Date };

const INSERT = `with rows as (insert into activity (id, workspace_id, activity_type, source_id, target_id, method, summary,
    request_body, response_body, tool_trace, duration_ms, status, error_detail, created_at, chain_id)
  select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::json[], $9::json[], $10::json[], $11::int[], $12::text[], $13::text[], $14::timestamptz[], $22::uuid[]))
  insert into message_keys (sender_id, target_id, message_id, digest, response_status, activity_id, created_at)
  select * from unnest($15::text[], $16::uuid[], $17::text[], $18::bytea[], $19::int[], $20::uuid[], $21::timestamptz[])
  on conflict do nothing`;

export class PgActivityLog implements ActivityLog {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #commits: GroupCommit<Pending>;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#commits = new GroupCommit<Pending>({
      write: (rows) => this.#insert(rows),
      maxBatch: 256,
      maxInFlight: 3,
      maxWaiting: 20_000,
    });
  }

  async write(activity: NewActivity): Promise<string> {
    const id = randomUUID();
    await this.#commits.add({ ...activity, id, createdAt: new Date(this.#clock.now()) });
    return id;
  }

  async list(query: ActivityQuery): Promise<StoredActivity[] | null> {
    let sinceSeq: number | null = null;
    if (query.sinceId !== undefined) {
      const [cursor] = await this.#db.query<{ seq: number }>(
        'select seq from activity where id = $1 and workspace_id = $2',
        [query.sinceId, query.workspaceId],
      );
      if (!cursor) return null;
      sinceSeq = cursor.seq;
    }
    const rows = await this.#db.query<Row>(
      `select * from activity
       where workspace_id = $1
         and ($2::text is null or activity_type = $2)
         and ($3::text is null or ($3 = 'canvas') = (source_id is null))
         and ($4::bigint is null or seq > $4)
         and ($5::timestamptz is null or created_at >= $5)
         and ($6::timestamptz is null or created_at < $6)
         and ($7::text is null or source_id = $7 or target_id = $7)
       order by seq ${sinceSeq === null ? 'desc' : 'asc'} limit $8`,
      [
        query.workspaceId,
        query.type ?? null,
        query.source ?? null,
        sinceSeq,
        query.notBefore === undefined ? null : new Date(query.notBefore),
        query.before === undefined ? null : new Date(query.before),
        query.peerId ?? null,
        query.limit,
      ],
    );
    return rows.map(toActivity);
  }

  async prune(olderThan: number, limit: number): Promise<number> {
    const rows = await this.#db.query(
      `delete from activity where seq in (select seq from activity where created_at < $1 order by seq limit $2)
       returning seq`,
      [new Date(olderThan), limit],
    );
    return rows.length;
  }

  async #insert(rows: Pending[]): Promise<void> {
    const column = <T>(pick: (row: Pending) => T): T[] => rows.map(pick);
    const keyed = rows.filter((row) => row.messageKey !== null);
    await this.#db.query(INSERT, [
      column((r) => r.id),
      column((r) => r.workspaceId),
      column((r) => r.type),
      column((r) => r.sourceId),
      column((r) => r.targetId),
      column((r) => r.method),
      column((r) => r.summary),
      column((r) => r.requestBody),
      column((r) => r.responseBody),
      column((r) => r.toolTrace),
      column((r) => r.durationMs),
      column((r) => r.status),
      column((r) => r.errorDetail),
      column((r) => r.createdAt),
      keyed.map((r) => r.messageKey?.senderId),
      keyed.map((r) => r.messageKey?.targetId),
      keyed.map((r) => r.messageKey?.messageId),
      keyed.map((r) => r.messageKey?.digest),
      keyed.map((r) => r.messageKey?.responseStatus),
      keyed.map((r) => r.id),
      keyed.map((r) => r.createdAt),
      column((r) => r.chainId),
    ]);
  }
}

function toActivity(row: Row): StoredActivity {
  return {
    id: row.id,
    seq: row.seq,
    workspaceId: row.workspace_id,
    type: row.activity_type,
    sourceId: row.source_id,
    targetId: row.target_id,
    method: row.method,
    summary: row.summary,
    requestBody: row.request_body,
    responseBody: row.response_body,
    toolTrace: row.tool_trace,
    durationMs: row.duration_ms,
    status: row.status,
    errorDetail: row.error_detail,
    chainId: row.chain_id,
    createdAt: row.created_at,
  };
}
