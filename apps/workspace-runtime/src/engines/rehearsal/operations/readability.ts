// Readability: the Flesch scores of an English text. Syllables are counted by rule, so a score is good to a few points.

import { maskToProse } from '../text/mask.ts';
import { sentencesOf } from '../text/sentences.ts';
import { wordsIn } from '../text/words.ts';
import type { Value } from './operation.ts';
import { STOP_WORDS } from './stop-words.ts';

const BANDS: readonly (readonly [number, string])[] = [
  [90, 'very easy'],
  [80, 'easy'],
  [70, 'fairly easy'],
  [60, 'plain English'],
  [50, 'fairly difficult'],
  [30, 'difficult'],
];
/** Below this share of English function words a text is not taken for English. */
const ENGLISH_SHARE = 0.15;

export function readability(text: string): Value {
  const sentences = sentencesOf(text);
  const words = sentences.flatMap((sentence) => alphabetic(sentence.text));
  if (words.length === 0) return { applies: false, reason: 'there are no sentences to score' };
  if (!looksEnglish(words)) {
    return {
      applies: false,
      reason: 'the text does not look like English, and the score is for English only',
    };
  }
  const syllables = words.reduce((sum, word) => sum + countSyllables(word), 0);
  const wordsPerSentence = words.length / sentences.length;
  const syllablesPerWord = syllables / words.length;
  const ease = 206.835 - 1.015 * wordsPerSentence - 84.6 * syllablesPerWord;
  return {
    applies: true,
    ease: oneDecimal(ease),
    band: BANDS.find(([from]) => ease >= from)?.[1] ?? 'very difficult',
    grade: oneDecimal(0.39 * wordsPerSentence + 11.8 * syllablesPerWord - 15.59),
    words_per_sentence: oneDecimal(wordsPerSentence),
    syllables_per_word: Math.round(syllablesPerWord * 100) / 100,
  };
}

/** Vowel groups, less a silent ending; at least one. */
export function countSyllables(word: string): number {
  const letters = word
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z]/g, '');
  if (letters.length <= 3) return 1;
  const spoken = letters.replace(/(?:[^laeiouy]es|[^aeioutd]ed|[^laeiouy]e)$/, 'x').replace(/^y/, '');
  return Math.max(1, spoken.match(/[aeiouy]{1,2}/g)?.length ?? 0);
}

export function looksEnglish(words: readonly string[]): boolean {
  const known = words.filter((word) => STOP_WORDS.has(word.toLowerCase())).length;
  return words.length > 0 && known / words.length >= ENGLISH_SHARE;
}

export function isEnglish(text: string): boolean {
  return looksEnglish(alphabetic(maskToProse(text)));
}

function alphabetic(text: string): string[] {
  return wordsIn(text)
    .map((word) => word.text)
    .filter((word) => /\p{L}/u.test(word));
}

function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10;
}
