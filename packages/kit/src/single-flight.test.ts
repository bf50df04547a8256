// Single flight: one run a key at a time, shared by all who ask; nothing is remembered after it.
import { describe, expect, it } from 'vitest';
import { singleFlight } from './single-flight.ts';

function heldWork() {
  const ends = new Map<string, { resolve(value: string): void; reject(error: Error): void }>();
  let runs = 0;
  const flight = singleFlight((key: string) => {
    runs++;
    return new Promise<string>((resolve, reject) => ends.set(key, { resolve, reject }));
  });
  return { flight, ends, runs: () => runs };
}

describe('single flight', () => {
  it('runs once for all who ask meanwhile', async () => {
    const { flight, ends, runs } = heldWork();
    const asked = [flight('a'), flight('a'), flight('a')];
    ends.get('a')?.resolve('answer');
    expect(await Promise.all(asked)).toEqual(['answer', 'answer', 'answer']);
    expect(runs()).toBe(1);
  });

  it('runs again for those who ask after the end', async () => {
    const { flight, ends, runs } = heldWork();
    const first = flight('a');
    ends.get('a')?.resolve('one');
    await first;
    const second = flight('a');
    ends.get('a')?.resolve('two');
    expect(await second).toBe('two');
    expect(runs()).toBe(2);
  });

  it('does not let keys wait for each other', async () => {
    const { flight, ends } = heldWork();
    void flight('slow');
    const fast = flight('fast');
    ends.get('fast')?.resolve('done');
    expect(await fast).toBe('done');
  });

  it('tells a failure to all who asked and forgets it', async () => {
    const { flight, ends, runs } = heldWork();
    const asked = [flight('a'), flight('a')];
    ends.get('a')?.reject(new Error('no'));
    expect((await Promise.allSettled(asked)).map((result) => result.status)).toEqual([
      'rejected',
      'rejected',
    ]);
    const again = flight('a');
    ends.get('a')?.resolve('yes');
    expect(await again).toBe('yes');
    expect(runs()).toBe(2);
  });

  it('leaves nothing behind when the work throws at once', async () => {
    let runs = 0;
    const flight = singleFlight((_key: string): Promise<string> => {
      runs++;
      if (runs === 1) throw new Error('at once');
      return Promise.resolve('later');
    });
    expect(() => flight('a')).toThrow('at once');
    expect(await flight('a')).toBe('later');
  });
});
