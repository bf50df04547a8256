// Tests of the JSON limits, at both sides of each edge.

import { LIMITS } from '@molecule/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isText, isTooDeep } from './json-limits.ts';

const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

describe('JSON limits', () => {
  it('lets the deepest allowed body pass and refuses one level more', () => {
    expect(isTooDeep(nested(LIMITS.jsonDepth + 1))).toBe(false);
    expect(isTooDeep(nested(LIMITS.jsonDepth + 2))).toBe(true);
  });

  it('walks half a million levels without a stack of its own calls', () => {
    expect(isTooDeep(nested(500_000))).toBe(true);
    expect(isText(nested(500_000))).toBe(true);
  });

  it.each(['a\0b', '\ud800', 'x\udc00y'])('finds %j wherever it stands', (bad) => {
    for (const value of [bad, [bad], { a: [{ b: bad }] }, { [bad]: 1 }]) expect(isText(value)).toBe(false);
  });

  it('takes whole characters of every kind for text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        expect(isText(value)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
