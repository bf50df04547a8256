// Decide approval: the first word of somebody above counts. A workspace signs with its own id, whatever it says.

import type { approvals, BodyOf } from '@molecule/contracts';
import { faults, isUuid } from '@molecule/domain';
import { type Caller, describeCaller } from '@molecule/http';
import { requireWorkspace } from '../workspaces/index.ts';
import type { ApprovalDeps } from './request-approval.ts';

export interface Verdict {
  status: 'approved' | 'denied';
  decidedBy: string | null | undefined;
}

export async function decideApproval(
  deps: ApprovalDeps,
  caller: Caller,
  target: { id: string; approvalId: string },
  verdict: Verdict,
): Promise<{ status: Verdict['status']; approval_id: string }> {
  const { id: workspaceId } = requireWorkspace(deps.directory, target.id);
  const approvalId = target.approvalId.toLowerCase();
  const actor = describeCaller(caller);
  const isDecided =
    isUuid(approvalId) &&
    (await deps.approvals.decide({
      id: approvalId,
      workspaceId,
      status: verdict.status,
      decidedBy: caller.kind === 'workspace' ? actor : (verdict.decidedBy ?? 'human'),
      actor,
    }));
  if (!isDecided) throw faults.notFound('approval not found or already decided');
  deps.publishSoon();
  return { status: verdict.status, approval_id: approvalId };
}

const WORDS: Readonly<Record<string, Verdict['status']>> = {
  approved: 'approved',
  approve: 'approved',
  denied: 'denied',
  deny: 'denied',
  rejected: 'denied',
  reject: 'denied',
};

/** `decision` in any of its spellings, or `approved` as a boolean. A body that says both things at once is refused. */
export function parseVerdict(body: BodyOf<typeof approvals.decideApproval>): Verdict {
  const refuse = () => faults.invalidRequest("decision must be 'approved' or 'denied'");
  const said: Verdict['status'][] = [];
  if (typeof body.decision === 'string') {
    const word = Object.hasOwn(WORDS, body.decision) ? WORDS[body.decision] : undefined;
    if (!word) throw refuse();
    said.push(word);
  }
  if (typeof body.approved === 'boolean') said.push(body.approved ? 'approved' : 'denied');
  const [status, other = status] = said;
  if (!status || status !== other) throw refuse();
  return { status, decidedBy: body.decided_by };
}
