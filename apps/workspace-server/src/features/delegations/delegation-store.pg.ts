// Delegation store on Postgres. Row, activity and event of each step are one transaction. Invariants: delegation-store.ts.

import { randomUUID } from 'node:crypto';
import type { events } from '@molecule/contracts';
import { Fault } from '@molecule/domain';
import { type Clock, KeyedLock, QueueFull } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type {
  AdvanceFields,
  Delegation,
  DelegationStatus,
  DelegationStore,
  NewDelegation,
} from './delegation-store.ts';

/** How many of one source may wait to be judged; the bound on open ones is far below. */
const MAX_AT_THE_DOOR = 2_000;

interface Row {
  id: string;
  source_id: string;
  target_id: string;
  task: string;
  status: DelegationStatus;
  is_recorded: boolean;
  response_text: string | null;
  error: string | null;
  attempts: number;
  deadline_at: number | null;
  created_at: number;
  updated_at: number;
  chain_id: string | null;
  chain_path: string[] | null;
}

export class PgDelegationStore implements DelegationStore {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #bySource = new KeyedLock({ maxWaiting: MAX_AT_THE_DOOR });

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async create(input: NewDelegation): Promise<{ delegation: Delegation; isNew: boolean }> {
    try {
      // One connection for each source, however many come at once.
      return await this.#bySource.run(input.sourceId, () => this.#insert(input));
    } catch (error) {
      if (error instanceof QueueFull) throw tooManyOpen(MAX_AT_THE_DOOR);
      throw error;
    }
  }

