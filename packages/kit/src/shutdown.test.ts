// Shutdown: in order, once, and never longer than its limits.
import { fakeClock } from '@molecule/testkit';
import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';
import { Shutdown } from './shutdown.ts';

function open() {
  const clock = fakeClock();
  const lines: string[] = [];
  const log = createLog({ level: 'info', destination: { write: (line) => lines.push(line) } });
  return { clock, lines, shutdown: new Shutdown(log, clock) };
}

const never = () => new Promise<void>(() => {});

describe('shutdown', () => {
  it('runs its steps in order, once, however often it is asked', async () => {
    const { shutdown } = open();
    const done: string[] = [];
    shutdown.on('first', async () => void done.push('first'));
    shutdown.on('second', async () => void done.push('second'));
    expect(shutdown.isRunning).toBe(false);
    const [one, two] = await Promise.all([shutdown.run('SIGTERM'), shutdown.run('SIGINT')]);
    expect(done).toEqual(['first', 'second']);
    expect(one).toBe(two);
    expect(one).toEqual({ isClean: true, failedSteps: [] });
    expect(shutdown.isRunning).toBe(true);
  });

  it('passes over a step that fails or hangs, and names it', async () => {
    const { clock, lines, shutdown } = open();
    const done: string[] = [];
    shutdown.on('fails', () => {
      throw new Error('broken');
    });
    shutdown.on('hangs', never, 2_000);
    shutdown.on('last', async () => void done.push('last'));
    const report = shutdown.run('test');
    await clock.advance(1_999);
    expect(done).toEqual([]);
    await clock.advance(1);
    expect(await report).toEqual({ isClean: false, failedSteps: ['fails', 'hangs'] });
    expect(done).toEqual(['last']);
    expect(lines.filter((line) => line.includes('did not end well'))).toHaveLength(2);
  });

  it('ends within 30 s however many steps hang', async () => {
    const { clock, shutdown } = open();
    const startedAt = clock.now();
    for (let i = 0; i < 10; i++) shutdown.on(`step ${i}`, never);
    const report = shutdown.run('test');
    await clock.advance(31_000);
    expect((await report).failedSteps).toHaveLength(10);
    expect(clock.now() - startedAt).toBe(31_000);
  });
});
