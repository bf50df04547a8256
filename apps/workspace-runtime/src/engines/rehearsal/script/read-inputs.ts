// Read inputs: finds in a message what a script works on: a marked block, a data part, the sample, or the message.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Turn } from '../../engine.ts';
import { EngineFailure } from '../../engine-failure.ts';
import { showNumber } from '../text/show-number.ts';
import { wordsIn } from '../text/words.ts';
import { readBlock } from './blocks.ts';
import { type InputRule, SCRIPT_BOUNDS, type Script } from './schema.ts';
import type { Scope } from './scope.ts';

const SAMPLE_REQUEST_CHARS = 200;
const OPENING_LINE_CHARS = 200;

/** The first values of a run. `input_notes` tells what was cut or taken from elsewhere, for the reader of the result. */
export async function readInputs(
  script: Script,
  turn: Turn,
  self: { name: string; role: string; configDir: string },
): Promise<Scope> {
  const notes: string[] = [];
  const scope: Scope = new Map();
  scope.set('message', turn.text.slice(0, SCRIPT_BOUNDS.documentChars));
  scope.set('self', { name: self.name, role: self.role });
  for (const [name, rule] of Object.entries(script.inputs)) {
    const found = await findInput(name, rule, turn, self.configDir, notes);
    if (found.length > rule.max_chars) {
      notes.push(`Only the first ${showNumber(rule.max_chars)} characters of the ${name} were read.`);
    }
    scope.set(name, found.slice(0, rule.max_chars).replaceAll('\r\n', '\n'));
  }
  scope.set('input_notes', notes);
  return scope;
}

async function findInput(
  name: string,
  rule: InputRule,
  turn: Turn,
  configDir: string,
  notes: string[],
): Promise<string> {
  const block = rule.block === undefined ? null : readBlock(rule.block, turn.text);
  if (block !== null) return block;
  const data = fromData(name, turn.data);
  if (data !== null) return data;
  if (rule.sample !== undefined && asksForSample(turn.text)) {
    notes.push(`The text is the sample that comes with this role (${rule.sample}).`);
    return await readSample(join(configDir, rule.sample));
  }
  if (!rule.or_message) return '';
  const body = withoutOpeningLine(turn.text);
  return wordsIn(body).length < rule.min_words ? '' : body;
}

/** A data part such as `{"document": "…"}`. */
function fromData(name: string, data: readonly unknown[]): string | null {
  for (const part of data) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name)) continue;
    const value = (part as Record<string, unknown>)[name];
    if (typeof value === 'string') return value;
  }
  return null;
}

function asksForSample(text: string): boolean {
  return text.length <= SAMPLE_REQUEST_CHARS && /\bsample\b/i.test(text);
}

/** “Please review this:” is no part of the text that follows it. */
function withoutOpeningLine(text: string): string {
  const end = text.indexOf('\n');
  const opening = text.slice(0, end).trim();
  const rest = text.slice(end + 1);
  if (end === -1 || opening.length > OPENING_LINE_CHARS || !opening.endsWith(':') || rest.trim() === '')
    return text;
  return rest.replace(/^\s*\n/, '');
}

async function readSample(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).slice(0, SCRIPT_BOUNDS.sampleBytes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new EngineFailure(
      `the sample ${path} can not be read (${code}); put the file there or send a text`,
    );
  }
}
