// Live folders: what the files feature asks of the backends, in its own words.

import type { Readable } from 'node:stream';
import type { WorkspaceState } from '@molecule/domain';

export interface LivePlace {
  root: 'configs' | 'workspace' | 'home';
  path: string;
}

export interface LiveFolders {
  /** Whether a unit of this workspace runs, as far as is known. */
  isRunning(workspace: WorkspaceState): Promise<boolean>;
  list(
    workspace: WorkspaceState,
    place: LivePlace,
    depth: number,
  ): Promise<{ path: string; sizeBytes: number; isFolder: boolean }[] | null>;
  /** The content is to be read to its end or destroyed. */
  open(workspace: WorkspaceState, place: LivePlace): Promise<{ sizeBytes: number; content: Readable } | null>;
  write(workspace: WorkspaceState, place: LivePlace, content: Uint8Array): Promise<void>;
  remove(workspace: WorkspaceState, place: LivePlace): Promise<boolean>;
  /** Into /configs of a unit, running or not. */
  writeConfigs(workspace: WorkspaceState, files: Readonly<Record<string, string>>): Promise<void>;
}
