// Workspace store on Postgres. Invariants: workspace-store.ts.

import { randomUUID } from 'node:crypto';
import { applyChange, type WorkspaceChange, type WorkspaceState } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type {
  AlsoInTransaction,
  CommittedState,
  Decision,
  LockedRows,
  NewEvent,
  WorkspaceEdit,
  WorkspaceStore,
} from './workspace-store.ts';

type Field = keyof WorkspaceState;

/** Field of the state ↔ column of the table; `time` columns are epoch milliseconds here and timestamptz there. */
const COLUMNS: readonly { field: Field; column: string; as?: 'time' | 'json' }[] = [
  { field: 'id', column: 'id' },
  { field: 'name', column: 'name' },
  { field: 'role', column: 'role' },
  { field: 'tier', column: 'tier' },
  { field: 'runtime', column: 'runtime' },
  { field: 'model', column: 'model' },
  { field: 'template', column: 'template' },
  { field: 'status', column: 'status' },
  { field: 'statusReason', column: 'status_reason' },
  { field: 'statusDetail', column: 'status_detail' },
  { field: 'parentId', column: 'parent_id' },
  { field: 'url', column: 'url' },
  { field: 'isUrlOurs', column: 'is_url_ours' },
  { field: 'isolation', column: 'isolation', as: 'json' },
  { field: 'agentCard', column: 'agent_card', as: 'json' },
  { field: 'deliveryMode', column: 'delivery_mode' },
  { field: 'backend', column: 'backend' },
  { field: 'carryFrom', column: 'carry_from' },
  { field: 'eraseFrom', column: 'erase_from' },
  { field: 'x', column: 'x' },
  { field: 'y', column: 'y' },
  { field: 'isCollapsed', column: 'is_collapsed' },
  { field: 'workspaceDir', column: 'workspace_dir' },
  { field: 'workspaceAccess', column: 'workspace_access' },
  { field: 'budgetLimitCents', column: 'budget_limit_cents' },
  { field: 'maxConcurrentTasks', column: 'max_concurrent_tasks' },
  { field: 'hibernationIdleMinutes', column: 'hibernation_idle_minutes' },
  { field: 'deadlineAt', column: 'deadline_at', as: 'time' },
  { field: 'forwardedTo', column: 'forwarded_to' },
  { field: 'sessionResetAt', column: 'session_reset_at', as: 'time' },
  { field: 'createdAt', column: 'created_at', as: 'time' },
  { field: 'removedAt', column: 'removed_at', as: 'time' },
];
const COLUMN_LIST = COLUMNS.map((c) => c.column).join(', ');
const PLACEHOLDERS = COLUMNS.map((_, i) => `$${i + 1}`).join(', ');
const FROM_RECORD = COLUMNS.slice(1)
  .map((c) => `${c.column} = r.${c.column}`)
  .join(', ');
const ASSIGNMENTS = COLUMNS.slice(1)
  .map((c, i) => `${c.column} = $${i + 2}`)
  .join(', ');

export function toState(row: Record<string, unknown>): WorkspaceState {
  const state: Record<string, unknown> = {};
  for (const { field, column } of COLUMNS) state[field] = row[column] ?? null;
  return state as unknown as WorkspaceState;
}

/** As Postgres reads a row out of JSON. */
function toRecord(state: WorkspaceState): Record<string, unknown> {
  return Object.fromEntries(
    COLUMNS.map(({ field, column, as }) => {
      const value = state[field] ?? null;
      return [column, as === 'time' && value !== null ? new Date(value as number).toISOString() : value];
    }),
  );
}

function toValues(state: WorkspaceState): unknown[] {
  return COLUMNS.map(({ field, as }) => {
    const value = state[field];
    if (value === null || value === undefined) return null;
    if (as === 'time') return new Date(value as number);
    if (as === 'json') return JSON.stringify(value);
    return value;
  });
}

export class PgWorkspaceStore implements WorkspaceStore<Tx> {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async loadAll(): Promise<CommittedState[]> {
    const rows = await this.#db.query<Record<string, unknown>>(`select ${COLUMN_LIST} from workspaces`);
    return rows.map((row) => ({ workspaceId: row.id as string, state: toState(row), version: 0 }));
  }

