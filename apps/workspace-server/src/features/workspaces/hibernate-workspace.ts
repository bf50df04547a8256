// Hibernate workspace: claim an idle workspace, free its process, keep everything else. The next message wakes it.

import { faults } from '@molecule/domain';
import { type EditDeps, transitionWorkspace } from './edit-workspace.ts';
import type { ProvisionRequests } from './provision-requests.ts';
import { requireKnown } from './require-workspace.ts';
import type { VitalSigns } from './vital-signs.ts';

const NOT_HIBERNATABLE = 'workspace not found or not in a hibernatable state (must be online or degraded)';

export interface HibernateDeps extends EditDeps {
  provision: ProvisionRequests;
  vitals: VitalSigns;
  /** `isFinal`: what was on its way is ended for good, not delivered again. */
  abortCalls(workspaceId: string, reason: string, isFinal?: boolean): void;
  inFlight(workspaceId: string): number;
}

export async function hibernateWorkspace(
  deps: HibernateDeps,
  actor: string,
  id: string,
  isForced: boolean,
): Promise<void> {
  const workspace = requireKnown(deps.directory, id, NOT_HIBERNATABLE);
  const notNow = () => faults.workspaceNotFound(NOT_HIBERNATABLE);
  if (workspace.backend === 'external' || !['online', 'degraded'].includes(workspace.status)) throw notNow();
  const activeTasks = () => Math.max(deps.vitals.of(workspace.id).activeTasks, deps.inFlight(workspace.id));
  if (!isForced && activeTasks() > 0) {
    throw faults.conflict('workspace has active tasks; use ?force=true to terminate them', {
      active_tasks: activeTasks(),
    });
  }
  const claimed = await transitionWorkspace(deps, {
    id: workspace.id,
    trigger: 'hibernate_claimed',
    actor,
    onlyIf: () => isForced || activeTasks() === 0,
  });
  if (!claimed) throw notNow();
  deps.abortCalls(workspace.id, 'workspace hibernated', isForced);
  await deps.provision.stop(workspace.id);
  await transitionWorkspace(deps, {
    id: workspace.id,
    trigger: 'hibernate_done',
    actor,
    payload: ({ name, tier }) => ({ name, tier }),
    patch: { url: '', isUrlOurs: false },
  });
}
