// Counts: how long a text is, in every unit that people ask for.

import { lineCounter } from '../text/lines.ts';
import { maskToProse } from '../text/mask.ts';
import { blocksOf, sentencesOf } from '../text/sentences.ts';
import { wordsOf } from '../text/words.ts';
import type { Value } from './operation.ts';

/** Words a minute that an adult reads silently in English (Brysbaert 2019, rounded). */
const READING_WORDS_PER_MINUTE = 238;

export function countText(text: string): Value {
  const words = wordsOf(text).length;
  return {
    characters: [...text].length,
    words,
    sentences: sentencesOf(text).length,
    paragraphs: paragraphsOf(text).length,
    lines: text === '' ? 0 : lineCounter(text)(text.length),
    reading_minutes: readingMinutes(words),
  };
}

export function readingMinutes(words: number): number {
  return Math.round((words / READING_WORDS_PER_MINUTE) * 10) / 10;
}

/** Blocks of prose with a word in them; headings, tables and code are none. */
export function paragraphsOf(text: string): { line: number; text: string }[] {
  const lineAt = lineCounter(text);
  return blocksOf(maskToProse(text))
    .filter((block) => /[\p{L}\p{N}]/u.test(block.text))
    .map((block) => {
      const original = text.slice(block.offset, block.offset + block.text.length);
      return { line: lineAt(block.offset), text: original.trim() };
    });
}

export function sentenceList(text: string): { line: number; text: string }[] {
  const lineAt = lineCounter(text);
  return sentencesOf(text).map((sentence) => ({
    line: lineAt(sentence.offset),
    text: text.slice(sentence.offset, sentence.offset + sentence.text.length),
  }));
}
