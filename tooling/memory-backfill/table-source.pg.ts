// Table source: the memory table of an older installation, read page by page in the order of ids, and never written.

import { Db } from '@molecule/postgres';
import type { RowSource, SourceRow } from './row-source.ts';

const NEEDED = ['id', 'workspace_id', 'content', 'scope'];

/** Rejects when the table is not there or has not the columns `id`, `workspace_id`, `content` and `scope`. */
export async function openTable(
  connectionString: string,
  table: string,
  workspaceId: string | null,
): Promise<RowSource> {
  if (!/^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/i.test(table))
    throw new Error(`${table}: not the name of a table`);
  const db = new Db({ connectionString, maxConnections: 2 });
  try {
    const [name = '', schema = null] = table.split('.').reverse();
    const found = await db.query<{ name: string }>(
      `select column_name::text as name from information_schema.columns
       where table_name = $1 and table_schema = coalesce($2, current_schema())`,
      [name, schema],
    );
    const columns = new Set(found.map((column) => column.name));
    if (columns.size === 0)
      throw new Error(`there is no table ${table} at ${withoutPassword(connectionString)}`);
    const missing = NEEDED.filter((column) => !columns.has(column));
    if (missing.length > 0) throw new Error(`${table} has no column ${missing.join(', ')}`);
    const optional = (column: string) => (columns.has(column) ? `m.${column}` : 'null');
    const quoted = [schema, name]
      .filter((part) => part !== null)
      .map((part) => `"${part}"`)
      .join('.');
    const statement = `select m.id::text as id, m.content, m.scope::text as scope, m.workspace_id::text as workspace_id,
        ${optional('namespace')}::text as namespace,
        to_char(${optional('created_at')}::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at
      from ${quoted} m
      where m.id::text collate "C" > $1 and ($2::text is null or m.workspace_id::text = $2)
      order by m.id::text collate "C" limit $3`;
    return {
      name: `${table} at ${withoutPassword(connectionString)}`,
      page: async (after, limit) => {
        const rows = await db.query<Omit<SourceRow, 'workspace_name'>>(statement, [
          after,
          workspaceId,
          limit,
        ]);
        return rows.map((row) => ({ ...row, workspace_name: null }));
      },
      close: () => db.end(),
    };
  } catch (error) {
    await db.end();
    throw error;
  }
}

function withoutPassword(connectionString: string): string {
  const url = new URL(connectionString);
  return `${url.protocol}//${url.host}${url.pathname}`;
}
