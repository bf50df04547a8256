// Supervisor: V1 to V5, on a clock that the test moves.
import { fakeClock } from '@molecule/testkit';
import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';
import { type Loop, Supervisor } from './supervisor.ts';

function open(...loops: Loop[]) {
  const clock = fakeClock();
  const lines: string[] = [];
  const log = createLog({ level: 'info', destination: { write: (line) => lines.push(line) } });
  const supervisor = new Supervisor(log, clock);
  for (const loop of loops) supervisor.add(loop);
  return { clock, supervisor, lines };
}

/** A loop whose runs end when the test says so. */
function held(name: string, options: Partial<Loop> = {}) {
  const ends: ((error?: Error) => void)[] = [];
  const signals: AbortSignal[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const loop: Loop = {
    name,
    intervalMs: 1_000,
    ...options,
    run: async (signal) => {
      signals.push(signal);
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      try {
        await new Promise<void>((resolve, reject) => {
          ends.push((error) => (error ? reject(error) : resolve()));
        });
      } finally {
        atOnce--;
      }
    },
  };
  return { loop, ends, signals, most: () => mostAtOnce };
}

function counting(name: string, run: () => unknown = () => {}, intervalMs = 1_000) {
  const at: number[] = [];
  const loop = (clock: { now(): number }): Loop => ({
    name,
    intervalMs,
    run: async () => {
      at.push(clock.now());
      run();
    },
  });
  return { at, loop };
}

describe('the supervisor', () => {
  it('runs a loop at once and then at its interval', async () => {
    const { clock, supervisor } = open();
    const startedAt = clock.now();
    const beat = counting('beat');
    supervisor.add(beat.loop(clock));
    supervisor.start();
    await clock.advance(2_500);
    expect(beat.at.map((at) => at - startedAt)).toEqual([0, 1_000, 2_000]);
    expect(supervisor.liveness()).toEqual({
      beat: { lastTickAt: startedAt + 2_000, failures: 0, lastError: null },
    });
    await supervisor.stop();
  });

  it('never lets runs of one loop overlap, and lets no loop wait for another (V1)', async () => {
    const slow = held('slow', { timeoutMs: 100_000 });
    const { clock, supervisor } = open(slow.loop);
    const quick = counting('quick');
    supervisor.add(quick.loop(clock));
    supervisor.start();
    await clock.advance(5_000);
    for (let i = 0; i < 5; i++) supervisor.poke('slow');
    await clock.advance(5_000);
    expect(slow.ends).toHaveLength(1);
    expect(quick.at).toHaveLength(11);
    slow.ends[0]?.();
    await clock.advance(0);
    expect(slow.ends).toHaveLength(2);
    expect(slow.most()).toBe(1);
    slow.ends[1]?.();
    await supervisor.stop();
  });

  it('does not start a run twice when a poke meets the end of the wait (V1)', async () => {
    const wakes: (() => void)[] = [];
    const clock = {
      now: () => 0,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          wakes.push(resolve);
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
    };
    const loop = held('loop');
    const supervisor = new Supervisor(createLog({ level: 'silent' }), clock);
    supervisor.add(loop.loop);
    supervisor.start();
    wakes[0]?.();
    supervisor.poke('loop');
    wakes[1]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(loop.ends).toHaveLength(1);
    loop.ends[0]?.();
    await supervisor.stop();
  });

  it('brings forward what failed, and nothing else, when what it lacked is back (V4)', async () => {
    let isBroken = true;
    const { clock, supervisor } = open();
    const fails = () => {
      if (isBroken) throw new Error('no luck');
    };
    const broken = counting('broken', fails, 60_000);
    const fine = counting('fine', () => {}, 60_000);
    supervisor.add(broken.loop(clock));
    supervisor.add(fine.loop(clock));
    supervisor.start();
    await clock.advance(50_000);
    const failed = broken.at.length;
    isBroken = false;
    supervisor.pokeFailed();
    await clock.advance(1_000);
    expect([broken.at.length, fine.at.length]).toEqual([failed + 1, 1]);
    await supervisor.stop();
  });

  it('logs a run that throws and backs off from 1 s to 30 s, then recovers (V2)', async () => {
    let isBroken = true;
    const { clock, supervisor, lines } = open();
    const beat = counting('beat', () => {
      if (isBroken) throw new Error('no luck');
    });
    supervisor.add(beat.loop(clock));
    supervisor.start();
    await clock.advance(200_000);
    const gaps = beat.at.slice(1).map((at, i) => at - (beat.at[i] ?? 0));
    [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].forEach((step, i) => {
      expect(gaps[i]).toBeGreaterThanOrEqual(step / 2);
      expect(gaps[i]).toBeLessThanOrEqual(step);
    });
    expect(supervisor.liveness().beat).toMatchObject({ lastTickAt: null, lastError: 'no luck' });
    expect(lines).toHaveLength(beat.at.length);
    isBroken = false;
    await clock.advance(30_000);
    const before = beat.at.length;
    await clock.advance(3_000);
    expect(beat.at.length).toBe(before + 3);
    await supervisor.stop();
  });

  it('aborts a run that outlives its limit, reports it, and goes on without it (V3)', async () => {
    const hung = held('hung', { timeoutMs: 5_000 });
    const { clock, supervisor, lines } = open(hung.loop);
    supervisor.start();
    await clock.advance(6_100);
    expect(hung.signals[0]?.aborted).toBe(true);
    expect(hung.ends).toHaveLength(2);
    expect(supervisor.liveness().hung).toMatchObject({
      failures: 1,
      lastError: 'a run of hung did not end within 5000 ms',
    });
    expect(lines.join()).toContain('a background loop failed');
    hung.ends[0]?.(new Error('too late to matter'));
    hung.ends[1]?.();
    await supervisor.stop();
  });

  it('runs a poked loop now (V4)', async () => {
    const { clock, supervisor } = open();
    const beat = counting('beat', () => {}, 60_000);
    supervisor.add(beat.loop(clock));
    supervisor.start();
    await clock.advance(10);
    supervisor.poke('beat');
    await clock.advance(0);
    expect(beat.at).toHaveLength(2);
    await supervisor.stop();
  });

  it('keeps pokes from making a broken loop busy (V4)', async () => {
    const { clock, supervisor } = open();
    const beat = counting('beat', () => {
      throw new Error('no luck');
    });
    supervisor.add(beat.loop(clock));
    supervisor.start();
    await clock.advance(40_000);
    const before = beat.at.length;
    for (let i = 0; i < 100; i++) {
      supervisor.poke('beat');
      await clock.advance(50);
    }
    expect(beat.at.length - before).toBeGreaterThanOrEqual(4);
    expect(beat.at.length - before).toBeLessThanOrEqual(6);
    await supervisor.stop();
  });

  it('aborts what runs and waits for it before stop returns (V5)', async () => {
    const loop = held('loop');
    const { clock, supervisor } = open(loop.loop);
    supervisor.start();
    await clock.advance(0);
    let isStopped = false;
    const stopping = supervisor.stop().then(() => {
      isStopped = true;
    });
    await clock.advance(0);
    expect(loop.signals[0]?.aborted).toBe(true);
    expect(isStopped).toBe(false);
    loop.ends[0]?.();
    await stopping;
    await clock.advance(60_000);
    expect(loop.ends).toHaveLength(1);
    expect(clock.sleeping).toBe(0);
  });

  it('says that a run did not end when stop waited long enough (V5)', async () => {
    const loop = held('loop', { timeoutMs: 60_000 });
    const { clock, supervisor } = open(loop.loop);
    supervisor.start();
    await clock.advance(0);
    const stopping = expect(supervisor.stop()).rejects.toThrow('the end of the background loops');
    await clock.advance(10_000);
    await stopping;
  });

  it('starts again after a stop', async () => {
    const { clock, supervisor } = open();
    const beat = counting('beat');
    supervisor.add(beat.loop(clock));
    supervisor.start();
    await clock.advance(0);
    await supervisor.stop();
    supervisor.poke('beat');
    await clock.advance(5_000);
    expect(beat.at).toHaveLength(1);
    supervisor.start();
    await clock.advance(0);
    expect(beat.at).toHaveLength(2);
    await supervisor.stop();
  });

  it('refuses two loops of one name and a poke of none', () => {
    const { supervisor } = open(held('one').loop);
    expect(() => supervisor.add(held('one').loop)).toThrow('already');
    expect(() => supervisor.poke('two')).toThrow('no loop called two');
  });
});
