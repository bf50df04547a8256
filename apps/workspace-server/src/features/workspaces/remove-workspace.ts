// Remove workspace: marks a workspace and everything below it removed, revokes their tokens, then stops their units.
//
//   X1. Rows, tokens and events are committed first: from then on nobody can reach or revive them.
//   X2. Stopping goes on when the client hangs up; a unit that does not stop is reported (500) and stopped again on retry.
//   X3. Volumes are erased only for units that stopped, and only on purge.

import type { workspaces } from '@molecule/contracts';
import { Fault, faults, parseWorkspaceId, type WorkspaceState } from '@molecule/domain';
import type { Log } from '@molecule/kit';
import type { AccessStore } from '../access/index.ts';
import { type EditDeps, editWorkspaces, planTransition } from './edit-workspace.ts';
import type { ProvisionRequests } from './provision-requests.ts';
import { requireKnown } from './require-workspace.ts';
import type { WorkspaceSecrets } from './unit-config.ts';
import type { VitalSigns } from './vital-signs.ts';

export interface RemoveDeps extends EditDeps {
  access: AccessStore;
  provision: ProvisionRequests;
  vitals: VitalSigns;
  secrets: Pick<WorkspaceSecrets, 'removeAllIn'>;
  log: Log;
  /** Deletes the rows of other features that belong to purged workspaces, in the same transaction. */
  purgeRows(tx: Parameters<AccessStore['revokeAllIn']>[0], ids: readonly string[]): Promise<void>;
}

export async function removeWorkspace(
  deps: RemoveDeps,
  actor: string,
  id: string,
  options: { isConfirmed: boolean; isPurge: boolean; successorId?: string | undefined },
): Promise<{ status: 'removed' | 'purged'; cascadeDeleted: number; workspaces: workspaces.TreeMember[] }> {
  const root = requireKnown(deps.directory, id);
  const children = deps.directory.childrenOf(root.id);
  if (children.length > 0 && !options.isConfirmed) throw confirmationRequired(children);
  const live = deps.directory.descendantsOf(root.id);
  const below = live.length;
  // X2. A repeated call also ends what the one before could not.
  const removed = root.status === 'removed' ? deps.directory.removedBelow(root.id) : [];
  const doomed = [root, ...live, ...removed];
  const successorId = chooseSuccessor(deps, doomed, options.successorId);
  await markRemoved(deps, actor, doomed, { below, successorId });
  await stopUnits(deps, doomed);
  const members = doomed.map(({ id, name }) => ({ id, name }));
  if (!options.isPurge) return { status: 'removed', cascadeDeleted: below, workspaces: members };
  await purge(deps, actor, doomed);
  return { status: 'purged', cascadeDeleted: below, workspaces: members };
}

function confirmationRequired(children: WorkspaceState[]): Fault {
  return new Fault('CONFIRMATION_REQUIRED', 'confirmation required', {
    extra: {
      status: 'confirmation_required',
      message: 'this workspace has workspaces below it; repeat with ?confirm=true to remove them all',
      children: children.map(({ id, name }) => ({ id, name })),
      children_count: children.length,
    },
  });
}

/** Null: nobody answers for what is removed. */
function chooseSuccessor(
  deps: RemoveDeps,
  doomed: readonly WorkspaceState[],
  asked: string | undefined,
): string | null {
  if (asked === undefined) return null;
  const successor = deps.directory.get(parseWorkspaceId(asked) ?? '');
  const isGood = successor && successor.status !== 'removed' && !doomed.some(({ id }) => id === successor.id);
  if (!isGood) throw faults.invalidRequest('forward_to must name a workspace that stays');
  return successor.id;
}

async function markRemoved(
  deps: RemoveDeps,
  actor: string,
  doomed: WorkspaceState[],
  { below, successorId }: { below: number; successorId: string | null },
): Promise<void> {
  const ids = doomed.map((state) => state.id);
  const committed = await editWorkspaces(
    deps,
    ids,
    actor,
    (rows) => {
      const edits = [...rows.values()].flatMap((before) => {
        const isRoot = before.id === doomed[0]?.id;
        const payload = isRoot ? { cascade_deleted: below } : {};
        const edit = planTransition(deps, before, {
          trigger: 'remove',
          payload: () => payload,
          patch: {
            url: '',
            isUrlOurs: false,
            removedAt: deps.clock.now(),
            ...(isRoot && successorId !== null ? { forwardedTo: successorId } : {}),
          },
        });
        return edit ? [edit] : [];
      });
      return edits.length === 0 ? null : { edits };
    },
    async (tx) => {
      await deps.access.revokeAllIn(tx as never, ids);
      await deps.secrets.removeAllIn(tx, ids);
    },
  );
  deps.access.revoked(committed.map((state) => state.workspaceId));
}

async function stopUnits(deps: RemoveDeps, doomed: WorkspaceState[]): Promise<void> {
  const members = await Promise.all(doomed.map((state) => stopRemoved(deps, state)));
  for (const state of doomed) deps.vitals.forget(state.id);
  const failed = members.filter(({ error }) => error !== undefined).length;
  if (failed > 0) {
    throw new Fault(
      'STOP_FAILED',
      'workspaces were removed, but some are still running; repeat the call to stop them',
      { extra: { removed_count: doomed.length, stop_failures: failed, workspaces: members } },
    );
  }
}

async function stopRemoved(
  deps: RemoveDeps,
  { id, name, backend }: WorkspaceState,
): Promise<workspaces.TreeMember> {
  if (backend === 'external') return { id, name };
  try {
    await deps.provision.stop(id);
    return { id, name };
  } catch (error) {
    deps.log.error({ err: error, workspaceId: id }, 'a removed workspace did not stop');
    return { id, name, error: 'removed, but still running; repeat the call to stop it' };
  }
}

async function purge(deps: RemoveDeps, actor: string, doomed: WorkspaceState[]): Promise<void> {
  const ids = doomed.map((state) => state.id);
  await Promise.all(
    doomed.filter((state) => state.backend !== 'external').map((state) => deps.provision.erase(state.id)),
  );
  await editWorkspaces(
    deps,
    ids,
    actor,
    (rows) => ({
      // Children first, so that no row loses its parent before its own turn.
      edits: [...doomed]
        .reverse()
        .filter((state) => rows.has(state.id))
        .map((state) => ({
          workspaceId: state.id,
          change: { kind: 'purged' as const },
          events: [{ type: 'WORKSPACE_REMOVED' as const, payload: { purged: true } }],
        })),
    }),
    (tx) => deps.purgeRows(tx as never, ids),
  );
  if (ids.some((id) => deps.directory.get(id))) throw faults.internal('purge failed');
}
