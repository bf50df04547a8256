// Say: a message of the catalogues in the language of this page. A page speaks one language at a time, so which one it is
// stands in this module: passing it through every pure function that words something would say nothing more.
//
//   W1. English is always here; another language is complete or not there at all, which a gate checks.
//   W2. A message is parsed when it is first said, and kept. One without arguments is not parsed at all.
//   W3. What is said is text: rich messages give elements by `richWords` alone.

import { IntlMessageFormat } from 'intl-messageformat';
import english from './catalogues/en.json';
import type { LanguageTag } from './model.ts';

export type WordKey = keyof typeof english;
export type Catalogue = Readonly<Record<WordKey, string>>;
export type WordValues = Readonly<Record<string, string | number | Date>>;

interface Spoken {
  tag: LanguageTag;
  /** For dates and numbers. */
  locale: string;
  catalogue: Catalogue;
}

const ENGLISH: Spoken = { tag: 'en', locale: 'en', catalogue: english };

let spoken = ENGLISH;
let parsed = new Map<WordKey, IntlMessageFormat>();

/** Called before the first rendering, and again when somebody chooses another language; what is on the page is rendered anew. */
export function speak(next: Spoken): void {
  spoken = next;
  parsed = new Map();
}

/** The locale of dates and numbers. */
export const spokenLocale = (): string => spoken.locale;

/** The words of a key; `values` fill its arguments. */
export function say(key: WordKey, values?: WordValues): string {
  const text = spoken.catalogue[key];
  if (!/[{<']/.test(text)) return text;
  return String(parse(key, text).format(values));
}

export function parse(key: WordKey, text: string = spoken.catalogue[key]): IntlMessageFormat {
  const known = parsed.get(key);
  if (known) return known;
  const message = new IntlMessageFormat(text, spoken.locale);
  parsed.set(key, message);
  return message;
}
