// Switch backend: the workspace runs elsewhere from now on, and everything that it keeps goes with it.
//
//   B1. The row says where the data lies (`carryFrom`) in the same commit that says where the workspace shall run; the start
//       brings it, however often it has to begin again.
//   B2. Data is erased from where it lay only once the workspace is online where it went (see unit-controller.ts).
//   B3. A workspace that moves can only move back until its data has arrived: what lies elsewhere then is a half copy.

import { type BackendName, faults, type WorkspaceState } from '@molecule/domain';
import { type EditDeps, type Patch, planTransition } from './edit-workspace.ts';
import type { ProvisionRequests } from './provision-requests.ts';
import type { WorkspaceEdit } from './workspace-store.ts';

/** A change of the row's other fields. */
export interface PlainEdit extends WorkspaceEdit {
  change: Extract<WorkspaceEdit['change'], { kind: 'patched' }>;
}

export interface SwitchDeps extends Pick<EditDeps, 'clock' | 'startLimitMs'> {
  /** Where agents may run. */
  backends: readonly BackendName[];
  provision: Pick<ProvisionRequests, 'findBackendProblem' | 'refuseMove'>;
}

/** The statuses in which nothing is started by the switch; the next start carries. */
const STAYS: readonly WorkspaceState['status'][] = ['paused', 'hibernated'];

/** Throws 400 for what is no backend here, 501 for a workspace that cannot be brought there, 503 while the backend is away. Null: it runs there already. */
export async function checkSwitch(
  deps: SwitchDeps,
  workspace: WorkspaceState,
  asked: string,
): Promise<BackendName | null> {
  if (workspace.backend === 'external') {
    throw faults.invalidRequest('an external workspace runs elsewhere; create another one to run it here');
  }
  const target = deps.backends.find((name) => name === asked && name !== 'none');
  if (!target) throw faults.invalidRequest(`backend must be one of: ${deps.backends.join(', ')}`);
  if (target === workspace.backend) return null;
  deps.provision.refuseMove(workspace, target);
  const problem = await deps.provision.findBackendProblem(target);
  if (problem !== null) throw faults.backendTransient(`${problem}; the workspace stays where it is`);
  return target;
}

/** By the row as it is under its lock; `plain` is what else changes with it. Null: it runs there already. */
export function planSwitch(
  deps: Pick<SwitchDeps, 'clock' | 'startLimitMs'>,
  before: WorkspaceState,
  target: BackendName,
  plain: PlainEdit,
): WorkspaceEdit | null {
  const { backend, carryFrom } = before;
  if (backend === target) return null;
  if (carryFrom !== null && carryFrom !== target) {
    throw faults.conflict(
      `the workspace is still moving from ${carryFrom} to ${backend}; it can only move back`,
    );
  }
  const homes =
    carryFrom === null
      ? { carryFrom: backend, eraseFrom: before.eraseFrom === target ? null : before.eraseFrom }
      : { carryFrom: null, eraseFrom: backend };
  const patch: Patch = { ...plain.change.patch, backend: target, ...homes, url: '', isUrlOurs: false };
  const fields = [...Object.keys(plain.change.patch), 'backend'];
  const events: WorkspaceEdit['events'] = [
    ...plain.events,
    { type: 'WORKSPACE_UPDATED', payload: { fields, backend: target, moved_from: backend } },
  ];
  if (STAYS.includes(before.status)) {
    return { workspaceId: before.id, change: { kind: 'patched', patch }, events };
  }
  const started = planTransition(deps, before, {
    trigger: 'provision_requested',
    payload: ({ name, tier, runtime }) => ({ name, tier, runtime }),
    patch,
  });
  if (!started) throw faults.conflict(`the workspace is ${before.status}; try again when it is at rest`);
  return { ...started, events: [...events, ...started.events] };
}
