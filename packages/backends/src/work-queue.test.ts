// Work queue: order, and who joins whom.

import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.ts';

interface Gate {
  open(): void;
  passed: Promise<void>;
}

function gate(): Gate {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

function queueWithLog() {
  const done: string[] = [];
  const queue = new WorkQueue<string, string>((a, b) => a === b);
  const restart = (order: string) =>
    queue.restart('w', order, async (given) => {
      done.push(given);
      return given;
    });
  const stop = () =>
    queue.run('w', async () => {
      done.push('stop');
    });
  return { done, queue, restart, stop };
}

describe('the work queue of a workspace', () => {
  it('boots the newest order when restarts pile up behind other work (Q2)', async () => {
    const { done, queue, restart } = queueWithLog();
    const hold = gate();
    const first = queue.run('w', () => hold.passed);
    const results = [restart('old'), restart('older than new'), restart('new')];
    hold.open();
    await first;
    expect(await Promise.all(results)).toEqual(['new', 'new', 'new']);
    expect(done).toEqual(['new']);
  });

  it('joins an equal restart that runs, and queues a different one (Q3)', async () => {
    const { done, queue, restart } = queueWithLog();
    const hold = gate();
    const began = gate();
    const running = queue.restart('w', 'one', async (order) => {
      began.open();
      await hold.passed;
      done.push(order);
      return order;
    });
    await began.passed;
    const equal = restart('one');
    const different = restart('two');
    hold.open();
    expect(await Promise.all([running, equal, different])).toEqual(['one', 'one', 'two']);
    expect(done).toEqual(['one', 'two']);
  });

  it('does not join across a stop (Q4)', async () => {
    const { done, restart, stop } = queueWithLog();
    await Promise.all([restart('one'), stop(), restart('one')]);
    expect(done).toEqual(['one', 'stop', 'one']);
  });

  it('goes on after an act that failed (Q1)', async () => {
    const { done, queue, restart } = queueWithLog();
    const failed = queue.restart('w', 'bad', async () => {
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await restart('bad')).toBe('bad');
    expect(done).toEqual(['bad']);
  });

  it('does not make one workspace wait for another (Q1)', async () => {
    const { queue, restart, done } = queueWithLog();
    const hold = gate();
    const other = queue.run('another', () => hold.passed);
    await restart('one');
    expect(done).toEqual(['one']);
    hold.open();
    await other;
  });
});
