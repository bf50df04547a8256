// Workspace files: the /configs files of a workspace that differ from its template's, kept with its row.

import type { Tx } from '@molecule/postgres';

/** Relative path → content; null: the file that the template brings is deleted. */
export type KeptFiles = Record<string, string | null>;

export interface FileChange {
  /** Relative path → content. */
  set: Readonly<Record<string, string>>;
  remove: readonly string[];
}

export interface WorkspaceFiles {
  read(workspaceId: string): Promise<KeptFiles>;
  keep(tx: Tx, workspaceId: string, files: Record<string, string>): Promise<void>;
  /** Throws BODY_TOO_LARGE when the workspace's own files would exceed LIMITS.configTreeBytes. */
  change(tx: Tx, workspaceId: string, change: FileChange): Promise<void>;
}
