// One answer, from the events of its stream.

import { describe, expect, it } from 'vitest';
import { endStream, foldStreamEvent } from './fold-stream.ts';
import { newTurn, type Turn } from './model.ts';

const start = newTurn('m1', 'hi', 0);
const result = (value: unknown) => ({ jsonrpc: '2.0', id: 1, result: value });
const fold = (events: unknown[], turn: Turn = start) => events.reduce<Turn>(foldStreamEvent, turn);
const chunk = (text: string, append: boolean) =>
  result({
    kind: 'artifact-update',
    taskId: 't',
    append,
    artifact: { artifactId: 'a', parts: [{ kind: 'text', text }], metadata: { simulated: true } },
  });
const status = (state: string, text?: string) =>
  result({
    kind: 'status-update',
    taskId: 't',
    status: { state, ...(text ? { message: { parts: [{ kind: 'text', text }] } } : {}) },
  });

describe('foldStreamEvent', () => {
  it('collects the words of a 0.3 stream, its task, its mark and its end', () => {
    const task = result({ kind: 'task', id: 't', status: { state: 'submitted' }, artifacts: [] });
    const turn = fold([
      task,
      status('working', 'reading'),
      chunk('you ', false),
      chunk('said', true),
      status('completed'),
    ]);
    expect(turn).toMatchObject({
      state: 'done',
      answer: 'you said',
      taskId: 't',
      isSimulated: true,
      note: null,
    });
  });

  it('shows what the role says it does until words come', () => {
    expect(fold([status('working', 'reading')])).toMatchObject({ state: 'streaming', note: 'reading' });
    expect(fold([status('working', 'reading'), chunk('x', false)]).note).toBeNull();
  });

  it('keeps the last note when a status has none', () => {
    expect(fold([status('working', 'reading'), status('working')]).note).toBe('reading');
  });

  it('reads the shapes of 1.0', () => {
    const turn = fold([
      result({ task: { id: 't', status: { state: 'TASK_STATE_SUBMITTED' } } }),
      result({ artifactUpdate: { taskId: 't', artifact: { parts: [{ text: 'hello' }] } } }),
      result({ statusUpdate: { taskId: 't', status: { state: 'TASK_STATE_COMPLETED' } } }),
    ]);
    expect(turn).toMatchObject({ state: 'done', answer: 'hello', taskId: 't' });
  });

  it('takes a single message for the whole answer', () => {
    const turn = fold([result({ kind: 'message', parts: [{ kind: 'text', text: 'short' }] })]);
    expect(turn).toMatchObject({ state: 'done', answer: 'short' });
  });

  it('tells a failed task and a JSON-RPC error as trouble, and keeps the words that came', () => {
    const failed = fold([chunk('half', false), status('failed', 'Agent error: out of paper')]);
    expect(failed).toMatchObject({ state: 'failed', answer: 'half', trouble: { detail: 'out of paper' } });
    const broken = fold([chunk('half', false), { jsonrpc: '2.0', error: { code: -32000, message: 'gone' } }]);
    expect(broken).toMatchObject({ state: 'failed', answer: 'half', trouble: { detail: 'gone' } });
  });

  it('tells a cancelled task as stopped', () => {
    expect(fold([chunk('half', false), status('canceled')])).toMatchObject({
      state: 'stopped',
      answer: 'half',
    });
  });

  it.each([null, 7, 'text', [], {}, { result: null }, { result: { artifact: {} } }])(
    'is not upset by %j',
    (event) => {
      expect(foldStreamEvent(start, event)).toEqual(start);
    },
  );
});

describe('endStream', () => {
  it('says that an answer broke off when nothing was said', () => {
    expect(endStream(start)).toMatchObject({ state: 'failed', trouble: { title: 'The answer broke off' } });
  });

  it('does not call an answer whole whose end was not told', () => {
    const turn = endStream(fold([chunk('half', false)]));
    expect(turn).toMatchObject({
      state: 'failed',
      answer: 'half',
      trouble: { title: 'The answer broke off', next: 'retry' },
    });
  });

  it('leaves an end that was told', () => {
    const done = fold([chunk('x', false), status('completed')]);
    expect(endStream(done)).toBe(done);
  });
});
