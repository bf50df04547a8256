// Patterns: what stands in a text by its form: numbers, addresses, names, quotations. Nothing is looked up.

import { datesIn } from '../text/calendar-dates.ts';
import { excerpt, lineCounter } from '../text/lines.ts';
import { maskToProse } from '../text/mask.ts';
import { numeralsIn } from '../text/numerals.ts';
import { sentencesOf } from '../text/sentences.ts';
import type { Finding, Value } from './operation.ts';
import { STOP_WORDS } from './stop-words.ts';

const URL_FORM = /\bhttps?:\/\/[^\s<>()[\]"'`]{1,2000}/g;
const EMAIL_FORM = /(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g;
const QUOTATION = /“([^”]{2,600})”|"([^"\n]{2,600})"/g;
const NAME =
  /(?<![\p{L}\p{N}'’-])\p{Lu}[\p{L}'’-]{0,40}\.?(?: (?:of|de|van|von|der|and|the|for) (?=\p{Lu})| )\p{Lu}[\p{L}'’-]{0,40}(?: \p{Lu}[\p{L}'’-]{0,40}){0,4}/gu;
const MONTH_OR_DAY =
  /\b(?:January|February|March|April|May|June|July|August|September|October|November|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b/;

/** Every number outside dates, with its kind. */
export function listNumbers(text: string): Finding[] {
  const lineAt = lineCounter(text);
  const dates = datesIn(text);
  let next = 0;
  return numeralsIn(maskToProse(text, { keepHeadings: true }))
    .filter((numeral) => {
      while (next < dates.length && dates[next]!.offset + dates[next]!.text.length <= numeral.offset) next++;
      return next >= dates.length || numeral.offset < dates[next]!.offset;
    })
    .map((numeral) => ({
      line: lineAt(numeral.offset),
      text: excerpt(numeral.text, 60),
      note: numeral.kind,
    }));
}

export function listUrls(text: string): Finding[] {
  return locate(text, URL_FORM, (url) => (url.startsWith('http://') ? 'not https' : '')).map((found) => ({
    ...found,
    text: found.text.replace(/[.,;:!?]+$/, ''),
  }));
}

export function listEmails(text: string): Finding[] {
  return locate(text, EMAIL_FORM, () => '').map((found) => ({
    ...found,
    text: found.text.replace(/\.$/, ''),
  }));
}

/** What stands in double quotation marks. */
export function listQuotations(text: string): Finding[] {
  return locate(text, QUOTATION, () => '').map((found) => ({
    ...found,
    text: excerpt(found.text.slice(1, -1), 160),
  }));
}

/** Runs of capitalised words, counted: people, places and bodies, as far as their form tells. */
export function listNames(text: string): Value {
  const lineAt = lineCounter(text);
  const names = new Map<string, { times: number; first_line: number }>();
  for (const sentence of sentencesOf(text)) {
    for (const match of sentence.text.replace(/\s/g, ' ').matchAll(NAME)) {
      const name = trimName(match[0]);
      if (name === null) continue;
      const known = names.get(name);
      if (known) known.times++;
      else names.set(name, { times: 1, first_line: lineAt(sentence.offset + match.index) });
    }
  }
  return Array.from(names, ([name, { times, first_line }]) => ({ name, times, first_line })).sort(
    (a, b) => b.times - a.times || a.first_line - b.first_line,
  );
}

/** The sentences that hold a number, a date, a quotation or an address: what a person would have to verify. */
export function checkableSentences(text: string): Value {
  const lineAt = lineCounter(text);
  return sentencesOf(text)
    .map((sentence) => ({
      line: lineAt(sentence.offset),
      text: text.slice(sentence.offset, sentence.offset + sentence.text.length),
    }))
    .filter(({ text: said }) => /\d|[“"]|\bhttps?:/.test(said));
}

function trimName(raw: string): string | null {
  const words = raw.split(' ');
  while (words.length > 0 && STOP_WORDS.has(words[0]!.toLowerCase())) words.shift();
  if (words.length < 2 || MONTH_OR_DAY.test(words.join(' '))) return null;
  return words.join(' ');
}

function locate(text: string, form: RegExp, note: (found: string) => string): Finding[] {
  const lineAt = lineCounter(text);
  return Array.from(text.matchAll(form), (match) => ({
    line: lineAt(match.index),
    text: match[0],
    note: note(match[0]),
  }));
}
