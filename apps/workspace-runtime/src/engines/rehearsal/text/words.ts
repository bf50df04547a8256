// Words: what counts as a word. A run of letters or digits, held together by an inner apostrophe, hyphen or point.

import type { Located } from './lines.ts';
import { maskToProse } from './mask.ts';

const WORD = /[\p{L}\p{N}]+(?:[’'.-][\p{L}\p{N}]+|,\p{N}+)*/gu;

/** The words of a Markdown text, headings and tables included; code blocks and addresses are no words. */
export function wordsOf(text: string): Located[] {
  return wordsIn(maskToProse(text, { keepHeadings: true }));
}

/** The words of a text taken as it stands. */
export function wordsIn(plain: string): Located[] {
  return Array.from(plain.matchAll(WORD), (match) => ({ text: match[0], offset: match.index }));
}
