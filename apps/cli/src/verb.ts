// Verb: one thing that the command can do, as data: how it is called, what it asks the platform, and how its answer reads.

import type { Call } from '@molecule/client';

export interface VerbInput {
  /** By name, as `path` and `args` say. */
  args: Readonly<Record<string, string>>;
  options: Readonly<Record<string, unknown>>;
}

export interface Verb {
  /** Such as `['orgs', 'list']`. */
  path: readonly [group: string, name: string];
  summary: string;
  args?: readonly { name: string; doc: string }[];
  /** As commander takes them: flags, what they are, and how their text is read. */
  options?: readonly { flags: string; doc: string; read?: (text: string) => unknown; fallback?: unknown }[];
  /** What must be typed again before it is done, or `--yes` said. */
  danger?: (input: VerbInput) => { sentence: string; confirm: string };
  run: (call: Call, input: VerbInput) => Promise<unknown>;
  /** The list inside the answer, and its columns. Without it the answer is shown field by field. */
  table?: { rows: (answer: never) => readonly object[]; columns: readonly string[] };
}

/** A count from 1 to `most`, or a sentence about why it is none. */
export const countUpTo = (most: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new Error(`must be a whole number from 1 to ${most}`);
  }
  return value;
};
