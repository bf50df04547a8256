// Workspace files: the first /configs files of a workspace, kept with its row.

import type { Tx } from '@molecule/postgres';

export interface WorkspaceFiles {
  read(workspaceId: string): Promise<Record<string, string>>;
  keep(tx: Tx, workspaceId: string, files: Record<string, string>): Promise<void>;
}
