// Inbox store on Postgres. Invariants: inbox-store.ts.

import { randomUUID } from 'node:crypto';
import type { DelegationChain } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type {
  DelegationOfMessage,
  InboxEnd,
  InboxStatus,
  InboxStore,
  NewMessage,
  QueuedMessage,
} from './inbox-store.ts';

interface Row {
  seq: number;
  id: string;
  workspace_id: string;
  sender_id: string | null;
  method: string;
  body: Record<string, unknown>;
  headers: Record<string, string>;
  message_id: string | null;
  delegation_id: string | null;
  priority: number;
  status: InboxStatus;
  attempts: number;
  last_error: string | null;
  response_status: number | null;
  response_body: unknown;
  created_at: number;
  deadline_at: number | null;
  chain: DelegationChain | null;
}

export class PgInboxStore implements InboxStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async enqueue(message: NewMessage): Promise<void> {
    await this.#db.tx(async (tx) => {
      const now = this.#now();
      await tx.query(
        `insert into inbox (id, workspace_id, sender_id, method, body, headers, message_id, delegation_id, priority,
           status, created_at, updated_at, deadline_at, chain)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', $10, $10, $11, $12)`,
        [
          message.id,
          message.workspaceId,
          message.senderId,
          message.method,
          JSON.stringify(message.body),
          JSON.stringify(message.headers),
          message.messageId,
          message.delegationId,
          message.priority,
          now,
          new Date(message.deadlineAt),
          message.chain === null ? null : JSON.stringify(message.chain),
        ],
      );
      if (!message.key) return;
      await tx.query(
        `insert into message_keys (sender_id, target_id, message_id, digest, queue_id, response_status, created_at)
         values ($1, $2, $3, $4, $5, 202, $6) on conflict do nothing`,
        [
          message.key.senderId,
          message.key.targetId,
          message.key.messageId,
          message.key.digest,
          message.id,
          now,
        ],
      );
    });
  }

  find(id: string): Promise<QueuedMessage | null> {
    return this.#one('select * from inbox where id = $1', [id]);
  }

  findByDelegation({ id, sourceId, targetId }: DelegationOfMessage): Promise<QueuedMessage | null> {
    return this.#one(
      `select * from inbox where delegation_id = $1 and sender_id = $2 and workspace_id = $3
       order by seq desc limit 1`,
      [id, sourceId, targetId],
    );
  }

  listQueued(workspaceIds: readonly string[], limit: number): Promise<QueuedMessage[]> {
    return this.#many(
      `select * from inbox where workspace_id = any($1) and status = 'queued'
       order by priority desc, seq limit $2`,
      [workspaceIds, limit],
    );
  }

  claim(id: string): Promise<QueuedMessage | null> {
    return this.#one(
      `update inbox set status = 'dispatched', attempts = attempts + 1, updated_at = $2
       where id = $1 and status = 'queued' returning *`,
      [id, this.#now()],
    );
  }

  async putBack(id: string, error: string): Promise<void> {
    await this.#db.query(
      `update inbox set status = 'queued', last_error = $2, updated_at = $3 where id = $1 and status = 'dispatched'`,
      [id, error, this.#now()],
    );
  }

  end(
    id: string,
    status: InboxEnd,
    answer: { responseStatus: number | null; responseBody: unknown; error: string | null },
  ): Promise<boolean> {
    return this.#db.tx(async (tx) => {
      const [row] = await tx.query<Row>(
        `update inbox set status = $2, response_status = $3, response_body = $4,
           last_error = coalesce($5, last_error), updated_at = $6, ended_at = $6, deadline_at = null
         where id = $1 and status in ('queued', 'dispatched') returning *`,
        [
          id,
          status,
          answer.responseStatus,
          answer.responseBody === null || answer.responseBody === undefined
            ? null
            : JSON.stringify(answer.responseBody),
          answer.error,
          this.#now(),
        ],
      );
      if (!row) return false;
      await tx.query(
        `insert into events (id, workspace_id, event_type, payload, actor, created_at)
         values ($1, $2, 'MESSAGE_ENDED', $3, 'system:inbox', $4)`,
        [
          randomUUID(),
          row.workspace_id,
          JSON.stringify({
            queue_id: row.id,
            sender_id: row.sender_id,
            message_id: row.message_id,
            // Callers know a completed message as delivered.
            status: status === 'completed' ? 'delivered' : status,
            ...(answer.error === null ? {} : { error: answer.error }),
          }),
          this.#now(),
        ],
      );
      return true;
    });
  }

  async recover(): Promise<number> {
    const rows = await this.#db.query(
      `update inbox set status = 'queued', updated_at = $1 where status = 'dispatched' returning id`,
      [this.#now()],
    );
    return rows.length;
  }

  async openCounts(): Promise<Map<string, number>> {
    const rows = await this.#db.query<{ workspace_id: string; open: number }>(
      'select workspace_id, count(*)::int as open from inbox where deadline_at is not null group by workspace_id',
    );
    return new Map(rows.map((row) => [row.workspace_id, row.open]));
  }

  listOverdue(now: number, limit: number): Promise<QueuedMessage[]> {
    return this.#many(
      `select * from inbox where status = 'queued' and deadline_at <= $1 order by deadline_at limit $2`,
      [new Date(now), limit],
    );
  }

  listStale(olderThan: number, workspaceId: string | null): Promise<QueuedMessage[]> {
    return this.#many(
      `select * from inbox where status = 'queued' and created_at < $1 and ($2::uuid is null or workspace_id = $2)
       order by seq limit 10000`,
      [new Date(olderThan), workspaceId],
    );
  }

  async prune(olderThan: number, limit: number): Promise<number> {
    const rows = await this.#db.query(
      `delete from inbox where seq in (select seq from inbox where ended_at < $1 order by seq limit $2) returning seq`,
      [new Date(olderThan), limit],
    );
    return rows.length;
  }

  async #one(sql: string, params: unknown[]): Promise<QueuedMessage | null> {
    const [row] = await this.#db.query<Row>(sql, params);
    return row ? toMessage(row) : null;
  }

  async #many(sql: string, params: unknown[]): Promise<QueuedMessage[]> {
    return (await this.#db.query<Row>(sql, params)).map(toMessage);
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

function toMessage(row: Row): QueuedMessage {
  return {
    id: row.id,
    seq: row.seq,
    workspaceId: row.workspace_id,
    senderId: row.sender_id,
    method: row.method,
    body: row.body,
    headers: row.headers,
    messageId: row.message_id,
    delegationId: row.delegation_id,
    priority: row.priority,
    status: row.status,
    attempts: row.attempts,
    lastError: row.last_error,
    responseStatus: row.response_status,
    responseBody: row.response_body,
    createdAt: row.created_at,
    deadlineAt: row.deadline_at,
    chain: row.chain,
  };
}
