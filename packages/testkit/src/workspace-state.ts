// Workspace state: a row of a workspace for tests, as it is right after its creation.

import type { WorkspaceState } from '@molecule/domain';

const CREATED_AT = 1_700_000_000_000;
const DEADLINE_AT = 1_800_000_000_000;

/** `provisioning`, with its deadline, on the process backend, unless `change` says otherwise. Times: epoch milliseconds. */
export function workspaceState(id: string, change: Partial<WorkspaceState> = {}): WorkspaceState {
  return {
    id,
    name: 'role',
    role: null,
    tier: 2,
    runtime: 'rehearsal',
    model: null,
    template: null,
    status: 'provisioning',
    statusReason: null,
    statusDetail: null,
    parentId: null,
    url: '',
    isUrlOurs: false,
    agentCard: null,
    deliveryMode: null,
    backend: 'process',
    x: 0,
    y: 0,
    isCollapsed: false,
    workspaceDir: null,
    workspaceAccess: 'none',
    budgetLimitCents: null,
    maxConcurrentTasks: 1,
    hibernationIdleMinutes: 0,
    deadlineAt: DEADLINE_AT,
    forwardedTo: null,
    sessionResetAt: null,
    carryFrom: null,
    eraseFrom: null,
    isolation: null,
    createdAt: CREATED_AT,
    removedAt: null,
    ...change,
  };
}
