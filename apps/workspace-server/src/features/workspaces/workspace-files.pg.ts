// Workspace files on Postgres.

import type { Db, Tx } from '@molecule/postgres';
import type { WorkspaceFiles } from './workspace-files.ts';

export class PgWorkspaceFiles implements WorkspaceFiles {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async read(workspaceId: string): Promise<Record<string, string>> {
    const rows = await this.#db.query<{ path: string; content: string }>(
      'select path, content from workspace_files where workspace_id = $1',
      [workspaceId],
    );
    return Object.fromEntries(rows.map((row) => [row.path, row.content]));
  }

  async keep(tx: Tx, workspaceId: string, files: Record<string, string>): Promise<void> {
    const entries = Object.entries(files);
    if (entries.length === 0) return;
    await tx.query(
      `insert into workspace_files (workspace_id, path, content) select $1, path, content
       from unnest($2::text[], $3::text[]) as f(path, content)
       on conflict (workspace_id, path) do update set content = excluded.content`,
      [workspaceId, entries.map(([path]) => path), entries.map(([, content]) => content)],
    );
  }
}