  #insert(input: NewDelegation): Promise<{ delegation: Delegation; isNew: boolean }> {
    return this.#db.tx(async (tx) => {
      const now = new Date(this.#clock.now());
      const isEnded = input.status === 'failed' || input.status === 'completed';
      if (input.maxOpen !== null && input.deadlineAt !== null) {
        await tx.query("select pg_advisory_xact_lock(hashtextextended('delegations:' || $1, 0))", [
          input.sourceId,
        ]);
      }
      const [row] = await tx.query<Row>(
        `insert into delegations (id, source_id, target_id, task, status, is_recorded, idempotency_key, error,
           deadline_at, created_at, updated_at, ended_at, chain_id, chain_path)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13)
         on conflict do nothing returning *`,
        [
          input.id,
          input.sourceId,
          input.targetId,
          input.task,
          input.status,
          input.isRecorded,
          input.idempotencyKey,
          input.error,
          input.deadlineAt === null ? null : new Date(input.deadlineAt),
          now,
          isEnded ? now : null,
          input.chain?.id ?? null,
          input.chain === null ? null : JSON.stringify(input.chain.path),
        ],
      );
      if (!row) return { delegation: await this.#findTwin(tx, input), isNew: false };
      await this.#keepBound(tx, input);
      const delegation = toDelegation(row);
      await this.#tell(tx, delegation, delegation.status);
      return { delegation, isNew: true };
    });
  }

  async find(id: string): Promise<Delegation | null> {
    const [row] = await this.#db.query<Row>('select * from delegations where id = $1', [id]);
    return row ? toDelegation(row) : null;
  }

  async listBySource(sourceId: string, limit: number): Promise<Delegation[]> {
    const rows = await this.#db.query<Row>(
      'select * from delegations where source_id = $1 order by updated_at desc, id limit $2',
      [sourceId, limit],
    );
    return rows.map(toDelegation);
  }

  async listOpen(limit: number): Promise<Delegation[]> {
    const rows = await this.#db.query<Row>(
      `select * from delegations where deadline_at is not null
       order by deadline_at > $2, status = 'queued', created_at limit $1`,
      [limit, new Date(this.#clock.now())],
    );
    return rows.map(toDelegation);
  }

  async listOpenBetween(sourceId: string, targetId: string, limit: number): Promise<Delegation[]> {
    const rows = await this.#db.query<Row>(
      `select * from delegations where source_id = $1 and target_id = $2 and deadline_at is not null
         and status in ('dispatched', 'queued')
       order by created_at limit $3`,
      [sourceId, targetId, limit],
    );
    return rows.map(toDelegation);
  }

  /** G5: who comes meanwhile for the same source waits for this transaction. */
  async #keepBound(tx: Tx, input: NewDelegation): Promise<void> {
    if (input.maxOpen === null || input.deadlineAt === null) return;
    const [row] = await tx.query<{ open: number }>(
      'select count(*)::int as open from delegations where source_id = $1 and deadline_at is not null and not is_recorded',
      [input.sourceId],
    );
    if ((row?.open ?? 0) <= input.maxOpen) return;
    throw tooManyOpen(input.maxOpen);
  }

  advance(id: string, to: DelegationStatus, fields: AdvanceFields = {}): Promise<Delegation | null> {
    const isEnd = to === 'completed' || to === 'failed';
    return this.#db.tx(async (tx) => {
      const [before] = await tx.query<Row>(
        'select * from delegations where id = $1 and deadline_at is not null for update',
        [id],
      );
      if (!before) return null;
      const now = new Date(this.#clock.now());
      const [row] = await tx.query<Row>(
        `update delegations set status = $2, response_text = coalesce($3, response_text),
           error = coalesce($4, error), attempts = attempts + $5, updated_at = $6::timestamptz,
           deadline_at = case when $7::boolean then null else deadline_at end,
           ended_at = case when $7::boolean then $6::timestamptz end
         where id = $1 returning *`,
        [id, to, fields.responseText ?? null, fields.error ?? null, fields.isAttempt ? 1 : 0, now, isEnd],
      );
      const delegation = toDelegation(row as Row);
      if (before.status !== to) await this.#tell(tx, delegation, to, fields.via);
      return delegation;
    });
  }

  async #findTwin(tx: Tx, input: NewDelegation): Promise<Delegation> {
    const [row] = await tx.query<Row>(
      `select * from delegations
       where id = $1 or (source_id = $2 and idempotency_key = $3 and status <> 'failed')
       order by (id = $1) desc limit 1`,
      [input.id, input.sourceId, input.idempotencyKey],
    );
    if (!row) throw new Error(`delegation ${input.id} conflicts with a row that cannot be found`);
    return toDelegation(row);
  }

  /** The event and the activity row of a step. */
  async #tell(
    tx: Tx,
    delegation: Delegation,
    step: DelegationStatus,
    via?: AdvanceFields['via'],
  ): Promise<void> {
    for (const event of eventsOf(delegation, step, via)) {
      await tx.query(
        `insert into events (id, workspace_id, event_type, payload, actor, created_at) values ($1, $2, $3, $4, $5, $6)`,
        [
          randomUUID(),
          delegation.sourceId,
          event.type,
          JSON.stringify(event.payload),
          `workspace:${delegation.sourceId}`,
          new Date(this.#clock.now()),
        ],
      );
    }
    const activity = activityOf(delegation, step);
    if (!activity) return;
    await tx.query(
      `insert into activity (id, workspace_id, activity_type, source_id, target_id, method, summary, request_body,
         response_body, status, error_detail, created_at, chain_id)
       values ($1, $2, 'delegation', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        randomUUID(),
        delegation.sourceId,
        delegation.sourceId,
        delegation.targetId,
        activity.method,
        activity.summary,
        activity.request === null ? null : JSON.stringify(activity.request),
        activity.response === null ? null : JSON.stringify(activity.response),
        step === 'failed' ? 'error' : 'ok',
        delegation.error,
        new Date(this.#clock.now()),
        delegation.chain?.id ?? null,
      ],
    );
  }
}

function tooManyOpen(count: number): Fault {
  return new Fault('QUEUE_FULL', `${count} delegations of this workspace are open already`, {
    retryAfterSeconds: 30,
    extra: { retry_after: 30 },
  });
}

const PREVIEW = { task: 100, response: 200, summary: 80 };

function eventsOf(
  delegation: Delegation,
  step: DelegationStatus,
  via: AdvanceFields['via'],
): { type: events.StoredEventType; payload: Record<string, unknown> }[] {
  const base = { delegation_id: delegation.id, target_id: delegation.targetId };
  const sent = {
    type: 'DELEGATION_SENT' as const,
    payload: { ...base, task_preview: delegation.task.slice(0, PREVIEW.task) },
  };
  switch (step) {
    case 'pending':
      return [sent];
    case 'dispatched':
      return delegation.isRecorded
        ? [sent]
        : [{ type: 'DELEGATION_STATUS', payload: { ...base, status: 'dispatched' } }];
    case 'queued':
      return [{ type: 'DELEGATION_STATUS', payload: { ...base, status: 'queued' } }];
    case 'completed':
      return [
        {
          type: 'DELEGATION_COMPLETE',
          payload: {
            ...base,
            response_preview: (delegation.responseText ?? '').slice(0, PREVIEW.response),
            ...(via === undefined ? {} : { via }),
          },
        },
      ];
    case 'failed':
      return [{ type: 'DELEGATION_FAILED', payload: { ...base, error: delegation.error ?? 'failed' } }];
  }
}

function activityOf(delegation: Delegation, step: DelegationStatus) {
  const request = { task: delegation.task, delegation_id: delegation.id };
  const response = { text: delegation.responseText ?? '', delegation_id: delegation.id };
  switch (step) {
    case 'pending':
      return { method: 'delegate', summary: `Delegating to ${delegation.targetId}`, request, response: null };
    case 'dispatched':
      return delegation.isRecorded
        ? { method: 'delegate', summary: `Delegating to ${delegation.targetId}`, request, response: null }
        : null;
    case 'queued':
      return {
        method: 'delegate_result',
        summary: 'Delegation queued — target at capacity',
        request: null,
        response,
      };
    case 'completed':
      return {
        method: 'delegate_result',
        summary: `Delegation completed (${(delegation.responseText ?? '').slice(0, PREVIEW.summary)})`,
        request: null,
        response,
      };
    case 'failed':
      return { method: 'delegate_result', summary: 'Delegation failed', request: null, response };
  }
}

function toDelegation(row: Row): Delegation {
  return {
    id: row.id,
    sourceId: row.source_id,
    targetId: row.target_id,
    task: row.task,
    status: row.status,
    isRecorded: row.is_recorded,
    responseText: row.response_text,
    error: row.error,
    attempts: row.attempts,
    deadlineAt: row.deadline_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    chain: row.chain_id === null ? null : { id: row.chain_id, path: row.chain_path ?? [] },
  };
}
