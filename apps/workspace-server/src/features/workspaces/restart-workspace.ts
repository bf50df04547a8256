// Restart workspace: back to `provisioning`, then the controller stops the old unit and starts a new one.
//
//   T1. Status, new configuration, session reset and the end of the old agent's credential are one transaction: whoever
//       runs now cannot report itself online again.

import { ancestorsOf, faults, type WorkspaceState } from '@molecule/domain';
import type { AccessStore } from '../access/index.ts';
import { type ConfigSources, chooseConfig, type RestartOptions } from './choose-config.ts';
import { type EditDeps, transitionWorkspace } from './edit-workspace.ts';
import type { ProvisionRequests } from './provision-requests.ts';
import { requireWorkspace } from './require-workspace.ts';
import type { RestartContext } from './restart-context.ts';
import type { WorkspaceDirectory } from './workspace-directory.ts';

export interface RestartDeps extends EditDeps {
  access: AccessStore;
  provision: ProvisionRequests;
  configSources: ConfigSources;
  restartContext: Pick<RestartContext, 'expect'>;
}

/** Resolves with the label of the template that was applied. Throws 400 external, 404, 409 paused above, 410, 503. */
export async function restartWorkspace(
  deps: RestartDeps,
  actor: string,
  id: string,
  options: RestartOptions & { isSessionReset: boolean },
): Promise<string> {
  const workspace = requireWorkspace(deps.directory, id);
  if (workspace.backend === 'external') {
    throw faults.invalidRequest('an external workspace runs elsewhere and cannot be restarted from here');
  }
  refusePausedAncestor(deps.directory, workspace.id);
  if (!deps.provision.hasProvisioner()) throw faults.noBackend();
  const { label, files, template } = await chooseConfig(deps.configSources, workspace, options);
  deps.provision.forgiveCrashes(workspace.id);
  const moved = await transitionWorkspace(
    deps,
    {
      id: workspace.id,
      trigger: 'provision_requested',
      actor,
      payload: ({ name, tier, runtime }) => ({ name, tier, runtime }),
      patch: {
        url: '',
        isUrlOurs: false,
        ...(template === null ? {} : { template }),
        ...(options.isSessionReset ? { sessionResetAt: deps.clock.now() } : {}),
      },
    },
    async (tx) => {
      await deps.access.retireAllIn(tx, [workspace.id]);
      await deps.provision.keepFiles(tx, workspace.id, files);
    },
  );
  if (!moved) throw tooLate(deps.directory.get(workspace.id));
  deps.access.retired([workspace.id]);
  deps.restartContext.expect(workspace.id);
  deps.provision.request(workspace.id);
  return label;
}

function tooLate(now: WorkspaceState | null) {
  if (!now || now.status === 'removed') return faults.workspaceNotFound();
  return faults.conflict(`the workspace is ${now.status}; try again when it is at rest`);
}

export function refusePausedAncestor(directory: WorkspaceDirectory, id: string): void {
  for (const ancestorId of ancestorsOf(directory, id)) {
    const ancestor = directory.get(ancestorId);
    if (ancestor?.status === 'paused') {
      throw faults.conflict(`parent workspace "${ancestor.name}" is paused — resume it first`);
    }
  }
}
