// Chat turns: from rows, and joined with what this browser knows.

import type { activity } from '@molecule/contracts';
import { describe, expect, it } from 'vitest';
import { joinTurns, newTurn, textOfReply, turnsFromRows } from './model.ts';

function row(fields: Partial<activity.ActivityRow>): activity.ActivityRow {
  return {
    id: 'r1',
    workspace_id: 'w',
    activity_type: 'a2a_receive',
    source_id: null,
    target_id: 'w',
    method: 'message/send',
    summary: null,
    duration_ms: 1_000,
    status: 'ok',
    error_detail: null,
    created_at: '2026-01-01T00:00:10.000Z',
    seq: 1,
    request_body: { params: { message: { messageId: 'm1', parts: [{ kind: 'text', text: 'hi' }] } } },
    response_body: { result: { parts: [{ kind: 'text', text: 'hello' }], metadata: { simulated: true } } },
    ...fields,
  };
}

describe('turnsFromRows', () => {
  it('reads question, answer and mark; the turn began when the question was sent', () => {
    expect(turnsFromRows([row({})])).toEqual([
      expect.objectContaining({
        id: 'm1',
        question: 'hi',
        answer: 'hello',
        state: 'done',
        isSimulated: true,
        atMs: Date.parse('2026-01-01T00:00:09.000Z'),
      }),
    ]);
  });

  it('reads words that the role sent by itself', () => {
    const notify = row({ method: 'notify', request_body: undefined, response_body: { result: 'done!' } });
    expect(turnsFromRows([notify])).toEqual([expect.objectContaining({ question: null, answer: 'done!' })]);
  });

  it('shows a failure with its reason', () => {
    const failed = row({ status: 'error', error_detail: 'no paper', response_body: undefined });
    expect(turnsFromRows([failed])[0]).toMatchObject({ state: 'failed', trouble: { detail: 'no paper' } });
  });

  it('leaves out what other roles asked', () => {
    expect(turnsFromRows([row({ source_id: 'other' })])).toEqual([]);
  });
});

describe('joinTurns', () => {
  const history = turnsFromRows([row({})]);
  const live = { ...newTurn('m1', 'hi', 5), answer: 'hel', state: 'streaming' as const };

  it('shows the running answer, and its row once it has ended', () => {
    expect(joinTurns(history, [live])).toEqual([live]);
    expect(joinTurns(history, [{ ...live, state: 'done' }])).toEqual([{ ...history[0], atMs: 5 }]);
  });

  it('keeps the word that it was stopped here', () => {
    expect(joinTurns(history, [{ ...live, state: 'stopped' }])[0]).toMatchObject({
      state: 'stopped',
      answer: 'hel',
    });
  });

  it('gives a queued question its answer when that arrives', () => {
    expect(joinTurns(history, [{ ...live, answer: '', state: 'queued' }])[0]).toMatchObject({
      state: 'done',
      answer: 'hello',
    });
  });

  it('stands in the order of time', () => {
    const other = newTurn('m2', 'later', Date.parse('2026-01-02T00:00:00.000Z'));
    expect(joinTurns(history, [other]).map((turn) => turn.id)).toEqual(['m1', 'm2']);
  });
});

describe('textOfReply', () => {
  it.each([
    [{ result: 'plain' }, 'plain'],
    [{ result: { artifacts: [{ parts: [{ text: 'a' }] }, { parts: [{ text: 'b' }] }] } }, 'a\nb'],
    [{ result: { task: { artifacts: [{ parts: [{ text: 'a' }] }] } } }, 'a'],
    [{ result: { status: { message: { parts: [{ text: 'a' }] } } } }, 'a'],
    [{ result: { message: { parts: ['a'] } } }, 'a'],
    [{ status: 'ok', result: {} }, null],
    [null, null],
  ])('finds the words in %j', (body, text) => {
    expect(textOfReply(body)).toBe(text);
  });
});
