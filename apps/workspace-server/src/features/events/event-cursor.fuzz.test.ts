// Fuzz of event cursors: what a client sends as `since_seq` is a place in the log or a typed refusal.

import { isFault } from '@molecule/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSeq } from './event-deps.ts';

const BOUND = { numRuns: 3_000, interruptAfterTimeLimit: 8_000 };
/** A planted bug only has to be found, not made small. */
const FIND = { ...BOUND, endOnFailure: true };

const cursor = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.integer().map(String),
  fc.double().map(String),
  fc.bigInt().map(String),
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-0',
    '1e3',
    '0x10',
    '0b1',
    '+1',
    ' 7 ',
    '１',
    'Infinity',
    'NaN',
    '9007199254740993',
    '1_000',
    '٣',
  ),
);

function holds(parse: (text: string) => number) {
  return fc.property(cursor, (text) => {
    let seq: number;
    try {
      seq = parse(text);
    } catch (error) {
      if (!isFault(error) || error.code !== 'INVALID_REQUEST') throw error;
      return;
    }
    // Decimal digits and nothing else: any other spelling is a client's mistake that would silently replay too much.
    expect(text).toMatch(/^\d+$/);
    expect(Number.isSafeInteger(seq)).toBe(true);
    expect(parse(String(seq))).toBe(seq);
  });
}

describe('event cursors under fuzz', () => {
  it('are whole decimal numbers or refused', () => {
    fc.assert(holds(parseSeq), BOUND);
  });

  it.each([
    ['takes whatever JavaScript calls a number', (text: string) => Number(text)],
    ['stops at the first stray character', (text: string) => Number.parseInt(text, 10)],
  ])('finds the planted bug: %s', (_name, parse) => {
    expect(fc.check(holds(parse), FIND).failed).toBe(true);
  });
});
