// Restart workspace: back to `provisioning`, then the controller stops the old unit and starts a new one.

import { ancestorsOf, faults } from '@molecule/domain';
import { type EditDeps, transitionWorkspace } from './edit-workspace.ts';
import type { ProvisionRequests } from './provision-requests.ts';
import { requireWorkspace } from './require-workspace.ts';
import type { WorkspaceDirectory } from './workspace-directory.ts';

export interface RestartDeps extends EditDeps {
  provision: ProvisionRequests;
}

export async function restartWorkspace(deps: RestartDeps, actor: string, id: string): Promise<void> {
  const workspace = requireWorkspace(deps.directory, id);
  if (workspace.backend === 'external') {
    throw faults.invalidRequest('an external workspace runs elsewhere and cannot be restarted from here');
  }
  refusePausedAncestor(deps.directory, workspace.id);
  if (!deps.provision.hasProvisioner()) throw faults.noBackend();
  deps.provision.forgiveCrashes(workspace.id);
  await transitionWorkspace(deps, {
    id: workspace.id,
    trigger: 'provision_requested',
    actor,
    payload: ({ name, tier, runtime }) => ({ name, tier, runtime }),
    patch: { url: '', isUrlOurs: false },
  });
  deps.provision.request(workspace.id);
}

export function refusePausedAncestor(directory: WorkspaceDirectory, id: string): void {
  for (const ancestorId of ancestorsOf(directory, id)) {
    const ancestor = directory.get(ancestorId);
    if (ancestor?.status === 'paused') {
      throw faults.conflict(`parent workspace "${ancestor.name}" is paused — resume it first`);
    }
  }
}