  async read(id: string): Promise<WorkspaceState | null> {
    const [row] = await this.#db.query<Record<string, unknown>>(
      `select ${COLUMN_LIST} from workspaces where id = $1`,
      [id],
    );
    return row ? toState(row) : null;
  }

  change(
    ids: readonly string[],
    actor: string,
    decide: (rows: LockedRows) => Decision | null,
    also?: AlsoInTransaction<Tx>,
  ): Promise<CommittedState[]> {
    return this.#db.tx(async (tx) => {
      const locked = await this.#lock(tx, ids);
      const decision = decide(locked);
      if (!decision) return [];
      const committed: CommittedState[] = [];
      const after = new Map(locked);
      const isWide = decision.edits.length > 1 && areSeparatePatches(decision.edits);
      if (isWide) committed.push(...(await this.#patchAll(tx, decision.edits, after, actor)));
      for (const edit of isWide ? [] : decision.edits) {
        if (edit.change.kind === 'purged')
          committed.push(...(await this.#release(tx, edit.workspaceId, after, actor)));
        const state = await this.#write(tx, after.get(edit.workspaceId) ?? null, edit.change);
        if (state) after.set(edit.workspaceId, state);
        else after.delete(edit.workspaceId);
        const version = await this.#log(tx, edit, actor);
        committed.push({ workspaceId: edit.workspaceId, state, version });
      }
      for (const event of decision.moreEvents ?? []) await this.#append(tx, event, null, actor);
      await also?.(tx, after);
      return committed;
    });
  }

  async #lock(tx: Tx, ids: readonly string[]): Promise<Map<string, WorkspaceState>> {
    if (ids.length === 0) return new Map();
    const rows = await tx.query<Record<string, unknown>>(
      `select ${COLUMN_LIST} from workspaces where id = any($1) order by id for update`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id as string, toState(row)]));
  }

  async #write(
    tx: Tx,
    before: WorkspaceState | null,
    change: WorkspaceChange,
  ): Promise<WorkspaceState | null> {
    const state = applyChange(before, change);
    if (!state) {
      await tx.query('delete from workspaces where id = $1', [before?.id]);
    } else if (change.kind === 'created') {
      await tx.query(`insert into workspaces (${COLUMN_LIST}) values (${PLACEHOLDERS})`, toValues(state));
      await tx.query('insert into workspace_vitals (workspace_id) values ($1)', [state.id]);
    } else {
      await tx.query(`update workspaces set ${ASSIGNMENTS} where id = $1`, toValues(state));
    }
    return state;
  }

  /** Rows that point to one which is about to go (removed reports, and removed ones it answers for) let go of it (S3). */
  async #release(
    tx: Tx,
    id: string,
    after: Map<string, WorkspaceState>,
    actor: string,
  ): Promise<CommittedState[]> {
    const rows = await tx.query<Record<string, unknown>>(
      `select ${COLUMN_LIST} from workspaces where parent_id = $1 or forwarded_to = $1 order by id for update`,
      [id],
    );
    const edits = rows.map(toState).map((state): WorkspaceEdit => {
      after.set(state.id, state);
      const patch = {
        ...(state.parentId === id ? { parentId: null } : {}),
        ...(state.forwardedTo === id ? { forwardedTo: null } : {}),
      };
      return { workspaceId: state.id, change: { kind: 'patched', patch }, events: [] };
    });
    return edits.length === 0 ? [] : this.#patchAll(tx, edits, after, actor);
  }

  /** A whole team at once: two statements, however many rows there are. */
  async #patchAll(
    tx: Tx,
    edits: readonly WorkspaceEdit[],
    rows: Map<string, WorkspaceState>,
    actor: string,
  ): Promise<CommittedState[]> {
    const states = edits.map(({ workspaceId, change }) => {
      const state = applyChange(rows.get(workspaceId) ?? null, change);
      if (!state) throw new Error(`a patch of ${workspaceId} left no row`);
      rows.set(workspaceId, state);
      return state;
    });
    await tx.query(
      `update workspaces w set ${FROM_RECORD}
       from json_populate_recordset(null::workspaces, $1::json) r where w.id = r.id`,
      [JSON.stringify(states.map(toRecord))],
    );
    const told = edits.flatMap((edit) =>
      eventsOf(edit).map((event, i) => ({ ...event, edit, change: i === 0 ? edit.change : null })),
    );
    const positions = await tx.query<{ position: number }>(
      `insert into events (id, workspace_id, event_type, payload, change, actor, created_at)
       select id, workspace_id, event_type, payload, change, $6, $7
       from unnest($1::uuid[], $2::uuid[], $3::text[], $4::json[], $5::json[])
         with ordinality as t (id, workspace_id, event_type, payload, change, n) order by n
       returning position`,
      [
        told.map(() => randomUUID()),
        told.map(({ edit }) => edit.workspaceId),
        told.map(({ type }) => type),
        told.map(({ payload }) => JSON.stringify(payload)),
        told.map(({ change }) => (change === null ? null : JSON.stringify(change))),
        actor,
        new Date(this.#clock.now()),
      ],
    );
    const versions = new Map<WorkspaceEdit, number>();
    for (const [i, { edit }] of told.entries()) versions.set(edit, positions[i]?.position ?? 0);
    return edits.map((edit, i) => ({
      workspaceId: edit.workspaceId,
      state: states[i] ?? null,
      version: versions.get(edit) ?? 0,
    }));
  }

  /** The change rides on the first event; the position of the last one is the version of the row. */
  async #log(tx: Tx, edit: WorkspaceEdit, actor: string): Promise<number> {
    let position = 0;
    for (const [i, event] of eventsOf(edit).entries()) {
      const change = i === 0 ? edit.change : null;
      position = await this.#append(tx, { workspaceId: edit.workspaceId, ...event }, change, actor);
    }
    return position;
  }

  async #append(tx: Tx, event: NewEvent, change: WorkspaceChange | null, actor: string): Promise<number> {
    const [row] = await tx.query<{ position: number }>(
      `insert into events (id, workspace_id, event_type, payload, change, actor, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) returning position`,
      [
        randomUUID(),
        event.workspaceId,
        event.type,
        JSON.stringify(event.payload),
        change === null ? null : JSON.stringify(change),
        actor,
        new Date(this.#clock.now()),
      ],
    );
    return row?.position ?? 0;
  }
}

function areSeparatePatches(edits: readonly WorkspaceEdit[]): boolean {
  const ids = new Set(edits.map(({ workspaceId }) => workspaceId));
  return ids.size === edits.length && edits.every(({ change }) => change.kind === 'patched');
}

/** Every change of a row has at least one event (S3). */
function eventsOf(edit: WorkspaceEdit): WorkspaceEdit['events'] {
  if (edit.events.length > 0) return edit.events;
  return [{ type: 'WORKSPACE_UPDATED', payload: { fields: changedFields(edit.change) } }];
}

function changedFields(change: WorkspaceChange): string[] {
  return change.kind === 'patched' ? Object.keys(change.patch) : [];
}
