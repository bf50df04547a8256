// The rounds in which sockets are written to. Cites F1 to F3.

import { describe, expect, it } from 'vitest';
import { type Outlet, SocketFeed } from './socket-feed.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const bytes = (text: string) => Buffer.from(text);

function outlet(options: { lag?: () => number; workMs?: number } = {}) {
  const seen = { writes: [] as string[], tooSlow: 0, isOpen: true };
  const it: Outlet = {
    isOpen: () => seen.isOpen,
    lag: options.lag ?? (() => 0),
    write: (written) => {
      seen.writes.push(String(written));
      const until = performance.now() + (options.workMs ?? 0);
      while (performance.now() < until);
    },
    onTooSlow: () => {
      seen.tooSlow++;
      seen.isOpen = false;
    },
  };
  return { it, seen };
}

describe('a feed of sockets', () => {
  it('writes the first event in the same turn, in order (F1, F3)', async () => {
    const feed = new SocketFeed({ maxWaiting: 10 });
    const { it: one, seen } = outlet();
    feed.send(one, bytes('a'));
    feed.send(one, bytes('b'));
    await turn();
    expect(seen.writes).toEqual(['ab']);
    feed.send(one, bytes('c'));
    await pause(30);
    expect(seen.writes.join('')).toBe('abc');
  });

  it('gathers what comes while it works, for each socket what it may see (F2)', async () => {
    const feed = new SocketFeed({ maxWaiting: 1_000 });
    const all = Array.from({ length: 20 }, () => outlet({ workMs: 1 }));
    const some = outlet();
    for (let i = 0; i < 100; i++) {
      for (const { it } of all) feed.send(it, bytes(`${i},`));
      if (i % 2 === 0) feed.send(some.it, bytes(`${i},`));
      await turn();
    }
    await pause(100);
    const whole = Array.from({ length: 100 }, (_, i) => `${i},`);
    for (const { seen } of all) expect(seen.writes.join('')).toBe(whole.join(''));
    expect(some.seen.writes.join('')).toBe(whole.filter((_, i) => i % 2 === 0).join(''));
    expect(all[0]?.seen.writes.length).toBeLessThan(100);
  });

  it('writes nothing more to a socket that closes or is forgotten (F3)', async () => {
    const feed = new SocketFeed({ maxWaiting: 10 });
    const [closing, gone] = [outlet(), outlet()];
    feed.send(closing.it, bytes('a'));
    feed.send(gone.it, bytes('a'));
    closing.seen.isOpen = false;
    feed.forget(gone.it);
    await turn();
    expect([closing.seen.writes, gone.seen.writes]).toEqual([[], []]);
  });

  it('gives up a socket whose reader stays behind, and only that one (F3)', async () => {
    const feed = new SocketFeed({ maxWaiting: 5 });
    let lag = 1;
    const [slow, quick] = [outlet({ lag: () => lag }), outlet()];
    for (let i = 0; i < 4; i++) {
      for (const { it } of [slow, quick]) feed.send(it, bytes('x'));
      await pause(2);
    }
    lag = 0;
    feed.send(slow.it, bytes('x'));
    await pause(2);
    expect(slow.seen).toMatchObject({ tooSlow: 0, isOpen: true });
    lag = 1;
    for (let i = 0; i < 5; i++) {
      for (const { it } of [slow, quick]) feed.send(it, bytes('x'));
      await pause(2);
    }
    expect(slow.seen).toMatchObject({ tooSlow: 1, isOpen: false });
    expect(quick.seen).toMatchObject({ tooSlow: 0, isOpen: true });
  });
});
