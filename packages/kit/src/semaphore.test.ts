// Semaphore: never more than its limit, in order, and whoever gives up leaves the line.
import { describe, expect, it } from 'vitest';
import { QueueFull } from './queue-full.ts';
import { Semaphore } from './semaphore.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Work that waits until it is ended. */
function work() {
  const ends: (() => void)[] = [];
  return {
    ends,
    run: () =>
      new Promise<void>((resolve) => {
        ends.push(resolve);
      }),
  };
}

describe('a semaphore', () => {
  it('lets no more than its limit run, and the rest in order', async () => {
    const semaphore = new Semaphore(3);
    const begun: number[] = [];
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        semaphore.run(async () => {
          begun.push(i);
          most = Math.max(most, semaphore.running);
          await turn();
        }),
      ),
    );
    expect(most).toBe(3);
    expect(begun).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect([semaphore.running, semaphore.waiting]).toEqual([0, 0]);
  });

  it('gives the place of failed work to the next', async () => {
    const semaphore = new Semaphore(1);
    const bad = semaphore.run(() => Promise.reject(new Error('mine')));
    const good = semaphore.run(async () => 'fine');
    await expect(bad).rejects.toThrow('mine');
    await expect(good).resolves.toBe('fine');
  });

  it('forgets whoever gives up waiting', async () => {
    const semaphore = new Semaphore(1);
    const { ends, run } = work();
    const first = semaphore.run(run);
    const giveUp = new AbortController();
    const second = semaphore.run(run, giveUp.signal);
    const third = semaphore.run(run);
    expect(semaphore.waiting).toBe(2);
    giveUp.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    expect(semaphore.waiting).toBe(1);
    ends[0]?.();
    await first;
    await turn();
    ends[1]?.();
    await third;
    expect(semaphore.running).toBe(0);
    await expect(semaphore.run(run, giveUp.signal)).rejects.toThrow('enough');
  });

  it('refuses whoever would make the line too long', async () => {
    const semaphore = new Semaphore(1, { maxWaiting: 1 });
    const { ends, run } = work();
    const first = semaphore.run(run);
    const second = semaphore.run(run);
    await expect(semaphore.run(run)).rejects.toBeInstanceOf(QueueFull);
    ends[0]?.();
    await first;
    await turn();
    ends[1]?.();
    await second;
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a limit of %s', (limit) => {
    expect(() => new Semaphore(limit)).toThrow('at least 1');
  });
});
