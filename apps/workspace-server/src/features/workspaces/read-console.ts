// Read console: what the backend noted while it started and ended the agent of a workspace.

import { faults, isFault, type WorkspaceState } from '@molecule/domain';
import { requireWorkspace } from './require-workspace.ts';
import type { WorkspaceDirectory } from './workspace-directory.ts';

export interface ConsoleDeps {
  directory: WorkspaceDirectory;
  /** Asks the workspace's backend, through the dispatcher. */
  consoleOf(workspace: WorkspaceState): Promise<string>;
}

/** Throws UNSUPPORTED_ON_BACKEND where there is no console, CONSOLE_FAILED where it cannot be had now. */
export async function readConsole(deps: ConsoleDeps, id: string): Promise<string> {
  const workspace = requireWorkspace(deps.directory, id);
  try {
    return await deps.consoleOf(workspace);
  } catch (error) {
    const hasNone =
      isFault(error) && (error.code === 'UNSUPPORTED_ON_BACKEND' || error.code === 'NO_BACKEND');
    if (hasNone) throw faults.consoleUnavailable();
    throw faults.consoleFailed(error);
  }
}
