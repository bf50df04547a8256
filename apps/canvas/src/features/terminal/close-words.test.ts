// Each way in which a terminal ends is said in words.

import { expect, it } from 'vitest';
import { closeWords } from './close-words.ts';

it.each([
  [1000, '', 'The shell ended.'],
  [1008, 'revoked', 'The credential was revoked.'],
  [4408, '', 'Closed after thirty minutes without input.'],
  [4409, 'the workspace is not running', 'The workspace is not running.'],
  [4501, '', 'The server closed the terminal (4501).'],
])('says why for %i %s', (code, reason, words) => {
  expect(closeWords(code, reason)).toBe(words);
});
