// Fake clock: time that moves when the test says so.

import type { Clock } from '@molecule/kit';

export interface FakeClock extends Clock {
  /** Moves the time on, waking sleepers in the order of their deadlines, and lets their work begin. */
  advance(ms: number): Promise<void>;
  /** How many are asleep. */
  readonly sleeping: number;
}

interface Sleeper {
  wakeAt: number;
  wake(): void;
}

export function fakeClock(startAt = 1_700_000_000_000): FakeClock {
  let now = startAt;
  const sleepers = new Set<Sleeper>();

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        wakeAt: now + ms,
        wake: () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      sleepers.add(sleeper);
    });
  }

  async function advance(ms: number): Promise<void> {
    const until = now + ms;
    await settle();
    for (let next = earliest(until); next; next = earliest(until)) {
      now = Math.max(now, next.wakeAt);
      next.wake();
      await settle();
    }
    now = until;
  }

  function earliest(until: number): Sleeper | undefined {
    return [...sleepers].filter((s) => s.wakeAt <= until).sort((a, b) => a.wakeAt - b.wakeAt)[0];
  }

  return {
    now: () => now,
    sleep,
    advance,
    get sleeping() {
      return sleepers.size;
    },
  };
}

/** Lets everything that is ready run: promises, and callbacks of finished I/O. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
