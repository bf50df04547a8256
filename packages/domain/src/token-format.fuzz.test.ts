// Fuzz of the token format: what was formatted is recognised, and one changed character is noticed.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatToken, looksLikeToken, TOKEN_KINDS, type TokenKind } from './token-format.ts';

const BOUND = { numRuns: 3_000, interruptAfterTimeLimit: 8_000 };
/** A planted bug only has to be found, not made small. */
const FIND = { ...BOUND, endOnFailure: true };
const random43 = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);
const kind = fc.constantFrom(...(Object.keys(TOKEN_KINDS) as TokenKind[]));
const char = fc.constantFrom(...'ABCXYZabcxyz0189_-');

function noticesTypos(recognise: typeof looksLikeToken) {
  return fc.property(random43, kind, fc.nat(50), char, (random, of, at, other) => {
    const token = formatToken(random, of);
    expect(recognise(token)).toBe(true);
    expect(token.startsWith(random)).toBe(true);
    const index = at % token.length;
    const changed = token.slice(0, index) + other + token.slice(index + 1);
    expect(recognise(changed)).toBe(changed === token);
  });
}

function isTotal(recognise: typeof looksLikeToken) {
  return fc.property(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme-ascii', minLength: 51, maxLength: 51 }),
    ),
    (text) => {
      expect(recognise(text)).toBe(false);
    },
  );
}

describe('token format under fuzz', () => {
  it('recognises every token and notices every changed character', () => {
    fc.assert(noticesTypos(looksLikeToken), BOUND);
  });

  it('takes no other text for a token, and never throws', () => {
    fc.assert(isTotal(looksLikeToken), BOUND);
  });

  it('finds the planted bug: a checksum that is not compared', () => {
    const shapeOnly = (text: string) => /^[A-Za-z0-9_-]{43}_[woasc][0-9A-Za-z]{6}$/.test(text);
    expect(fc.check(noticesTypos(shapeOnly), FIND).failed).toBe(true);
  });

  it('finds the planted bug: a length without a shape', () => {
    expect(
      fc.check(
        isTotal((text) => text.length === 51),
        FIND,
      ).failed,
    ).toBe(true);
  });
});
