// Calendar dates: finds written dates and tells what the calendar knows about each. Gregorian, years 1000 to 2999.

import type { Located } from './lines.ts';

export interface WrittenDate extends Located {
  /** ISO day; null when no such day exists or when day and month can not be told apart. */
  iso: string | null;
  problem: string | null;
  /** True when a month may be a day: 03/04/2025. */
  isAmbiguous: boolean;
}

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');
const MONTH =
  '(january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\\.?';
const WEEKDAY = '(?:(monday|tuesday|wednesday|thursday|friday|saturday|sunday),?\\s(?:the\\s)?)?';
const ORDINAL = '(\\d{1,2})(?:st|nd|rd|th)?';
const YEAR = '([12]\\d{3})';

const DAY_FIRST = new RegExp(`\\b${WEEKDAY}${ORDINAL}\\s(?:of\\s)?${MONTH},?\\s${YEAR}\\b`, 'gi');
const MONTH_FIRST = new RegExp(`\\b${WEEKDAY}${MONTH}\\s${ORDINAL},?\\s${YEAR}\\b`, 'gi');
const ISO_DAY = /(?<![\d-])([12]\d{3})-(\d{2})-(\d{2})(?![\d-])/g;
const NUMERIC = /(?<![\d/.])(\d{1,2})([/.])(\d{1,2})\2([12]\d{3})(?![\d/])/g;

export function datesIn(text: string): WrittenDate[] {
  const found = [
    ...Array.from(text.matchAll(DAY_FIRST), (m) => dated(m, m[4]!, monthNumber(m[3]!), m[2]!, m[1])),
    ...Array.from(text.matchAll(MONTH_FIRST), (m) => dated(m, m[4]!, monthNumber(m[2]!), m[3]!, m[1])),
    ...Array.from(text.matchAll(ISO_DAY), (m) => dated(m, m[1]!, Number(m[2]), m[3]!)),
    ...Array.from(text.matchAll(NUMERIC), numericDate),
  ];
  return found.sort((a, b) => a.offset - b.offset);
}

function numericDate(match: RegExpMatchArray): WrittenDate {
  const [first, second] = [Number(match[1]), Number(match[3])];
  const isAmbiguous = first <= 12 && second <= 12 && first !== second;
  if (!isAmbiguous) {
    return dated(match, match[4]!, second > 12 ? first : second, String(second > 12 ? second : first));
  }
  return { text: match[0], offset: match.index!, iso: null, problem: null, isAmbiguous };
}

function dated(
  match: RegExpMatchArray,
  year: string,
  month: number,
  day: string,
  weekday?: string,
): WrittenDate {
  const base = { text: match[0], offset: match.index!, isAmbiguous: false };
  const date = new Date(Date.UTC(Number(year), month - 1, Number(day)));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== Number(day)) {
    return { ...base, iso: null, problem: impossible(Number(year), month, Number(day)) };
  }
  const iso = date.toISOString().slice(0, 10);
  const actual = WEEKDAYS[date.getUTCDay()]!;
  if (weekday === undefined || weekday.toLowerCase() === actual) return { ...base, iso, problem: null };
  return {
    ...base,
    iso,
    problem: `${iso} was or will be a ${capitalised(actual)}, not a ${capitalised(weekday)}`,
  };
}

function impossible(year: number, month: number, day: number): string {
  if (month < 1 || month > 12) return `there is no month ${month}`;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return `${capitalised(MONTHS[month - 1]!)} ${year} has ${last} days, so there is no day ${day}`;
}

function monthNumber(name: string): number {
  return MONTHS.findIndex((month) => month.startsWith(name.toLowerCase().slice(0, 3))) + 1;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
