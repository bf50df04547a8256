// Value words: dates, times, numbers and lists as this page's language writes them.

import { say, spokenLocale } from './say.ts';

const STYLES = {
  /** With seconds, for what must be exact. */
  full: {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  },
  moment: { dateStyle: 'medium', timeStyle: 'short' },
  day: { dateStyle: 'medium' },
  shortDay: { month: 'short', day: 'numeric' },
  clock: { hour: '2-digit', minute: '2-digit' },
  seconds: { hour: 'numeric', minute: 'numeric', second: 'numeric', hour12: false },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

const kept = new Map<string, Intl.DateTimeFormat>();

/** `at` is a time as `Date` takes it. */
export function timeWords(at: string | number, style: keyof typeof STYLES): string {
  const locale = spokenLocale();
  const key = `${locale} ${style}`;
  let format = kept.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, STYLES[style]);
    kept.set(key, format);
  }
  return format.format(new Date(at));
}

/** A number as this language writes it. */
export function numberWords(value: number, digits = 0): string {
  return value.toLocaleString(spokenLocale(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Names one after the other. */
export const listWords = (names: readonly string[]): string => names.join(say('languages.comma'));
