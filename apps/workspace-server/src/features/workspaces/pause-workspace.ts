// Pause and resume: a workspace with everything below it. Paused agents are stopped; messages to them are refused.

import type { workspaces } from '@molecule/contracts';
import { faults, type WorkspaceState } from '@molecule/domain';
import type { Log } from '@molecule/kit';
import { type EditDeps, editWorkspaces, planTransition } from './edit-workspace.ts';
import type { ProvisionRequests } from './provision-requests.ts';
import { requireKnown } from './require-workspace.ts';
import { refusePausedAncestor } from './restart-workspace.ts';

const NOT_PAUSABLE = 'workspace not found or already paused';
const NOT_PAUSED = 'workspace not found or not paused';

export interface PauseDeps extends EditDeps {
  provision: ProvisionRequests;
  log: Log;
  /** Ends what is on its way to a workspace that stops. */
  abortCalls(workspaceId: string, reason: string): void;
}

/** Who was paused. One that still runs has an `error`: its row says paused, and the sweep ends it. */
export async function pauseWorkspace(
  deps: PauseDeps,
  actor: string,
  id: string,
): Promise<workspaces.TreeMember[]> {
  const root = requireKnown(deps.directory, id, NOT_PAUSABLE);
  const isPausable = (state: WorkspaceState) => state.status !== 'removed' && state.status !== 'paused';
  if (!isPausable(root)) throw faults.workspaceNotFound(NOT_PAUSABLE);
  const affected = [root, ...deps.directory.descendantsOf(root.id)].filter(isPausable);
  const committed = await editWorkspaces(
    deps,
    affected.map((state) => state.id),
    actor,
    (rows) => ({
      edits: [...rows.values()].flatMap(
        (before) =>
          planTransition(deps, before, {
            trigger: 'pause',
            payload: ({ name }) => ({ name }),
            patch: (state) => (state.backend === 'external' ? {} : { url: '', isUrlOurs: false }),
          }) ?? [],
      ),
    }),
  );
  const paused = inOrderOf(affected, committed);
  return Promise.all(paused.map((id) => stopPaused(deps, id)));
}

async function stopPaused(deps: PauseDeps, id: string): Promise<workspaces.TreeMember> {
  deps.abortCalls(id, 'workspace paused');
  const state = deps.directory.get(id);
  const member = { id, name: state?.name ?? id };
  if (state?.backend === 'external') return member;
  try {
    await deps.provision.stop(id);
    return member;
  } catch (error) {
    // The row says paused, so the sweep stops the unit again until it is gone.
    deps.log.error({ err: error, workspaceId: id }, 'a paused workspace did not stop yet');
    return { ...member, error: 'paused, but still running; the server keeps trying to stop it' };
  }
}

export async function resumeWorkspace(
  deps: PauseDeps,
  actor: string,
  id: string,
): Promise<workspaces.TreeMember[]> {
  const root = requireKnown(deps.directory, id, NOT_PAUSED);
  if (root.status !== 'paused') throw faults.workspaceNotFound(NOT_PAUSED);
  refusePausedAncestor(deps.directory, root.id);
  if (root.backend !== 'external' && !deps.provision.hasProvisioner()) throw faults.noBackend();
  const affected = [root, ...deps.directory.descendantsOf(root.id)].filter(
    (state) => state.status === 'paused',
  );
  const committed = await editWorkspaces(
    deps,
    affected.map((state) => state.id),
    actor,
    (rows) => ({
      edits: [...rows.values()].flatMap(
        (before) =>
          planTransition(deps, before, {
            trigger: before.backend === 'external' ? 'external_awaited' : 'resume',
            payload: ({ name, tier, runtime }) => ({ name, tier, runtime }),
          }) ?? [],
      ),
    }),
  );
  for (const { workspaceId, state } of committed) {
    if (state?.status === 'provisioning') deps.provision.request(workspaceId);
  }
  const resumed = inOrderOf(affected, committed);
  return resumed.map((id) => ({ id, name: deps.directory.get(id)?.name ?? id }));
}

/** Parents before children, as the tree was read. */
function inOrderOf(tree: readonly WorkspaceState[], committed: readonly { workspaceId: string }[]): string[] {
  const ids = new Set(committed.map(({ workspaceId }) => workspaceId));
  return tree.map(({ id }) => id).filter((id) => ids.has(id));
}
