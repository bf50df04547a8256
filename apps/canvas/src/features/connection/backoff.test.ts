// Backoff: grows, stays below its ceiling, never returns in step.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

describe('backoffMs', () => {
  it('doubles and stays between half and all of its step', () => {
    expect([1, 2, 3, 4].map((attempt) => backoffMs(attempt, 0))).toEqual([150, 300, 600, 1_200]);
    expect(backoffMs(1, 0.999)).toBe(300);
  });

  it('never waits longer than ten seconds, nor less than 150 ms', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (n, r) => {
          expect(backoffMs(n, r)).toBeGreaterThanOrEqual(150);
          expect(backoffMs(n, r)).toBeLessThanOrEqual(10_000);
        },
      ),
    );
  });
});
