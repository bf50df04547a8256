// Wording: places where a sentence is harder to read than it has to be. Each is a hint to a person, not a verdict.

import { around, excerpt, lineCounter } from '../text/lines.ts';
import { maskToProse } from '../text/mask.ts';
import { sentencesOf } from '../text/sentences.ts';
import { wordsIn } from '../text/words.ts';
import type { Finding } from './operation.ts';
import { IRREGULAR_PARTICIPLES, SPELLING_PAIRS, VAGUE_PHRASES, WORDY_PHRASES } from './word-lists.ts';

const REPEATED = /(?<![\p{L}\p{N}'’-])(\p{L}{1,40})\s{1,10}\1(?![\p{L}\p{N}'’-])/giu;
const PASSIVE = new RegExp(
  `\\b(?:am|is|are|was|were|be|been|being)\\s(?:not\\s)?(?:[a-z]{2,20}ly\\s)?(?:[a-z]{2,20}ed|${IRREGULAR_PARTICIPLES.join('|')})\\b`,
  'gi',
);
const WORDY = new RegExp(`\\b(?:${[...WORDY_PHRASES.keys()].join('|').replaceAll(' ', '\\s')})\\b`, 'gi');
const VAGUE = new RegExp(`\\b(?:${VAGUE_PHRASES.join('|').replaceAll(' ', '\\s')})\\b`, 'gi');
const SPACING = /(?<=\S)(?: {2,10}(?=\S)|[ ](?=[,;:!?](?:\s|$)))/g;

export function repeatedWords(text: string): Finding[] {
  return findInProse(text, REPEATED, () => 'the same word twice');
}

export function passiveHints(text: string): Finding[] {
  return findInProse(text, PASSIVE, () => 'may be passive: who does it?');
}

export function wordyPhrases(text: string): Finding[] {
  return findInProse(text, WORDY, (phrase) => `try “${WORDY_PHRASES.get(phrase.toLowerCase())}”`);
}

/** Claims that lean on nobody in particular. */
export function vagueClaims(text: string): Finding[] {
  return findInProse(text, VAGUE, () => 'who says so?');
}

export function longSentences(text: string, options: { words: number }): Finding[] {
  const lineAt = lineCounter(text);
  return sentencesOf(text)
    .map((sentence) => ({ sentence, words: wordsIn(sentence.text).length }))
    .filter(({ words }) => words > options.words)
    .map(({ sentence, words }) => ({
      line: lineAt(sentence.offset),
      text: excerpt(text.slice(sentence.offset, sentence.offset + sentence.text.length), 90),
      note: `${words} words`,
    }));
}

/** Two blanks inside a line, or a blank before a comma and its kin. */
export function spacingSlips(text: string): Finding[] {
  const lineAt = lineCounter(text);
  const lines = text.split('\n');
  const prose = maskToProse(text).split('\n');
  let offset = 0;
  return lines.flatMap((line, index) => {
    const start = offset;
    offset += line.length + 1;
    if (prose[index]!.trim() === '') return [];
    return Array.from(line.trimEnd().matchAll(SPACING), (match) => ({
      line: lineAt(start),
      text: around(line, match.index, 20),
      note: match[0].length > 1 ? 'two blanks' : 'a blank before a punctuation mark',
    }));
  });
}

/** British and American spellings of one word in one text. */
export function mixedSpellings(text: string): Finding[] {
  const lineAt = lineCounter(text);
  const first = new Map<string, { text: string; offset: number }>();
  for (const word of wordsIn(maskToProse(text, { keepHeadings: true }))) {
    const key = word.text.toLowerCase();
    if (!first.has(key)) first.set(key, word);
  }
  return SPELLING_PAIRS.flatMap(([one, other]) => {
    const [a, b] = [first.get(one), first.get(other)];
    if (!a || !b) return [];
    const [earlier, later] = a.offset < b.offset ? [a, b] : [b, a];
    const note = `line ${lineAt(earlier.offset)} has “${earlier.text}”; choose one spelling`;
    return [{ line: lineAt(later.offset), text: later.text, note }];
  });
}

function findInProse(text: string, form: RegExp, note: (phrase: string) => string): Finding[] {
  const lineAt = lineCounter(text);
  return Array.from(maskToProse(text).matchAll(form), (match) => {
    const phrase = match[0].replace(/\s+/g, ' ');
    return { line: lineAt(match.index), text: phrase, note: note(phrase) };
  });
}
