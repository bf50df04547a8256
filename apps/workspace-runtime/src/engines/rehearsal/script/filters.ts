// Filters: how a template shows a value. Pure; each takes any value and never throws.

import type { Value } from '../operations/operation.ts';
import { excerpt } from '../text/lines.ts';
import { showNumber } from '../text/show-number.ts';
import { writeBlock } from './blocks.ts';
import { isEmpty } from './scope.ts';
import { showValue } from './show-value.ts';

export type FilterArgument = string | number;
type Row = Readonly<Record<string, Value>>;

export interface Filter {
  least: number;
  most: number;
  /** How to write it, for the author who got it wrong. */
  usage: string;
  apply(value: Value | null, args: readonly FilterArgument[]): Value;
}

export const FILTERS: Readonly<Record<string, Filter>> = {
  block: filter(1, 1, 'block: "document"', (value, [name]) => writeBlock(String(name), showValue(value))),
  bullets: filter(0, 1, 'bullets, or bullets: 10', (value, [most]) =>
    shortened(asList(value).map(showValue), most, (item) => `- ${oneLine(item)}`),
  ),
  count: filter(0, 0, 'count', (value) => (isEmpty(value) ? 0 : Array.isArray(value) ? value.length : 1)),
  default: filter(1, 1, 'default: "none"', (value, [text]) =>
    value === null || isEmpty(value) ? text! : value,
  ),
  excerpt: filter(1, 1, 'excerpt: 80', (value, [chars]) => excerpt(showValue(value), Number(chars))),
  first: filter(1, 1, 'first: 10', (value, [most]) => asList(value).slice(0, Number(most))),
  join: filter(1, 1, 'join: ", "', (value, [between]) => asList(value).map(showValue).join(String(between))),
  lines: filter(0, 2, 'lines, lines: 10, or lines: 10, "**Correct**"', (value, [most, lead]) =>
    shortened(asList(value).map(asRow), most, findingLine(lead === undefined ? '' : `${lead} `)),
  ),
  matching: filter(1, 1, 'matching: "a text"', (value, [text]) =>
    showValue(value)
      .split('\n')
      .filter((line) => line.includes(String(text))),
  ),
  pluck: filter(1, 1, 'pluck: "name"', (value, [key]) =>
    asList(value).map((entry) => asRow(entry)[String(key)] ?? ''),
  ),
  plural: filter(2, 2, 'plural: "word", "words"', (value, [one, many]) => {
    const amount = typeof value === 'number' ? value : asList(value).length;
    return `${showNumber(amount)} ${amount === 1 ? one : many}`;
  }),
  sections: filter(1, 1, 'sections: 2', (value, [level]) =>
    asList(value)
      .map(asRow)
      .map(sectionAt(Number(level)))
      .join('\n\n'),
  ),
  slice: filter(1, 1, 'slice: 12', (value, [chars]) => showValue(value).slice(0, Number(chars))),
  sum: filter(1, 1, 'sum: "times"', (value, [key]) =>
    asList(value).reduce<number>((total, entry) => total + (Number(asRow(entry)[String(key)]) || 0), 0),
  ),
  table: filter(1, 8, 'table: "line", "text"', (value, columns) =>
    table(asList(value).map(asRow), columns.map(String)),
  ),
  tally: filter(1, 1, 'tally: "Findings"', (value, [label]) =>
    asList(value).reduce<number>((total, entry) => total + lastStated(String(label), entry), 0),
  ),
  trim: filter(0, 0, 'trim', (value) => showValue(value).trim()),
};

function filter(least: number, most: number, usage: string, apply: Filter['apply']): Filter {
  return { least, most, usage, apply };
}

/** “- line 12: “the the” — the same word twice”. */
function findingLine(lead: string): (row: Row) => string {
  return (row) => {
    const place = row.line === undefined ? '' : `line ${showValue(row.line)}: `;
    const note = isEmpty(row.note ?? '') ? '' : ` — ${oneLine(showValue(row.note!))}`;
    return `- ${lead}${place}“${oneLine(showValue(row.text ?? ''))}”${note}`;
  };
}

function shortened<T>(
  items: readonly T[],
  most: FilterArgument | undefined,
  show: (item: T) => string,
): string {
  const shown = most === undefined ? items : items.slice(0, Number(most));
  const rest = items.length - shown.length;
  return [...shown.map(show), ...(rest > 0 ? [`- … and ${showNumber(rest)} more`] : [])].join('\n');
}

function sectionAt(level: number): (row: Row) => string {
  return (row) =>
    `${'#'.repeat(Math.min(6, Math.max(1, level)))} ${showValue(row.name ?? '')}\n\n${showValue(row.text ?? '').trim()}`;
}

function table(rows: readonly Row[], columns: readonly string[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const head = columns.map((column) => titled(column.replaceAll('_', ' ')));
  const body = rows.map((row) => columns.map((column) => cell(showValue(row[column] ?? ''))));
  return [line(head), line(columns.map(() => '---')), ...body.map(line)].join('\n');
}

/** The number in the last line that says `<label>: <number>`. */
function lastStated(label: string, entry: Value): number {
  const text = typeof entry === 'string' ? entry : showValue(asRow(entry).text ?? '');
  const line = text
    .split('\n')
    .map((candidate) => candidate.replace(/[*_]/g, '').trim())
    .findLast((candidate) => candidate.startsWith(`${label}: `));
  return Number(/^[\d,]+/.exec(line?.slice(label.length + 2) ?? '')?.[0].replaceAll(',', '')) || 0;
}

function asList(value: Value | null): readonly Value[] {
  if (value === null || value === '') return [];
  return Array.isArray(value) ? value : [value];
}

function asRow(value: Value): Row {
  return typeof value === 'object' && !Array.isArray(value) ? (value as Row) : { text: value };
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function titled(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
