// Dates: lists the dates of a text and checks each against the calendar.

import { datesIn } from '../text/calendar-dates.ts';
import { lineCounter } from '../text/lines.ts';
import type { Finding } from './operation.ts';

export function listDates(text: string): Finding[] {
  const lineAt = lineCounter(text);
  return datesIn(text).map((date) => ({
    line: lineAt(date.offset),
    text: date.text.replace(/\s+/g, ' '),
    note: date.problem ?? (date.isAmbiguous ? 'day and month can not be told apart' : (date.iso ?? '')),
  }));
}

/** Days that do not exist, weekdays that are not that day's, and dates that can be read in two ways. */
export function dateProblems(text: string): Finding[] {
  const lineAt = lineCounter(text);
  return datesIn(text)
    .filter((date) => date.problem !== null || date.isAmbiguous)
    .map((date) => ({
      line: lineAt(date.offset),
      text: date.text.replace(/\s+/g, ' '),
      note: date.problem ?? 'day and month can be read either way; write the month as a word',
    }));
}
