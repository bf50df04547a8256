// Unit folders: what leaving asks of the backends, in its own words.

import type { Readable } from 'node:stream';
import type { WorkspaceState } from '@molecule/domain';

export const UNIT_FOLDERS = ['configs', 'workspace', 'sessions'] as const;
export type UnitFolder = (typeof UNIT_FOLDERS)[number];

export interface UnitFolders {
  /** Whether a unit of this workspace runs, as far as is known. */
  isRunning(workspace: WorkspaceState): Promise<boolean>;
  /** `take` reads a tar whose names are relative to the folder. CONFLICT while the unit runs. */
  pack(workspace: WorkspaceState, folder: UnitFolder, take: (tar: Readable) => Promise<void>): Promise<void>;
  /** Into a unit that does not run. */
  unpack(workspace: WorkspaceState, folder: UnitFolder, tar: Readable): Promise<void>;
}
