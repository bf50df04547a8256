// Refuse move: which workspaces cannot go from one backend to another, told before anything is stopped.

import { type BackendName, faults, type WorkspaceAccess } from '@molecule/domain';
import { readOnlyRefused } from './host-folder.ts';
import { CAPABILITIES, type Verb } from './verbs.ts';

export interface MovedWorkspace {
  backend: BackendName;
  workspaceDir: string | null;
  workspaceAccess: WorkspaceAccess;
}

/** Throws UNSUPPORTED_ON_BACKEND with the reason. What was never placed anywhere carries nothing. */
export function refuseMove(workspace: MovedWorkspace, target: BackendName): void {
  for (const kind of [workspace.backend, target]) {
    const because = kind === 'none' ? null : (CAPABILITIES[kind] as Record<Verb, string | null>).carry;
    if (because !== null) throw faults.unsupportedOnBackend('moving a workspace', kind, because);
  }
  const { workspaceDir, workspaceAccess } = workspace;
  if (target === 'process' && workspaceDir !== null && workspaceAccess === 'read_only')
    throw readOnlyRefused();
}
