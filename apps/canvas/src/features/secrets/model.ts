// Secrets: their names as the canvas lists them. Values never come here: they go in, and only agents get them out. Pure.

import type { secrets } from '@molecule/contracts';
import { say } from '../../languages/say.ts';

export interface SecretLine {
  name: string;
  /** Where the value that counts here comes from. */
  isOwn: boolean;
  /** An own value stands before one that everybody gets. */
  isOverride: boolean;
  updatedAtMs: number;
}

/** `globals` may be unknown, for those who may not list them: then no override is claimed. */
export function toLines(
  rows: readonly secrets.SecretRow[],
  globals: readonly secrets.SecretRow[] | undefined,
): SecretLine[] {
  const shared = new Set(globals?.map((row) => row.key));
  return rows.map((row) => ({
    name: row.key,
    isOwn: row.scope === 'workspace',
    isOverride: row.scope === 'workspace' && shared.has(row.key),
    updatedAtMs: Date.parse(row.updated_at),
  }));
}

const NAME_CHARS = 256;

/** What is wrong with the name of a secret, in a sentence; null when nothing is. */
export function troubleWithSecretName(name: string): string | null {
  if (name === '') return say('secrets.aSecretNeedsA');
  if (name.length > NAME_CHARS) return say('secrets.nameTooLong', { most: NAME_CHARS });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  if (/[=\u0000\r\n]/.test(name)) return say('secrets.nameHolds');
  return null;
}

const PROVIDERS: readonly [RegExp, string][] = [
  [/^ANTHROPIC_/, 'anthropic'],
  [/^OPENAI_/, 'openai'],
  [/^OPENROUTER_/, 'openrouter'],
  [/^(GEMINI|GOOGLE)_/, 'google'],
  [/^GROQ_/, 'groq'],
  [/^CEREBRAS_/, 'cerebras'],
  [/^(GITHUB|GH)_/, 'github'],
];

/** Whose key it is, by the name that such keys usually have; null when the name does not say. */
export function providerOf(name: string): string | null {
  return PROVIDERS.find(([form]) => form.test(name))?.[1] ?? null;
}
