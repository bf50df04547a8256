// With deadline, backoff, single flight and the clock: each keeps its one promise.
import { fakeClock } from '@molecule/testkit';
import { describe, expect, it, vi } from 'vitest';
import { backoffMs } from './backoff.ts';
import { systemClock } from './clock.ts';
import { singleFlight } from './single-flight.ts';
import { DeadlineExceeded, withDeadline } from './with-deadline.ts';

describe('with deadline', () => {
  it('gives the result and leaves no timer behind', async () => {
    const clock = fakeClock();
    await expect(withDeadline(Promise.resolve('done'), 1_000, 'it', clock)).resolves.toBe('done');
    expect(clock.sleeping).toBe(0);
  });

  it('gives the error of the work as it is', async () => {
    const error = new Error('mine');
    await expect(withDeadline(() => Promise.reject(error), 1_000)).rejects.toBe(error);
  });

  it('ends in time, aborts the signal, and survives what the work says later', async () => {
    const clock = fakeClock();
    let fail = (_: Error) => {};
    let seen: AbortSignal | undefined;
    const late = withDeadline(
      (signal) => {
        seen = signal;
        return new Promise<never>((_, reject) => {
          fail = reject;
        });
      },
      1_000,
      'the call',
      clock,
    );
    const refused = expect(late).rejects.toThrow(new DeadlineExceeded('the call did not end within 1000 ms'));
    await clock.advance(999);
    expect(seen?.aborted).toBe(false);
    await clock.advance(1);
    await refused;
    expect(seen?.reason).toBeInstanceOf(DeadlineExceeded);
    fail(new Error('too late to matter'));
    await clock.advance(1);
  });
});

describe('backoff', () => {
  it('doubles from its base to its maximum', () => {
    const steps = [1, 2, 3, 4, 5, 2_000].map((n) =>
      backoffMs(n, { baseMs: 100, maxMs: 1_000, jitter: false }),
    );
    expect(steps).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('waits somewhere between half and all of the step', () => {
    const waits = Array.from({ length: 500 }, () => backoffMs(3, { baseMs: 100, maxMs: 1_000 }));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(200);
    expect(Math.max(...waits)).toBeLessThanOrEqual(400);
    expect(new Set(waits).size).toBeGreaterThan(10);
  });
});

describe('single flight', () => {
  it('shares work under way, by key, and begins anew afterwards', async () => {
    let runs = 0;
    const read = singleFlight(async (key: string) => {
      await Promise.resolve();
      return `${key}${++runs}`;
    });
    expect(await Promise.all([read('a'), read('a'), read('b')])).toEqual(['a1', 'a1', 'b2']);
    expect(await read('a')).toBe('a3');
  });

  it('shares a failure too, and forgets it', async () => {
    let runs = 0;
    const read = singleFlight(async (_: string) => {
      if (++runs === 1) throw new Error('once');
      return runs;
    });
    const results = await Promise.allSettled([read('a'), read('a')]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(await read('a')).toBe(2);
  });
});

describe('the system clock', () => {
  it('stops sleeping when it is told to, before or meanwhile', async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(60_000, stop.signal);
    stop.abort(new Error('up'));
    await expect(sleeping).rejects.toThrow('up');
    await expect(systemClock.sleep(60_000, stop.signal)).rejects.toThrow('up');
  });

  it('sleeps for longer than a timer can', async () => {
    vi.useFakeTimers();
    try {
      const days = 24 * 60 * 60 * 1_000;
      let isAwake = false;
      void systemClock.sleep(60 * days).then(() => {
        isAwake = true;
      });
      await vi.advanceTimersByTimeAsync(60 * days - 1);
      expect(isAwake).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(isAwake).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
