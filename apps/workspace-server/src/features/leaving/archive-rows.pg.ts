// Archive rows on Postgres: a row leaves as an object with the text of each column, and comes in by the types of the
// columns. As texts, values of JSON columns keep what JSON itself cannot be asked for, such as an escaped zero.

import type { Db, Tx } from '@molecule/postgres';
import type { ArchiveRows } from './archive-rows.ts';
import type { ArchivedTable } from './archived-tables.ts';
import type { SecretName } from './org-archive.ts';

const PAGE_ROWS = 50;

interface Column {
  name: string;
  type: string;
}

export class PgArchiveRows implements ArchiveRows {
  readonly #db: Db;
  readonly #columns = new Map<string, Promise<Column[]>>();

  constructor(db: Db) {
    this.#db = db;
  }

  async *pages(table: ArchivedTable): AsyncGenerator<string[]> {
    const { name, key } = table;
    const pairs = (await this.#columnsOf(table)).map((column) => `'${column.name}', t.${column.name}::text`);
    const columns = key.map(([column]) => `t.${column}`).join(', ');
    const texts = key.map(([column]) => `t.${column}::text`).join(', ');
    const after = key.map(([, type], i) => `$${i + 1}::${type}`).join(', ');
    for (let at: string[] | null = null; ; ) {
      const rows: { line: string; at: string[] }[] = await this.#db.query<{ line: string; at: string[] }>(
        `select json_build_object(${pairs.join(', ')})::text as line, array[${texts}] as at from ${name} t
         ${at === null ? '' : `where (${columns}) > (${after})`}
         order by ${columns} limit ${PAGE_ROWS}`,
        at ?? [],
      );
      if (rows.length > 0) yield rows.map(({ line }) => line);
      if (rows.length < PAGE_ROWS) return;
      at = rows.at(-1)?.at ?? [];
    }
  }

  async files(workspaceId: string): Promise<Record<string, string | null>> {
    const rows = await this.#db.query<{ path: string; content: string | null }>(
      'select path, content from workspace_files where workspace_id = $1 order by path',
      [workspaceId],
    );
    return Object.fromEntries(rows.map(({ path, content }) => [path, content]));
  }

  secretNames(): Promise<SecretName[]> {
    return this.#db.query<SecretName>(
      `select s.workspace_id, s.name from secrets s left join workspaces w on w.id = s.workspace_id
       where s.workspace_id is null or w.status <> 'removed' order by 1 nulls first, 2`,
    );
  }

  async insert(
    table: ArchivedTable,
    lines: readonly string[],
    workspaceIds: readonly string[],
  ): Promise<number> {
    const { name, owner } = table;
    const columns = await this.#columnsOf(table);
    const names = columns.map((column) => column.name).join(', ');
    const values = columns.map((column) => `(line ->> '${column.name}')::${column.type} as ${column.name}`);
    const rows = await this.#db.query(
      `insert into ${name} (${names})
       select ${names} from (select ${values.join(', ')} from json_array_elements($1::json) line) t
       where ${owner === null ? '$2::uuid[] is not null' : `${owner} = any($2::uuid[])`}
       on conflict do nothing returning 1`,
      [`[${lines.join(',')}]`, workspaceIds],
    );
    return rows.length;
  }

  async keepFiles(tx: Tx, workspaceId: string, files: Record<string, string | null>): Promise<void> {
    await tx.query(
      `insert into workspace_files (workspace_id, path, content)
       select $1, path, content from unnest($2::text[], $3::text[]) as f (path, content) on conflict do nothing`,
      [workspaceId, Object.keys(files), Object.values(files)],
    );
  }

  async #columnsOf({ name, without }: ArchivedTable): Promise<Column[]> {
    const known =
      this.#columns.get(name) ??
      this.#db.query<Column>(
        `select quote_ident(attname) as name, format_type(atttypid, atttypmod) as type from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
        [name],
      );
    this.#columns.set(name, known);
    return (await known).filter((column) => !without.includes(column.name));
  }
}
