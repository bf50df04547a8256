// Schema page: the tables of an app's migrations as one readable page: each table with the comment above it and its columns.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MIGRATIONS = 'apps/workspace-server/migrations';

interface Table {
  name: string;
  comment: string;
  lines: string[];
  indexes: string[];
  file: string;
}

export function schemaPage(root: string): string {
  const tables = new Map<string, Table>();
  const changes: string[] = [];
  for (const file of readdirSync(join(root, MIGRATIONS)).sort()) {
    readMigration(readFileSync(join(root, MIGRATIONS, file), 'utf8'), file, tables, changes);
  }
  const head = [
    '# Database schema',
    '',
    `Generated from \`${MIGRATIONS}\` by \`npm run generate\`. Times are timestamptz; digests are SHA-256.`,
    '',
  ];
  const body = [...tables.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(renderTable);
  const later =
    changes.length === 0 ? [] : ['## Later changes', '', ...changes.map((change) => `* ${change}`), ''];
  return [...head, ...body, ...later].join('\n');
}

/** The migrations are written in one style: a statement begins at the line's start and ends with a semicolon. */
function readMigration(sql: string, file: string, tables: Map<string, Table>, changes: string[]): void {
  let comment: string[] = [];
  let open: Table | null = null;
  for (const line of sql.split('\n')) {
    if (open) {
      if (line.startsWith(')')) open = null;
      else open.lines.push(line.trim().replace(/,$/, ''));
      continue;
    }
    if (line.startsWith('--')) {
      comment.push(line.slice(2).trim());
      continue;
    }
    const table = /^create table (?:if not exists )?([a-z_]+) \($/.exec(line);
    const index = /^create (?:unique )?index [a-z_]+ on ([a-z_]+) .*/.exec(line);
    const change = /^alter table ([a-z_]+) .*/.exec(line);
    if (table?.[1]) {
      open = { name: table[1], comment: comment.join(' '), lines: [], indexes: [], file };
      tables.set(open.name, open);
    } else if (index?.[1]) {
      tables.get(index[1])?.indexes.push(line.replace(/;$/, ''));
    } else if (change) {
      changes.push(`\`${line.replace(/;$/, '')}\` (${file})`);
    }
    if (line.trim() !== '') comment = [];
  }
}

function renderTable(table: Table): string {
  const indexes = table.indexes.length === 0 ? [] : ['', ...table.indexes.map((index) => `* \`${index}\``)];
  return [
    `## ${table.name}`,
    '',
    ...(table.comment === '' ? [] : [table.comment, '']),
    '```sql',
    ...table.lines.filter((line) => line !== ''),
    '```',
    ...indexes,
    '',
  ].join('\n');
}
