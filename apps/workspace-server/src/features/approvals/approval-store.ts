// Approval store: what workspaces ask for, and what was decided.
//
//   P1. A request, its end and their events are committed together or not at all.
//   P2. The first decision stands: whoever comes second, or after the deadline, changes nothing.
//   P3. A workspace has at most LIMITS.approvalsPending open requests.

import type { approvals } from '@molecule/contracts';

export interface Approval {
  id: string;
  workspaceId: string;
  taskId: string | null;
  action: string;
  reason: string | null;
  status: approvals.ApprovalStatus;
  decidedBy: string | null;
  /** Epoch milliseconds, as the other times. */
  decidedAt: number | null;
  createdAt: number;
  deadlineAt: number | null;
}

export interface NewApproval {
  id: string;
  workspaceId: string;
  /** Where the request is told as well; null for a root. */
  parentId: string | null;
  taskId: string | null;
  action: string;
  reason: string | null;
  context: Record<string, unknown> | null;
  deadlineAt: number;
  actor: string;
}

export interface Decision {
  id: string;
  workspaceId: string;
  status: 'approved' | 'denied';
  decidedBy: string;
  actor: string;
}

export interface Page {
  limit: number;
  offset: number;
}

export interface ApprovalStore {
  /** A full house is QUEUE_FULL (P3). */
  create(input: NewApproval): Promise<void>;
  /** Newest first. */
  listByWorkspace(workspaceId: string, page: Page): Promise<Approval[]>;
  /** Open requests of workspaces that are not removed, newest first. */
  listPending(page: Page): Promise<Approval[]>;
  /** False when there is no such open request (P2). */
  decide(decision: Decision): Promise<boolean>;
  /** Denies up to `limit` requests past their deadline, and returns how many it denied. */
  denyDue(limit: number): Promise<number>;
}
