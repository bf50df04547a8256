// Workspace files on Postgres.

import { faults, LIMITS } from '@molecule/domain';
import type { Db, Tx } from '@molecule/postgres';
import type { FileChange, KeptFiles, WorkspaceFiles } from './workspace-files.ts';

export class PgWorkspaceFiles implements WorkspaceFiles {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async read(workspaceId: string): Promise<KeptFiles> {
    const rows = await this.#db.query<{ path: string; content: string | null }>(
      'select path, content from workspace_files where workspace_id = $1',
      [workspaceId],
    );
    return Object.fromEntries(rows.map((row) => [row.path, row.content]));
  }

  async keep(tx: Tx, workspaceId: string, files: Record<string, string>): Promise<void> {
    const entries = Object.entries(files);
    if (entries.length > 0) await put(tx, workspaceId, entries);
  }

  async change(tx: Tx, workspaceId: string, { set, remove }: FileChange): Promise<void> {
    const entries: [string, string | null][] = [
      ...remove.map((path): [string, null] => [path, null]),
      ...Object.entries(set),
    ];
    if (entries.length === 0) return;
    await put(tx, workspaceId, entries);
    const [row] = await tx.query<{ bytes: number }>(
      `select coalesce(sum(octet_length(content) + octet_length(path)), 0)::int8 as bytes
       from workspace_files where workspace_id = $1`,
      [workspaceId],
    );
    if ((row?.bytes ?? 0) > LIMITS.configTreeBytes) {
      throw faults.tooLarge(`the /configs tree may have ${LIMITS.configTreeBytes} bytes at most`);
    }
  }
}

async function put(tx: Tx, workspaceId: string, entries: readonly [string, string | null][]): Promise<void> {
  await tx.query(
    `insert into workspace_files (workspace_id, path, content) select $1, path, content
     from unnest($2::text[], $3::text[]) as f(path, content)
     on conflict (workspace_id, path) do update set content = excluded.content`,
    [workspaceId, entries.map(([path]) => path), entries.map(([, content]) => content)],
  );
}
