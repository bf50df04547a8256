// Print answer: what the platform said, as JSON or for a person. Pure.
//
//   P1. Control characters of an answer never reach the terminal: names are anybody's words.
//   P2. A cell has at most WIDEST characters; JSON leaves nothing out.

import type { Verb } from './verb.ts';

const WIDEST = 60;
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are taken out
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

export function printAnswer(answer: unknown, table: Verb['table'], isJson: boolean): string {
  if (isJson) return JSON.stringify(answer ?? null, null, 2);
  if (answer === undefined) return 'done';
  if (table) return printTable(table.rows(answer as never), table.columns);
  return printFields(answer as object);
}

function printTable(rows: readonly object[], columns: readonly string[]): string {
  if (rows.length === 0) return 'nothing';
  const cells = rows.map((row) => columns.map((column) => cell((row as Record<string, unknown>)[column])));
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...cells.map((line) => line[i]?.length ?? 0)),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns), ...cells.map(line)].join('\n');
}

function printFields(answer: object, prefix = ''): string {
  return Object.entries(answer)
    .flatMap(([name, value]) =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? printFields(value, `${prefix}${name}.`)
        : [`${prefix}${name}: ${plain(value)}`],
    )
    .join('\n');
}

function cell(value: unknown): string {
  const text = plain(value);
  return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(CONTROL, ' ');
}
