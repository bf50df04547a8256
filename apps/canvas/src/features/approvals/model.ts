// Approvals: what waits for a decision, and how long a person still has.

import type { approvals } from '@molecule/contracts';
import { TIMEOUTS_MS } from '@molecule/domain';
import { say } from '../../languages/say.ts';
import type { FeedItem } from '../activity/model.ts';

export interface Pending {
  id: string;
  roleId: string;
  roleName: string;
  action: string;
  reason: string | null;
  askedAtMs: number;
}

export type Verdict = 'approve' | 'deny';

export function toPending(row: {
  id: string;
  workspace_id: string;
  workspace_name: string;
  action: string;
  reason: string | null;
  created_at: string;
}): Pending {
  return {
    id: row.id,
    roleId: row.workspace_id,
    roleName: row.workspace_name,
    action: row.action,
    reason: row.reason,
    askedAtMs: Date.parse(row.created_at),
  };
}

/** Unanswered requests are denied when their time is over. */
export function deadlineWords(askedAtMs: number, nowMs: number): string {
  const leftMs = askedAtMs + TIMEOUTS_MS.approval - nowMs;
  if (leftMs <= 0) return say('approvals.timeIsOver');
  if (leftMs < 60_000) return say('approvals.secondsLeft', { count: Math.ceil(leftMs / 1_000) });
  return say('approvals.minutesLeft', { count: Math.ceil(leftMs / 60_000) });
}

export function isUrgent(askedAtMs: number, nowMs: number): boolean {
  return askedAtMs + TIMEOUTS_MS.approval - nowMs < 120_000;
}

/** The newest thing that was told about approvals: when it changes, the list is read again. */
export function newestApprovalOf(feed: readonly FeedItem[]): string | undefined {
  return feed.find((item) => item.kind.startsWith('APPROVAL_'))?.id;
}

export function verdictWords(row: approvals.ApprovalRow): string {
  if (row.status === 'pending') return say('approvals.waits');
  const isApproved = row.status === 'approved';
  const by = row.decided_by;
  if (!by || by === 'human') return say(isApproved ? 'approvals.approved' : 'approvals.denied');
  return say(isApproved ? 'approvals.approvedBy' : 'approvals.deniedBy', { by });
}
