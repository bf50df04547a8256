// Default reply: what a role without a script answers: what it is, and what it was sent. Cheap, for load tests too.

import type { Turn } from '../engine.ts';
import { MARK } from './speech.ts';
import { excerpt } from './text/lines.ts';
import { showNumber } from './text/show-number.ts';
import { wordsIn } from './text/words.ts';

const COUNTED_CHARS = 100_000;

export function defaultReply(turn: Turn, name: string): string {
  const words = wordsIn(turn.text.slice(0, COUNTED_CHARS)).length;
  const counted = turn.text.length > COUNTED_CHARS ? `at least ${showNumber(words)}` : showNumber(words);
  return [
    `${name} received ${counted} ${words === 1 ? 'word' : 'words'} (${showNumber(turn.text.length)} characters): “${excerpt(turn.text.slice(0, 1000), 160)}”`,
    '',
    'This role has no script yet, so it can only say what it received. Give it a rehearsal.yaml, or run it on the model engine.',
    '',
    MARK,
  ].join('\n');
}
