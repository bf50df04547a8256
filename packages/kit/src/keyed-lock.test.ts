// Keyed lock: in order on one key, freely on others, and nothing is kept of keys that nobody holds.
import { describe, expect, it } from 'vitest';
import { KeyedLock } from './keyed-lock.ts';
import { QueueFull } from './queue-full.ts';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('a keyed lock', () => {
  it('runs work on one key in order and one at a time', async () => {
    const lock = new KeyedLock();
    const said: string[] = [];
    await Promise.all(
      [1, 2, 3, 4].map((n) =>
        lock.run('key', async () => {
          said.push(`begin ${n}`);
          await new Promise((resolve) => setImmediate(resolve));
          said.push(`end ${n}`);
        }),
      ),
    );
    expect(said).toEqual([1, 2, 3, 4].flatMap((n) => [`begin ${n}`, `end ${n}`]));
  });

  it('never makes one key wait for another', async () => {
    const lock = new KeyedLock();
    const { open, opened } = gate();
    const held = lock.run('a', () => opened);
    await expect(lock.run('b', async () => 'free')).resolves.toBe('free');
    open();
    await held;
  });

  it('goes on after work that fails, and gives the failure to its owner only', async () => {
    const lock = new KeyedLock();
    const bad = lock.run('key', () => Promise.reject(new Error('mine')));
    const good = lock.run('key', async () => 'fine');
    await expect(bad).rejects.toThrow('mine');
    await expect(good).resolves.toBe('fine');
  });

  it('keeps nothing of keys that nobody holds', async () => {
    const lock = new KeyedLock();
    const all = Array.from({ length: 1_000 }, (_, i) => lock.run(`k${i % 100}`, async () => i));
    expect(lock.size).toBe(100);
    await Promise.all(all);
    expect(lock.size).toBe(0);
  });

  it('refuses whoever would make a line too long, on that key only', async () => {
    const lock = new KeyedLock({ maxWaiting: 2 });
    const { open, opened } = gate();
    const held = [1, 2, 3].map(() => lock.run('a', () => opened));
    await expect(lock.run('a', async () => {})).rejects.toBeInstanceOf(QueueFull);
    await expect(lock.run('b', async () => 'free')).resolves.toBe('free');
    open();
    await Promise.all(held);
    await expect(lock.run('a', async () => 'free again')).resolves.toBe('free again');
  });
});
