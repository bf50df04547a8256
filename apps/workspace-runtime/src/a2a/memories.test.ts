// Task memory and run memory: bounded, and honest about what they still know.

import { TaskState } from '@a2a-js/sdk';
import { ServerCallContext } from '@a2a-js/sdk/server';
import { describe, expect, it } from 'vitest';
import { RunMemory } from './run-memory.ts';
import { TaskMemory } from './task-memory.ts';

const context = new ServerCallContext();
const task = (id: string, state: TaskState) => ({
  id,
  contextId: 'c',
  status: { state, message: undefined, timestamp: `2026-01-01T00:00:${id.padStart(2, '0')}.000Z` },
  artifacts: [],
  history: [],
  metadata: {},
});

describe('task memory', () => {
  it('keeps so many ended tasks, and every running one (M1)', async () => {
    const memory = new TaskMemory(2);
    await memory.save(task('1', TaskState.TASK_STATE_WORKING), context);
    for (const id of ['2', '3', '4']) await memory.save(task(id, TaskState.TASK_STATE_COMPLETED), context);
    const known = await Promise.all(['1', '2', '3', '4'].map((id) => memory.load(id, context)));
    expect(known.map((found) => found?.id)).toEqual(['1', undefined, '3', '4']);
  });

  it('is not changed by what a reader does (M2)', async () => {
    const memory = new TaskMemory();
    await memory.save(task('1', TaskState.TASK_STATE_WORKING), context);
    const read = (await memory.load('1', context))!;
    read.history = [];
    read.status!.state = TaskState.TASK_STATE_FAILED;
    expect((await memory.load('1', context))!.status!.state).toBe(TaskState.TASK_STATE_WORKING);
  });

  it('pages through its tasks without losing or repeating one', async () => {
    const memory = new TaskMemory();
    for (let i = 1; i <= 7; i++) await memory.save(task(String(i), TaskState.TASK_STATE_COMPLETED), context);
    const ids: string[] = [];
    let pageToken = '';
    do {
      const page = await memory.list(
        { tenant: '', contextId: '', status: 0, pageSize: 3, pageToken } as never,
        context,
      );
      ids.push(...page.tasks.map((found) => found.id));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(ids).toEqual(['7', '6', '5', '4', '3', '2', '1']);
  });
});

describe('run memory', () => {
  const identity = { key: 'k', digest: 'd' };

  it('forgets the oldest keys beyond its limit (R4)', () => {
    const runs = new RunMemory(2);
    for (const key of ['a', 'b', 'c']) runs.enter({ key, digest: 'd' });
    expect(runs.enter({ key: 'c', digest: 'd' }).isFirst).toBe(false);
    expect(runs.enter({ key: 'a', digest: 'd' }).isFirst).toBe(true);
  });

  it('tells those who wait that the first was refused (R2)', async () => {
    const runs = new RunMemory();
    const first = runs.enter(identity);
    const second = runs.enter(identity);
    first.forget(new Error('no room'));
    await expect(second.run.taskId).rejects.toThrow('no room');
    expect(runs.enter(identity).isFirst).toBe(true);
  });

  it('takes every message without an id for a new one', () => {
    const runs = new RunMemory();
    expect([runs.enter(null).isFirst, runs.enter(null).isFirst]).toEqual([true, true]);
  });
});
