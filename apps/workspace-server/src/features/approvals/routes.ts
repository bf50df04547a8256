// Approval routes: ask, list, decide.

import { approvals as contract } from '@molecule/contracts';
import type { Binder } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { isoOrNull, requireWorkspace } from '../workspaces/index.ts';
import type { Approval } from './approval-store.ts';
import { decideApproval, parseVerdict } from './decide-approval.ts';
import { type ApprovalDeps, requestApproval } from './request-approval.ts';

export function bindApprovalRoutes(app: FastifyInstance, binder: Binder, deps: ApprovalDeps): void {
  binder.bind(app, contract.requestApproval, async ({ caller, params, body }) => ({
    approval_id: await requestApproval(deps, caller, params.id, body),
    status: 'pending' as const,
  }));

  binder.bind(app, contract.listApprovals, async ({ params, query }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    return (await deps.approvals.listByWorkspace(id, query)).map(toRow);
  });

  binder.bind(app, contract.listPendingApprovals, async ({ query }) =>
    (await deps.approvals.listPending(query)).map((approval) => ({
      id: approval.id,
      workspace_id: approval.workspaceId,
      workspace_name: deps.directory.get(approval.workspaceId)?.name ?? '',
      action: approval.action,
      reason: approval.reason,
      status: 'pending' as const,
      created_at: new Date(approval.createdAt).toISOString(),
    })),
  );

  binder.bind(app, contract.decideApproval, async ({ caller, params, body }) =>
    decideApproval(deps, caller, params, parseVerdict(body)),
  );

  binder.bind(app, contract.approveApproval, async ({ caller, params, body }) =>
    decideApproval(deps, caller, params, { status: 'approved', decidedBy: body.decided_by }),
  );

  binder.bind(app, contract.denyApproval, async ({ caller, params, body }) =>
    decideApproval(deps, caller, params, { status: 'denied', decidedBy: body.decided_by }),
  );
}

function toRow(approval: Approval): contract.ApprovalRow {
  return {
    id: approval.id,
    task_id: approval.taskId,
    action: approval.action,
    reason: approval.reason,
    status: approval.status,
    decided_by: approval.decidedBy,
    decided_at: isoOrNull(approval.decidedAt),
    created_at: new Date(approval.createdAt).toISOString(),
  };
}
