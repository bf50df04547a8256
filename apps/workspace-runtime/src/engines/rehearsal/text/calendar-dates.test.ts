// Proves the rules of the rehearsal engine's calendar dates.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datesIn } from './calendar-dates.ts';

const day = fc.date({ min: new Date('1000-01-01'), max: new Date('2999-12-31'), noInvalidDate: true });
const written = (date: Date, options: Intl.DateTimeFormatOptions, locale: string) =>
  new Intl.DateTimeFormat(locale, {
    timeZone: 'UTC',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    ...options,
  }).format(date);

describe('calendar dates', () => {
  it('reads every day back that is written day first, month first or as ISO, with its right weekday', () => {
    fc.assert(
      fc.property(day, (date) => {
        const iso = date.toISOString().slice(0, 10);
        const forms = [written(date, {}, 'en-GB'), written(date, { weekday: 'long' }, 'en-US'), iso];
        for (const form of forms) {
          expect(datesIn(`It was on ${form}.`)).toMatchObject([{ text: form, iso, problem: null }]);
        }
      }),
    );
  });

  it('notices every wrong weekday', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: 1, max: 6 }), (date, shift) => {
        const other = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' }).format(
          date.getTime() + shift * 86_400_000,
        );
        expect(datesIn(`${other}, ${written(date, {}, 'en-GB')}`)[0]!.problem).toContain(`not a ${other}`);
      }),
    );
  });

  it('knows days that do not exist, leap years included', () => {
    const problems = (text: string) => datesIn(text).map((date) => date.problem);
    expect(problems('31 June 2025')).toEqual(['June 2025 has 30 days, so there is no day 31']);
    expect(problems('29 February 2024')).toEqual([null]);
    expect(problems('2025-02-29')).toEqual(['February 2025 has 28 days, so there is no day 29']);
    expect(problems('2025-13-01')).toEqual(['there is no month 13']);
  });

  it('calls a numeric date ambiguous only when both readings exist and differ', () => {
    const read = (text: string) => datesIn(text).map((date) => [date.iso, date.isAmbiguous]);
    expect(read('05/06/2025')).toEqual([[null, true]]);
    expect(read('13/06/2025')).toEqual([['2025-06-13', false]]);
    expect(read('06/13/2025')).toEqual([['2025-06-13', false]]);
    expect(read('06.06.2025')).toEqual([['2025-06-06', false]]);
  });
});
