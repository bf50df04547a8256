// Find peers: who is around a workspace, and where.

import type { registry } from '@molecule/contracts';
import { canCommunicate, faults, isUuid, type WorkspaceState } from '@molecule/domain';
import {
  isoOrNull,
  requireWorkspace,
  type VitalSigns,
  type WorkspaceDirectory,
} from '../workspaces/index.ts';

export interface PeerDeps {
  directory: WorkspaceDirectory;
  vitals: VitalSigns;
  /** Would the relay connect to an address that an agent reported? */
  isUrlDispatchable(url: string): Promise<boolean>;
}

/** Siblings, direct reports and the manager of a workspace; roots are each other's siblings. */
export function listPeers(deps: PeerDeps, id: string, query: string | undefined): registry.PeerView[] {
  const self = requireWorkspace(deps.directory, id);
  const parent = self.parentId === null ? null : deps.directory.get(self.parentId);
  const around = [
    ...(parent ? [parent] : []),
    ...deps.directory.childrenOf(self.parentId).filter((sibling) => sibling.id !== self.id),
    ...deps.directory.childrenOf(self.id),
  ];
  const needle = query?.trim().toLowerCase();
  const isHit = (state: WorkspaceState) =>
    !needle || state.name.toLowerCase().includes(needle) || (state.role ?? '').toLowerCase().includes(needle);
  return around
    .filter((state) => state.status !== 'removed' && isHit(state))
    .map((state) => ({
      id: state.id,
      name: state.name,
      role: state.role,
      tier: state.tier,
      status: state.status,
      url: state.url,
      parent_id: state.parentId,
      active_tasks: deps.vitals.of(state.id).activeTasks,
      agent_card: (state.agentCard as Record<string, unknown> | null) ?? null,
    }));
}

const MAX_FORWARDS = 5;

/**
 * The address of a workspace, as `callerId` may know it. Follows successors of removed workspaces. Without `maySeeAll`,
 * what the caller may not talk to answers like what never existed.
 */
export async function discover(
  deps: PeerDeps,
  callerId: string,
  id: string,
  options: { maySeeAll: boolean },
): Promise<{ found: { id: string; url: string; name: string }; isForwarded: boolean }> {
  if (!isUuid(id)) throw faults.invalidWorkspaceId();
  let target = deps.directory.get(id.toLowerCase());
  for (let hops = 0; target?.forwardedTo && hops < MAX_FORWARDS; hops++) {
    target = deps.directory.get(target.forwardedTo);
  }
  if (!options.maySeeAll && !couldTalk(deps.directory, callerId, target)) throw notAuthorized();
  if (!target) throw faults.workspaceNotFound();
  if (target.status === 'removed') throw faults.workspaceRemoved(target.id, isoOrNull(target.removedAt));
  if (!canCommunicate(deps.directory, callerId, target.id)) throw notAuthorized();
  const isUp = target.status === 'online' || target.status === 'degraded';
  if (!isUp || target.url === '') {
    throw faults.workspaceUnavailable('workspace not available', { status: target.status });
  }
  if (!target.isUrlOurs && !(await deps.isUrlDispatchable(target.url))) {
    throw faults.workspaceUnavailable('workspace URL failed safety check');
  }
  return {
    found: { id: target.id, url: target.url, name: target.name },
    isForwarded: target.id !== id.toLowerCase(),
  };
}

const notAuthorized = () => faults.forbidden('not authorized to discover this workspace');

/** As the chart is or, for a removed workspace, as it was before: those around it learn that it is gone. */
function couldTalk(directory: WorkspaceDirectory, callerId: string, target: WorkspaceState | null): boolean {
  if (!target) return false;
  const chart = {
    parentOf: (id: string) => (id === target.id ? target.parentId : directory.parentOf(id)),
  };
  return canCommunicate(chart, callerId, target.id);
}
