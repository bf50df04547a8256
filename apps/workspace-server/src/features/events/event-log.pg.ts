// Event log on Postgres.
//
//   E1. `seq` is given by publishNext alone, under the lock of the one counter row: no gaps, no two alike.
//   E2. Events of one workspace keep their order: their positions were taken under that workspace's row lock.

import { randomUUID } from 'node:crypto';
import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { AppendIn, EventDraft, EventLog, EventQuery, PublishedEvent } from './event-log.ts';

interface Row {
  seq: number;
  id: string;
  workspace_id: string | null;
  event_type: string;
  payload: Record<string, unknown>;
  created_at: number;
}

const FIELDS = 'seq, id, workspace_id, event_type, payload, created_at';

export class PgEventLog implements EventLog {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  publishNext(limit: number): Promise<PublishedEvent[]> {
    return this.#db.tx(async (tx) => {
      const [counter] = await tx.query<{ last_seq: number }>(
        'select last_seq from event_sequence for update',
      );
      const rows = await tx.query<Row>(
        `update events e set seq = $2 + b.n
         from (select position, row_number() over (order by position) as n from
                 (select position from events where seq is null order by position limit $1) waiting) b
         where e.position = b.position
         returning e.seq, e.id, e.workspace_id, e.event_type, e.payload, e.created_at`,
        [limit, counter?.last_seq ?? 0],
      );
      if (rows.length > 0)
        await tx.query('update event_sequence set last_seq = last_seq + $1', [rows.length]);
      return rows.map(toEvent).sort((a, b) => a.seq - b.seq);
    });
  }

  async newest(query: EventQuery): Promise<PublishedEvent[]> {
    const rows = await this.#db.query<Row>(
      `select ${FIELDS} from events
       where seq is not null and ($1::uuid is null or workspace_id = $1) and ($2::text is null or event_type = $2)
         and ($3::timestamptz is null or created_at < $3)
       order by seq desc limit $4`,
      [
        query.workspaceId ?? null,
        query.type ?? null,
        query.before === undefined ? null : new Date(query.before),
        query.limit,
      ],
    );
    return rows.map(toEvent);
  }

  async since(seq: number, limit: number, workspaceId?: string): Promise<PublishedEvent[] | null> {
    const [bounds] = await this.#db.query<{ oldest: number | null; last_seq: number }>(
      'select (select min(seq) from events) as oldest, (select last_seq from event_sequence) as last_seq',
    );
    const oldest = bounds?.oldest ?? (bounds?.last_seq ?? 0) + 1;
    if (seq > (bounds?.last_seq ?? 0) || seq < oldest - 1) return null;
    const rows = await this.#db.query<Row>(
      `select ${FIELDS} from events where seq > $1 and ($3::uuid is null or workspace_id = $3) order by seq limit $2`,
      [seq, limit, workspaceId ?? null],
    );
    return rows.map(toEvent);
  }

  append(event: EventDraft): Promise<void> {
    return this.#append(this.#db, event);
  }

  /** For the stores of other features, whose rows and events are one commit. */
  readonly appendIn: AppendIn<Tx> = (tx, event) => this.#append(tx, event);

  async #append(on: Tx, event: EventDraft): Promise<void> {
    await on.query(
      `insert into events (id, workspace_id, event_type, payload, actor, created_at) values ($1, $2, $3, $4, $5, $6)`,
      [
        randomUUID(),
        event.workspaceId,
        event.type,
        JSON.stringify(event.payload),
        event.actor,
        new Date(this.#clock.now()),
      ],
    );
  }
}

function toEvent(row: Row): PublishedEvent {
  return {
    seq: row.seq,
    id: row.id,
    workspaceId: row.workspace_id,
    type: row.event_type,
    payload: row.payload,
    createdAt: row.created_at,
  };
}
