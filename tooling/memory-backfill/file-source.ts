// File source: the JSON list of an export, or one JSON object a line. A row without an id gets one made of what it says.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RowSource, SourceRow } from './row-source.ts';

/** Rejects when the file is neither; a row that is no object is kept and refused by the server, with its place as id. */
export async function openFile(path: string): Promise<RowSource> {
  const rows = parseRows(await readFile(path, 'utf8'))
    .map(toRow)
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return {
    name: path,
    page: async (after, limit) => {
      let [low, high] = [0, rows.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((rows[middle]?.id ?? '') > after) high = middle;
        else low = middle + 1;
      }
      return rows.slice(low, low + limit);
    },
    close: async () => {},
  };
}

function parseRows(text: string): unknown[] {
  if (text.trimStart().startsWith('[')) return JSON.parse(text) as unknown[];
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, i) => {
      try {
        return JSON.parse(line) as unknown;
      } catch (error) {
        throw new Error(`line ${i + 1} is not JSON`, { cause: error });
      }
    });
}

function toRow(value: unknown, place: number): SourceRow {
  const row = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const text = (name: string) => (typeof row[name] === 'string' ? (row[name] as string) : null);
  const known = {
    content: text('content') ?? '',
    scope: text('scope') ?? '',
    namespace: text('namespace'),
    created_at: text('created_at'),
    workspace_id: text('workspace_id'),
    workspace_name: text('workspace_name'),
  };
  const isEmpty = known.content === '' && known.scope === '';
  return { id: text('id') ?? (isEmpty ? `row-${place + 1}` : idOf(known)), ...known };
}

/** A UUID of version 8 (RFC 9562): the same row has the same id every time. */
function idOf(row: Omit<SourceRow, 'id'>): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(Object.values(row)), 'utf8')
    .digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16).padStart(2, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}
