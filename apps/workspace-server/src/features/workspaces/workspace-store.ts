// Workspace store: reads workspaces, and changes them together with their events in one transaction.
//
//   S1. A row, its events and the outbox entry (an event without `seq`) are committed together or not at all.
//   S2. The rows that a decision is about are locked while it is made; two decisions on one row never interleave.
//   S3. Every change of a row has at least one event, so the log can rebuild the row.

import type { events } from '@molecule/contracts';
import type { WorkspaceChange, WorkspaceState } from '@molecule/domain';

export interface NewEvent {
  workspaceId: string | null;
  type: events.StoredEventType;
  payload: Record<string, unknown>;
}

export interface WorkspaceEdit {
  workspaceId: string;
  change: WorkspaceChange;
  /** In order; when empty, a WORKSPACE_UPDATED that names the changed fields is written (S3). */
  events: { type: events.StoredEventType; payload: Record<string, unknown> }[];
}

export interface Decision {
  edits: WorkspaceEdit[];
  /** Events that change no row of theirs, such as those told on a parent. */
  moreEvents?: NewEvent[];
}

/** Rows by id; a missing row is absent. */
export type LockedRows = ReadonlyMap<string, WorkspaceState>;

/** A changed row with the version that orders it against other changes of the same row. `state` is null after a purge. */
export interface CommittedState {
  workspaceId: string;
  state: WorkspaceState | null;
  version: number;
}

/** Runs inside the transaction, after the rows were written: credentials, secrets, clean-up of other tables. */
export type AlsoInTransaction<Tx> = (tx: Tx, rows: LockedRows) => Promise<void>;

export interface WorkspaceStore<Tx = unknown> {
  loadAll(): Promise<CommittedState[]>;
  read(id: string): Promise<WorkspaceState | null>;
  /**
   * Locks the rows `ids`, asks `decide`, and commits what it says. `decide` may return null: nothing changes.
   * `also` runs in the same transaction.
   */
  change(
    ids: readonly string[],
    actor: string,
    decide: (rows: LockedRows) => Decision | null,
    also?: AlsoInTransaction<Tx>,
  ): Promise<CommittedState[]>;
}
