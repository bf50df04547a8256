// Require workspace: from the text in a path to a workspace that exists, or the fault that says why not.

import { faults, parseWorkspaceId, type WorkspaceState } from '@molecule/domain';
import type { WorkspaceDirectory } from './workspace-directory.ts';

/** A live workspace. Not a UUID: 400. Unknown: 404. Removed: 410. */
export function requireWorkspace(directory: WorkspaceDirectory, id: string): WorkspaceState {
  const state = requireKnown(directory, id);
  if (state.status === 'removed') throw faults.workspaceRemoved(state.id, isoOrNull(state.removedAt));
  return state;
}

/** A workspace that exists or was removed, but not purged; `unknownText` is what the 404 says. */
export function requireKnown(
  directory: WorkspaceDirectory,
  id: string,
  unknownText?: string,
): WorkspaceState {
  const parsed = parseWorkspaceId(id);
  if (!parsed) throw faults.invalidWorkspaceId();
  const state = directory.get(parsed);
  if (!state) throw faults.workspaceNotFound(unknownText);
  return state;
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
