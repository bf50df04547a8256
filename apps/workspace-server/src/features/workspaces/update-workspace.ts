// Update workspace: rename, re-role, re-tier, move in the chart or on the board. All or nothing, with its events.

import type { workspaces } from '@molecule/contracts';
import { faults, isUuid, judgeMove, LIMITS, MAX_DEPTH, type WorkspaceState } from '@molecule/domain';
import { type Caller, describeCaller } from '@molecule/http';
import type { AccessStore } from '../access/index.ts';
import { checkTier } from './create-workspace.ts';
import { type EditDeps, editWorkspaces, type Patch } from './edit-workspace.ts';
import type { ProvisionRequests } from './provision-requests.ts';
import { requireWorkspace } from './require-workspace.ts';
import type { RestartContext } from './restart-context.ts';
import { refusePausedAncestor } from './restart-workspace.ts';
import { checkSwitch, type PlainEdit, planSwitch, type SwitchDeps } from './switch-backend.ts';
import type { ConfigNumbers } from './unit-config.ts';
import { checkName, checkText, isAllowedFolder } from './validate-fields.ts';

export interface UpdateDeps extends EditDeps, SwitchDeps {
  access: AccessStore;
  provision: ProvisionRequests;
  restartContext: Pick<RestartContext, 'expect'>;
  numbers: Pick<ConfigNumbers, 'recordIn'>;
}

/** Fields that the agent is started with. */
const STARTED_WITH = ['role', 'runtime', 'tier', 'workspace_dir'] as const;

export async function updateWorkspace(
  deps: UpdateDeps,
  caller: Caller,
  id: string,
  input: workspaces.UpdateWorkspaceInput,
): Promise<{ needsRestart: boolean }> {
  const workspace = requireWorkspace(deps.directory, id);
  refuseOwnChange(caller, input);
  const patch = planPatch(input, workspace);
  const target = input.backend === undefined ? null : await checkSwitch(deps, workspace, input.backend);
  if (target !== null) refusePausedAncestor(deps.directory, workspace.id);
  const newParent = patch.parentId;
  const locked = newParent ? [workspace.id, newParent] : [workspace.id];
  const actor = describeCaller(caller);
  let recorded = () => {};
  let isSwitched = false;
  /** A workspace that rests is left to rest: its next start carries. */
  let isToStart = false;
  await editWorkspaces(
    deps,
    locked,
    actor,
    (rows) => {
      const before = rows.get(workspace.id);
      if (!before || before.status === 'removed') throw faults.workspaceNotFound();
      if (newParent !== undefined) checkMove(deps, before.id, newParent);
      const plain = planEdit(before, patch);
      const switched = target === null ? null : planSwitch(deps, before, target, plain);
      isSwitched = switched !== null;
      return { edits: [switched ?? plain] };
    },
    async (tx, rows) => {
      isToStart = isSwitched && rows.get(workspace.id)?.status === 'provisioning';
      if (isToStart) await deps.access.retireAllIn(tx, [workspace.id]);
      if (STARTED_WITH.every((field) => input[field] === undefined)) return;
      const change = { cause: 'fields', actor, needsRestart: false, isTold: true };
      recorded = await deps.numbers.recordIn(tx, { workspaceIds: [workspace.id], ...change });
    },
  );
  recorded();
  if (isToStart) startElsewhere(deps, workspace.id);
  return { needsRestart: input.workspace_dir !== undefined };
}

function refuseOwnChange(caller: Caller, input: workspaces.UpdateWorkspaceInput): void {
  const fields = (['parent_id', 'tier', 'backend'] as const).filter((field) => input[field] !== undefined);
  if (caller.kind !== 'workspace' || fields.length === 0) return;
  const named = fields.includes('backend') ? 'backend' : 'parent_id or tier';
  throw faults.forbidden(`changing ${named} needs an admin credential`);
}

function startElsewhere(deps: UpdateDeps, id: string): void {
  deps.access.retired([id]);
  deps.restartContext.expect(id);
  deps.provision.forgiveCrashes(id);
  deps.provision.request(id);
}

function planPatch(input: workspaces.UpdateWorkspaceInput, workspace: WorkspaceState): Patch {
  const patch: Patch = {};
  if (input.name !== undefined) {
    checkName(input.name);
    patch.name = input.name;
  }
  if (input.role !== undefined) {
    if (input.role !== null) checkText('role', input.role, LIMITS.roleChars);
    patch.role = input.role || null;
  }
  if (input.runtime !== undefined) {
    checkText('runtime', input.runtime, LIMITS.runtimeChars);
    if ((input.runtime === 'external') !== (workspace.backend === 'external')) {
      throw faults.invalidRequest(
        'a workspace cannot change between external and hosted; create another one',
      );
    }
    if (input.runtime !== '') patch.runtime = input.runtime;
  }
  if (input.tier !== undefined) patch.tier = checkTier(input.tier, workspace.tier);
  if (input.collapsed !== undefined) patch.isCollapsed = input.collapsed;
  if (input.x !== undefined && input.y !== undefined) Object.assign(patch, { x: input.x, y: input.y });
  if (input.workspace_dir !== undefined) {
    if (input.workspace_dir && !isAllowedFolder(input.workspace_dir)) {
      throw faults.invalidRequest('invalid workspace directory');
    }
    patch.workspaceDir = input.workspace_dir || null;
  }
  if (input.hibernation_idle_minutes !== undefined)
    patch.hibernationIdleMinutes = input.hibernation_idle_minutes;
  if (input.parent_id !== undefined) {
    patch.parentId = parseParentId(input.parent_id);
  }
  return patch;
}

/** Null and the empty text mean no parent. */
export function parseParentId(text: string | null): string | null {
  if (!text) return null;
  if (!isUuid(text)) throw faults.invalidRequest('parent_id must be a UUID or null');
  return text.toLowerCase();
}

function planEdit(before: WorkspaceState, patch: Patch): PlainEdit {
  const isMoved = patch.parentId !== undefined && patch.parentId !== before.parentId;
  return {
    workspaceId: before.id,
    change: { kind: 'patched', patch },
    events: isMoved
      ? [
          {
            type: 'WORKSPACE_MOVED',
            payload: { old_parent_id: before.parentId, new_parent_id: patch.parentId ?? null },
          },
        ]
      : [],
  };
}

/** Refuses a parent that is unknown, the workspace itself, below it, or too deep. */
export function checkMove(deps: Pick<EditDeps, 'directory'>, id: string, newParent: string | null): void {
  switch (judgeMove(deps.directory, id, newParent, depthBelow(deps, id))) {
    case 'self':
      throw faults.invalidRequest('a workspace cannot be its own parent');
    case 'cycle':
      throw faults.invalidRequest('parent_id is below this workspace: the org chart would have a cycle');
    case 'unknown_parent':
      throw faults.invalidRequest('parent_id names no workspace');
    case 'too_deep':
      throw faults.invalidRequest(`the org chart would be deeper than ${MAX_DEPTH} levels`);
    case 'ok':
  }
}

function depthBelow(deps: Pick<EditDeps, 'directory'>, id: string): number {
  const children = deps.directory.childrenOf(id);
  return children.length === 0 ? 0 : 1 + Math.max(...children.map((child) => depthBelow(deps, child.id)));
}
