// The system's clock: sleeps end in time or by their signal, and leave nothing behind.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a sleep', () => {
  it('ends after its time and not before', async () => {
    let isAwake = false;
    void systemClock.sleep(1_000).then(() => {
      isAwake = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isAwake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isAwake).toBe(true);
  });

  it('does not end at once when it is longer than a timer can be', async () => {
    const days = 30 * 24 * 3_600_000;
    let isAwake = false;
    void systemClock.sleep(days).then(() => {
      isAwake = true;
    });
    await vi.advanceTimersByTimeAsync(days - 1);
    expect(isAwake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isAwake).toBe(true);
  });

  it('ends with the reason of its signal, at once, and clears its timer', async () => {
    const stop = new AbortController();
    const slept = systemClock.sleep(1_000, stop.signal);
    stop.abort(new Error('stopping'));
    await expect(slept).rejects.toThrow('stopping');
    expect(vi.getTimerCount()).toBe(0);
    await expect(systemClock.sleep(1_000, stop.signal)).rejects.toThrow('stopping');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no listener on a signal that outlives it', async () => {
    const stop = new AbortController();
    const slept = systemClock.sleep(10, stop.signal);
    await vi.advanceTimersByTimeAsync(10);
    await slept;
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });
});
