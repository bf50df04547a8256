// Request approval: a workspace asks, and those above it are told.

import { randomUUID } from 'node:crypto';
import type { approvals, BodyOf } from '@molecule/contracts';
import { faults, LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import { type Caller, describeCaller } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import type { ApprovalStore } from './approval-store.ts';

export interface ApprovalDeps {
  approvals: ApprovalStore;
  directory: WorkspaceDirectory;
  clock: Clock;
  publishSoon(): void;
}

export async function requestApproval(
  deps: ApprovalDeps,
  caller: Caller,
  workspaceId: string,
  input: BodyOf<typeof approvals.requestApproval>,
): Promise<string> {
  const workspace = requireWorkspace(deps.directory, workspaceId);
  const context = input.context ?? null;
  if (context && Buffer.byteLength(JSON.stringify(context)) > LIMITS.approvalContextBytes) {
    throw faults.invalidRequest('invalid request body', {
      details: `context: larger than ${LIMITS.approvalContextBytes} bytes`,
    });
  }
  const id = randomUUID();
  await deps.approvals.create({
    id,
    workspaceId: workspace.id,
    parentId: workspace.parentId,
    taskId: input.task_id ?? null,
    action: input.action,
    reason: input.reason ?? null,
    context,
    deadlineAt: deps.clock.now() + TIMEOUTS_MS.approval,
    actor: describeCaller(caller),
  });
  deps.publishSoon();
  return id;
}
