// Backoff: it doubles, ends at its limit, and keeps clients apart.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

describe('the backoff', () => {
  it('doubles from the base up to the limit', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((n) =>
      backoffMs(n, { baseMs: 1_000, maxMs: 10_000, jitter: false }),
    );
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('is a whole number of milliseconds between half of the step and all of it, at any attempt', () => {
    const options = fc.record({
      baseMs: fc.integer({ min: 1, max: 10_000 }),
      maxMs: fc.integer({ min: 1, max: 60_000 }),
    });
    fc.assert(
      fc.property(fc.nat(100_000), options, (attempt, given) => {
        const step = backoffMs(attempt, { ...given, jitter: false });
        const wait = backoffMs(attempt, given);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(step / 2));
        expect(wait).toBeLessThanOrEqual(given.maxMs);
      }),
    );
  });

  it('differs from client to client', () => {
    const waits = Array.from({ length: 50 }, () => backoffMs(5, { baseMs: 1_000, maxMs: 60_000 }));
    expect(new Set(waits).size).toBeGreaterThan(10);
  });
});
