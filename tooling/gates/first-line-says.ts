// First line says: each source file begins with a comment that tells what it is for.

import type { Gate } from './gate.ts';
import { listFiles, readText } from './repository-files.ts';

const MIN_CHARACTERS = 12;

export const firstLineSays: Gate = {
  name: 'the first line of a file says what it is for',
  find(root) {
    return listFiles(root)
      .filter((path) => /\.(tsx?|mjs)$/.test(path) && !/\.d\.ts$|(^|\/)generated\//.test(path))
      .filter((path) => !saysSomething(readText(root, path) ?? ''))
      .map((path) => ({ path, line: 1, message: 'begins without a comment that says what the file is for' }));
  },
};

function saysSomething(text: string): boolean {
  const lines = text.split('\n');
  const first = lines[0]?.startsWith('#!') ? lines[1] : lines[0];
  return /^\/[/*]/.test(first ?? '') && (first ?? '').replace(/[^\p{L}]/gu, '').length >= MIN_CHARACTERS;
}
