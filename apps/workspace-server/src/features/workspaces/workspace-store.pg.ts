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
  { field: 'agentCard', column: 'agent_card', as: 'json' },
  { field: 'deliveryMode', column: 'delivery_mode' },
  { field: 'backend', column: 'backend' },
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
const ASSIGNMENTS = COLUMNS.slice(1)
  .map((c, i) => `${c.column} = $${i + 2}`)
  .join(', ');

export function toState(row: Record<string, unknown>): WorkspaceState {
  const state: Record<string, unknown> = {};
  for (const { field, column } of COLUMNS) state[field] = row[column] ?? null;
  return state as unknown as WorkspaceState;
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
      for (const edit of decision.edits) {
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
      await tx.query('update workspaces set parent_id = null where parent_id = $1', [before?.id]);
      await tx.query('update workspaces set forwarded_to = null where forwarded_to = $1', [before?.id]);
      await tx.query('delete from workspaces where id = $1', [before?.id]);
    } else if (change.kind === 'created') {
      await tx.query(`insert into workspaces (${COLUMN_LIST}) values (${PLACEHOLDERS})`, toValues(state));
      await tx.query('insert into workspace_vitals (workspace_id) values ($1)', [state.id]);
    } else {
      await tx.query(`update workspaces set ${ASSIGNMENTS} where id = $1`, toValues(state));
    }
    return state;
  }

  /** The change rides on the first event; the position of the last one is the version of the row. */
  async #log(tx: Tx, edit: WorkspaceEdit, actor: string): Promise<number> {
    const told: WorkspaceEdit['events'] =
      edit.events.length > 0
        ? edit.events
        : [{ type: 'WORKSPACE_UPDATED' as const, payload: { fields: changedFields(edit.change) } }];
    let position = 0;
    for (const [i, event] of told.entries()) {
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

function changedFields(change: WorkspaceChange): string[] {
  return change.kind === 'patched' ? Object.keys(change.patch) : [];
}
