// Workspace projection: the row of a workspace is the fold of its events, nothing else.
//
//   P1. Every structural change travels as a WorkspaceChange beside its event, in one transaction.
//   P2. applyChange is the only writer of a projected row: replaying all changes in order gives the table.

import type { BackendName } from './backend-name.ts';
import type { Isolation } from './isolation.ts';
import type { Tier } from './tiers.ts';
import type { WorkspaceStatus } from './workspace-status.ts';

export type DeliveryMode = 'push' | 'poll';
export type WorkspaceAccess = 'none' | 'read_only' | 'read_write';

/** The structural state of one workspace. Vital signs (heartbeat numbers) are not part of it. */
export interface WorkspaceState {
  id: string;
  name: string;
  role: string | null;
  tier: Tier;
  runtime: string;
  model: string | null;
  template: string | null;
  status: WorkspaceStatus;
  /** A stable code for people and clients, such as `provision_timeout` or `crash_loop`; null when there is none. */
  statusReason: string | null;
  statusDetail: string | null;
  parentId: string | null;
  url: string;
  /** True when our own provisioner set `url`; an agent's own report never replaces it. */
  isUrlOurs: boolean;
  /** What the start that gave `url` really put around the agent; it says nothing while `isUrlOurs` is false. */
  isolation: Isolation | null;
  agentCard: unknown;
  deliveryMode: DeliveryMode | null;
  backend: BackendName;
  /** Where the data of the workspace still lies; the next start brings it to `backend`. Null: it is there. */
  carryFrom: BackendName | null;
  /** Where a copy was left that nobody needs any more. Null: nowhere. */
  eraseFrom: BackendName | null;
  x: number;
  y: number;
  isCollapsed: boolean;
  workspaceDir: string | null;
  workspaceAccess: WorkspaceAccess;
  budgetLimitCents: number | null;
  maxConcurrentTasks: number;
  hibernationIdleMinutes: number;
  /** Epoch milliseconds; set exactly in transient states. */
  deadlineAt: number | null;
  forwardedTo: string | null;
  /** When the agent's saved session was last given up; a start drops what is older. Epoch milliseconds. */
  sessionResetAt: number | null;
  createdAt: number;
  removedAt: number | null;
}

export type WorkspaceChange =
  | { kind: 'created'; state: WorkspaceState }
  | { kind: 'patched'; patch: Partial<Omit<WorkspaceState, 'id' | 'createdAt'>> }
  | { kind: 'purged' };

/** Folds one change into a row. `null` stands for "no row". Throws on a change that cannot follow (a bug, not bad input). */
export function applyChange(state: WorkspaceState | null, change: WorkspaceChange): WorkspaceState | null {
  if (change.kind === 'created') {
    if (state) throw new Error(`workspace ${state.id} was created twice`);
    return change.state;
  }
  if (!state) throw new Error(`a ${change.kind} change came before the workspace was created`);
  if (change.kind === 'purged') return null;
  return { ...state, ...change.patch };
}
