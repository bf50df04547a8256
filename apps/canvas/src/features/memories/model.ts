// Memories: what a role may read, grouped by where it stands, and a person's words for it. Pure.

import type { keyValues, memories } from '@molecule/contracts';
import { say } from '../../languages/say.ts';
import { listWords } from '../../languages/value-words.ts';
import type { Roles } from '../workspaces/model.ts';

/** The name of a namespace as people say it. */
export function namespaceWords(row: memories.NamespaceRow): string {
  if (row.label !== '') return row.label;
  return row.name;
}

export interface Origin {
  /** Who wrote it. */
  who: string;
  /** How it came about. */
  how: string;
}

const how = (): Readonly<Record<string, string>> => ({
  agent: say('memories.byItsOwnDecision'),
  runtime: say('memories.byTheProgramAround'),
  user: say('memories.forAPerson'),
});

export function originOf(memory: memories.FoundMemory, roles: Roles): Origin {
  const id = memory.source_workspace_id;
  const who =
    id === null ? say('memories.somebodyOutsideTheChart') : (roles[id]?.name ?? say('memories.aRemovedRole'));
  return { who, how: how()[memory.source] ?? memory.source };
}

/** What its writer said of where it comes from, a piece each. */
export function sourceWords(source: memories.MemoryProvenance): string[] {
  return [
    ...(source.message_id ? [say('memories.fromMessage', { id: source.message_id })] : []),
    ...(source.file ? [say('memories.fromFile', { file: source.file })] : []),
    ...(source.url ? [source.url] : []),
    ...(source.subjects.length > 0 ? [say('memories.about', { subjects: listWords(source.subjects) })] : []),
    ...(source.derived_from.length > 0
      ? [say('memories.madeOf', { count: source.derived_from.length })]
      : []),
  ];
}

/** Scores of different searches can't be compared: they are shown relative to the best one found. */
export function relativeScores(found: readonly memories.FoundMemory[]): ReadonlyMap<string, number> {
  const best = Math.max(...found.map((memory) => memory.score ?? 0));
  if (!(best > 0)) return new Map();
  return new Map(
    found.flatMap((memory) =>
      memory.score === undefined ? [] : [[memory.id, memory.score / best] as const],
    ),
  );
}

/** The choice that leaves the end of a note where it is. */
export const AS_IT_IS = 'as-it-is';

export const lifetimes = () =>
  [
    { value: '', label: say('memories.forEver') },
    { value: '3600', label: say('memories.oneHour') },
    { value: '86400', label: say('memories.oneDay') },
    { value: '604800', label: say('memories.oneWeek') },
    { value: '2592000', label: say('memories.thirtyDays') },
  ] as const;

/** The seconds that a choice of lifetime gives a note; `row` is the note before the change. Null: it stays. */
export function lifetimeSeconds(
  choice: string,
  row: keyValues.KeyValueRow | null,
  nowMs: number,
): number | null {
  if (choice === AS_IT_IS) return row === null ? null : secondsLeft(row, nowMs);
  return choice === '' ? null : Number(choice);
}

/** What somebody typed as a value: JSON when it is JSON, else the text itself. */
export function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function textOfValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** How long a note still has; null when it stays. */
export function secondsLeft(row: keyValues.KeyValueRow, nowMs: number): number | null {
  if (row.expires_at === undefined) return null;
  return Math.max(1, Math.ceil((Date.parse(row.expires_at) - nowMs) / 1000));
}
