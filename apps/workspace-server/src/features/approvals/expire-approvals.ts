// Expire approvals: an unanswered request is denied at its deadline, and everybody is told. Run by a supervised loop.

import type { ApprovalStore } from './approval-store.ts';

const BATCH = 200;

export async function expireApprovals(deps: {
  approvals: Pick<ApprovalStore, 'denyDue'>;
  publishSoon(): void;
}): Promise<number> {
  let denied = 0;
  for (;;) {
    const count = await deps.approvals.denyDue(BATCH);
    denied += count;
    if (count > 0) deps.publishSoon();
    if (count < BATCH) return denied;
  }
}
