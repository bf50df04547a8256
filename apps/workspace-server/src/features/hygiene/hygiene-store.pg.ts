// Hygiene store on Postgres. Invariants: hygiene-store.ts.

import { randomUUID } from 'node:crypto';
import { LIMITS } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { HygieneStore, NewSuggestion, Suggestion } from './hygiene-store.ts';

interface Row {
  id: string;
  kind: Suggestion['kind'];
  memory_id: string;
  namespace: string;
  other_id: string | null;
  detail: string;
  state: Suggestion['state'];
  created_at: number;
}

const FIELDS = 'id, kind, memory_id, namespace, other_id, detail, state, created_at';

export class PgHygieneStore implements HygieneStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async suggest(suggestions: readonly NewSuggestion[]): Promise<number> {
    if (suggestions.length === 0) return 0;
    const column = <T>(pick: (one: NewSuggestion) => T): T[] => suggestions.map(pick);
    const rows = await this.#db.query(
      `with room as (select greatest(0, $7 - count(*))::int as places from memory_suggestions where state = 'open')
       insert into memory_suggestions (id, kind, memory_id, namespace, other_id, detail, state, created_at)
       select i.id, i.kind, i.memory_id, i.namespace, i.other_id, i.detail, 'open', $8
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
         with ordinality as i (id, kind, memory_id, namespace, other_id, detail, place)
       where i.place <= (select places from room)
       on conflict (kind, memory_id) do nothing returning id`,
      [
        column(() => randomUUID()),
        column((one) => one.kind),
        column((one) => one.memoryId),
        column((one) => one.namespace),
        column((one) => one.otherId),
        column((one) => one.detail),
        LIMITS.suggestionsOpen,
        this.#now(),
      ],
    );
    return rows.length;
  }

  async list(state: Suggestion['state'], limit: number): Promise<Suggestion[]> {
    const rows = await this.#db.query<Row>(
      `select ${FIELDS} from memory_suggestions where state = $1 order by created_at desc, id limit $2`,
      [state, limit],
    );
    return rows.map(toSuggestion);
  }

  async read(ids: readonly string[]): Promise<Suggestion[]> {
    const rows = await this.#db.query<Row>(
      `select ${FIELDS} from memory_suggestions where id = any($1::uuid[])`,
      [ids],
    );
    return rows.map(toSuggestion);
  }

  async decide(id: string, state: 'accepted' | 'dismissed', by: string): Promise<boolean> {
    const rows = await this.#db.query(
      `update memory_suggestions set state = $2, decided_at = $3, decided_by = $4
       where id = $1 and state = 'open' returning id`,
      [id, state, this.#now(), by],
    );
    return rows.length > 0;
  }

  async reopen(id: string): Promise<void> {
    await this.#db.query(
      `update memory_suggestions set state = 'open', decided_at = null, decided_by = null where id = $1`,
      [id],
    );
  }

  async markRead(memoryIds: readonly string[], day: string): Promise<void> {
    await this.#db.query(
      `insert into memory_reads (memory_id, last_read_on) select id, $2::date from unnest($1::text[]) id
       on conflict (memory_id) do update set last_read_on = excluded.last_read_on
       where memory_reads.last_read_on < excluded.last_read_on`,
      [memoryIds, day],
    );
  }

  async readAmong(memoryIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#db.query<{ memory_id: string }>(
      'select memory_id from memory_reads where memory_id = any($1)',
      [memoryIds],
    );
    return new Set(rows.map((row) => row.memory_id));
  }

  async readsSince(): Promise<number> {
    const [row] = await this.#db.query<{ reads_since: number }>('select reads_since from memory_care');
    if (!row) throw new Error('memory_care has no row');
    return row.reads_since;
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

function toSuggestion(row: Row): Suggestion {
  return {
    id: row.id,
    kind: row.kind,
    memoryId: row.memory_id,
    namespace: row.namespace,
    otherId: row.other_id,
    detail: row.detail,
    state: row.state,
    createdAt: row.created_at,
  };
}
