// Config: a config.yaml as a form. The text is the truth: a field changes its place in it and nothing else, so that
// comments and keys of others stay. Pure.

import { LineCounter, parseDocument } from 'yaml';
import { say } from '../../languages/say.ts';
import { FIELDS, type Field, OTHER_KEYS } from './schema.ts';

export interface Trouble {
  line: number;
  message: string;
  /** An agent would not start with it; other troubles are hints. */
  isFatal: boolean;
  /** The text is no YAML at all, so that no form can show it. */
  isUnparsed?: boolean;
}

export type FieldValue = string | readonly string[];

const PRINT = { lineWidth: 0 } as const;

/** What a field shows; empty when it is absent or of another shape. */
export function readField(text: string, field: Field): FieldValue {
  const value: unknown = parseDocument(text).getIn(field.path);
  if (field.kind === 'lines') {
    const list = isSequence(value) ? (value.toJSON() as unknown) : null;
    return Array.isArray(list) ? list.map(String) : [];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

function isSequence(value: unknown): value is { toJSON(): unknown } {
  return typeof value === 'object' && value !== null && 'items' in value && 'toJSON' in value;
}

/** The text with that field changed; an empty value takes the key away. A text that is no mapping stays as it is. */
export function writeField(text: string, field: Field, value: FieldValue): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) return text;
  const isEmpty = typeof value === 'string' ? value === '' : value.length === 0;
  if (isEmpty) {
    if (document.hasIn(field.path)) document.deleteIn(field.path);
    return document.toString(PRINT);
  }
  const number = Number(value);
  const isNumber = field.kind === 'number' && typeof value === 'string' && Number.isFinite(number);
  document.setIn(field.path, isNumber ? number : value);
  return document.toString(PRINT);
}

/** What is wrong with a text, in the order of its lines. */
export function troublesOf(text: string): Trouble[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    return document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      message: error.message.split('\n')[0] ?? say('config.notYaml'),
      isFatal: true,
      isUnparsed: true,
    }));
  }
  const plain: unknown = document.toJS();
  if (plain === null || plain === undefined) return [];
  if (typeof plain !== 'object' || Array.isArray(plain)) {
    return [{ line: 1, message: say('config.mappingExpected'), isFatal: true, isUnparsed: true }];
  }
  const lineOf = (path: readonly string[]) => {
    const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined;
    return lines.linePos(node?.range?.[0] ?? 0).line;
  };
  const known = new Set<string>([...FIELDS.map((field) => field.path[0] ?? ''), ...OTHER_KEYS]);
  const unknown = Object.keys(plain)
    .filter((key) => !known.has(key))
    .map((key) => ({ line: lineOf([key]), message: say('config.noAgentReadsKey', { key }), isFatal: false }));
  const wrong = FIELDS.flatMap((field) => {
    const value: unknown = document.getIn(field.path);
    const message = value === undefined || value === null ? null : troubleWith(field, value);
    return message === null ? [] : [{ line: lineOf(field.path), message, isFatal: true }];
  });
  return [...unknown, ...wrong].sort((a, b) => a.line - b.line);
}

function troubleWith(field: Field, value: unknown): string | null {
  const name = field.path.join('.');
  if (field.kind === 'lines') return isSequence(value) ? null : say('config.nameMustBeA', { name });
  if (field.kind === 'number') {
    const isFit = typeof value === 'number' && value >= field.min && value <= field.max;
    return isFit ? null : say('config.nameMustBeANumber', { name, min: field.min, max: field.max });
  }
  return typeof value === 'string' || typeof value === 'number'
    ? null
    : say('config.nameMustBeAText', { name });
}
