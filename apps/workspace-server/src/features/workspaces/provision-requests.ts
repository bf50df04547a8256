// Provision requests: how the rest of the server asks for a unit to be started or stopped, without reaching a backend.

import type { BackendName, WorkspaceState } from '@molecule/domain';
import type { Tx } from '@molecule/postgres';

export interface ProvisionRequests {
  /** A workspace is `provisioning` and committed: drive it soon. Losing this call loses nothing; the sweep finds the row. */
  request(workspaceId: string): void;
  /** Keeps the first `/configs` files of a workspace with its row. */
  keepFiles(tx: Tx, workspaceId: string, files: Record<string, string>): Promise<void>;
  /** Stops the unit; resolves when it is gone, rejects with STOP_FAILED or BACKEND_TRANSIENT. */
  stop(workspaceId: string): Promise<void>;
  /** Erases what the unit kept on disk; only after a stop. */
  erase(workspaceId: string): Promise<void>;
  hasProvisioner(): boolean;
  /** Why nothing can be started on this backend now; null when something can. */
  findBackendProblem(backend: BackendName): Promise<string | null>;
  /** Throws UNSUPPORTED_ON_BACKEND for a workspace that cannot be brought to this backend, or away from its own. */
  refuseMove(
    workspace: Pick<WorkspaceState, 'backend' | 'workspaceDir' | 'workspaceAccess'>,
    target: BackendName,
  ): void;
  /** A person asked for a start: earlier crashes no longer count. */
  forgiveCrashes(workspaceId: string): void;
}
