// Archive rows: records of the organisation as lines of JSON, out and in.

import type { Tx } from '@molecule/postgres';
import type { ArchivedTable } from './archived-tables.ts';
import type { SecretName } from './org-archive.ts';

export interface ArchiveRows {
  /** Pages of rows in the order of their key, each row as JSON text. */
  pages(table: ArchivedTable): AsyncGenerator<string[]>;
  /** Configuration files of a workspace: path → content; null: a file of the template that was deleted. */
  files(workspaceId: string): Promise<Record<string, string | null>>;
  secretNames(): Promise<SecretName[]>;
  /** Resolves with how many were new. Rows of other workspaces are passed over. */
  insert(table: ArchivedTable, lines: readonly string[], workspaceIds: readonly string[]): Promise<number>;
  keepFiles(tx: Tx, workspaceId: string, files: Record<string, string | null>): Promise<void>;
}
