// Edit workspace: the one path by which a row changes. Commits the change with its events, then mirrors and publishes it.

import type { events } from '@molecule/contracts';
import {
  decideTransition,
  type LifecycleTrigger,
  TIMEOUTS_MS,
  WAITS_FOR,
  type WorkspaceState,
} from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { Tx } from '@molecule/postgres';
import type { WorkspaceDirectory } from './workspace-directory.ts';
import type {
  AlsoInTransaction,
  CommittedState,
  Decision,
  LockedRows,
  WorkspaceStore,
} from './workspace-store.ts';

export interface EditDeps {
  store: WorkspaceStore<Tx>;
  directory: WorkspaceDirectory;
  clock: Clock;
  /** Wakes the publisher: there are events in the outbox. */
  publishSoon(): void;
  /** How long an agent of this engine may take to come up, in milliseconds. */
  startLimitMs(runtime: string): number;
}

export type Patch = Partial<Omit<WorkspaceState, 'id' | 'createdAt'>>;

export async function editWorkspaces(
  deps: EditDeps,
  ids: readonly string[],
  actor: string,
  decide: (rows: LockedRows) => Decision | null,
  also?: AlsoInTransaction<Tx>,
): Promise<CommittedState[]> {
  const committed = await deps.store.change(ids, actor, decide, also);
  deps.directory.apply(committed);
  deps.publishSoon();
  return committed;
}

export interface TransitionInput {
  id: string;
  trigger: LifecycleTrigger;
  actor: string;
  /** Payload of each event that the lifecycle tells, by the row as it was. */
  payload?: (before: WorkspaceState, type: events.StoredEventType) => Record<string, unknown>;
  patch?: Patch | ((before: WorkspaceState) => Patch);
  /** Checked under the row's lock; false means that the trigger came too late. */
  onlyIf?: (before: WorkspaceState) => boolean;
  deadlineMs?: number;
}

/** Fires a lifecycle trigger at one workspace. Resolves with the new state, or null when nothing changed. */
export async function transitionWorkspace(
  deps: EditDeps,
  input: TransitionInput,
  also?: AlsoInTransaction<Tx>,
): Promise<WorkspaceState | null> {
  const decide = (rows: LockedRows) => {
    const before = rows.get(input.id);
    if (!before || input.onlyIf?.(before) === false) return null;
    const edit = planTransition(deps, before, input);
    return edit ? { edits: [edit] } : null;
  };
  const [committed] = await editWorkspaces(deps, [input.id], input.actor, decide, also);
  return committed?.state ?? null;
}

/** What a trigger does to a row: the patch and its events; null when it changes nothing. */
export function planTransition(
  deps: Pick<EditDeps, 'clock' | 'startLimitMs'>,
  before: WorkspaceState,
  input: Omit<TransitionInput, 'id' | 'actor' | 'onlyIf'>,
) {
  const decision = decideTransition(before.status, input.trigger);
  if (!decision) return null;
  const now = deps.clock.now();
  const limitMs = decision.to === 'hibernating' ? TIMEOUTS_MS.hibernate : deps.startLimitMs(before.runtime);
  const patch: Patch = {
    status: decision.to,
    statusReason: null,
    statusDetail: null,
    deadlineAt: decision.needsDeadline ? now + (input.deadlineMs ?? limitMs) : null,
    ...(typeof input.patch === 'function' ? input.patch(before) : input.patch),
  };
  return {
    workspaceId: before.id,
    change: { kind: 'patched' as const, patch },
    events: decision.events.map((type) => ({ type, payload: input.payload?.(before, type) ?? {} })),
  };
}

/** For people: what a resting workspace waits for. */
export function waitsFor(state: WorkspaceState): string | null {
  return WAITS_FOR[state.status];
}
