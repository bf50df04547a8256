// Terms: the words that a text uses most, its stop words left out, and the sentences that use them most.

import { lineCounter } from '../text/lines.ts';
import { sentencesOf } from '../text/sentences.ts';
import { wordsIn, wordsOf } from '../text/words.ts';
import { STOP_WORDS } from './stop-words.ts';

export interface Term {
  readonly [key: string]: string | number;
  term: string;
  times: number;
  first_line: number;
}

/** Terms of a text, most frequent first, then by first appearance. A plural counts with its singular where both stand. */
export function termsOf(text: string): Term[] {
  const lineAt = lineCounter(text);
  const counted = new Map<string, { times: number; offset: number }>();
  for (const word of wordsOf(text)) {
    const term = termFrom(word.text);
    if (term === null) continue;
    const entry = counted.get(term);
    if (entry) entry.times++;
    else counted.set(term, { times: 1, offset: word.offset });
  }
  foldPlurals(counted);
  return Array.from(counted, ([term, { times, offset }]) => ({
    term,
    times,
    first_line: lineAt(offset),
    offset,
  }))
    .sort((a, b) => b.times - a.times || a.offset - b.offset)
    .map(({ term, times, first_line }) => ({ term, times, first_line }));
}

/** Terms that stand at least `least` times, at most `most` of them. */
export function frequentTerms(text: string, options: { least: number; most: number }): Term[] {
  return termsOf(text)
    .filter((term) => term.times >= options.least)
    .slice(0, options.most);
}

/** The sentences whose words weigh most, in the text's order. Extractive: nothing is rephrased. */
export function summarySentences(
  text: string,
  options: { sentences: number },
): { line: number; text: string }[] {
  const weights = new Map(termsOf(text).map((term) => [term.term, term.times]));
  const lineAt = lineCounter(text);
  const scored = sentencesOf(text)
    .map((sentence) => ({ sentence, score: weigh(sentence.text, weights) }))
    .filter((entry) => entry.score > 0)
    .sort((a, b) => b.score - a.score || a.sentence.offset - b.sentence.offset)
    .slice(0, options.sentences)
    .sort((a, b) => a.sentence.offset - b.sentence.offset);
  return scored.map(({ sentence }) => ({
    line: lineAt(sentence.offset),
    text: text.slice(sentence.offset, sentence.offset + sentence.text.length),
  }));
}

/** Weight per word, eased so that a long sentence neither wins nor loses by its length alone. */
function weigh(sentence: string, weights: ReadonlyMap<string, number>): number {
  const words = wordsIn(sentence);
  if (words.length < 5) return 0;
  const distinct = new Set(words.map((word) => termFrom(word.text)));
  let sum = 0;
  for (const term of distinct)
    if (term !== null) sum += weights.get(term) ?? weights.get(term.replace(/s$/, '')) ?? 0;
  return sum / Math.sqrt(words.length);
}

function termFrom(word: string): string | null {
  const term = word
    .toLowerCase()
    .replace(/[’']s$/, '')
    .replaceAll('’', "'");
  if (term.length < 3 || STOP_WORDS.has(term) || !/^\p{L}/u.test(term)) return null;
  return term;
}

function foldPlurals(counted: Map<string, { times: number; offset: number }>): void {
  for (const [term, entry] of [...counted]) {
    const singular = term.endsWith('s') ? counted.get(term.slice(0, -1)) : undefined;
    if (!singular) continue;
    singular.times += entry.times;
    singular.offset = Math.min(singular.offset, entry.offset);
    counted.delete(term);
  }
}
