// The fake clock: time moves when told, and sleepers wake in order.
import { describe, expect, it } from 'vitest';
import { fakeClock } from './clock.ts';

describe('the fake clock', () => {
  it('stands still until it is told to move', async () => {
    const clock = fakeClock(1_000);
    expect(clock.now()).toBe(1_000);
    await clock.advance(250);
    expect(clock.now()).toBe(1_250);
  });

  it('wakes sleepers at their own time, in the order of their deadlines', async () => {
    const clock = fakeClock(0);
    const woke: string[] = [];
    for (const ms of [30, 10, 20]) void clock.sleep(ms).then(() => woke.push(`${ms}@${clock.now()}`));
    await clock.advance(25);
    expect(woke).toEqual(['10@10', '20@20']);
    expect(clock.sleeping).toBe(1);
  });

  it('wakes those who went to sleep while it moved', async () => {
    const clock = fakeClock(0);
    const beats: number[] = [];
    void (async () => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10);
        beats.push(clock.now());
      }
    })();
    await clock.advance(100);
    expect(beats).toEqual([10, 20, 30]);
  });

  it('ends a sleep that is aborted with the reason, before and during it', async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const slept = clock.sleep(10, stop.signal);
    stop.abort(new Error('enough'));
    await expect(slept).rejects.toThrow('enough');
    await expect(clock.sleep(10, stop.signal)).rejects.toThrow('enough');
    expect(clock.sleeping).toBe(0);
  });
});
