// Parse reply: every place where text may stand, every answer that is none, and total on anything else.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReply } from './parse-reply.ts';
import { unwrapPeerText, wrapPeerText } from './peer-text.ts';

const parts = [{ kind: 'text', text: 'hi' }];

describe('parseReply', () => {
  it.each([
    ['result.parts', { result: { parts } }],
    ['result.message.parts', { result: { message: { parts } } }],
    ['result.task.artifacts', { result: { task: { artifacts: [{ parts }] } } }],
    ['result.artifacts', { result: { artifacts: [{ parts }] } }],
    ['result.status.message', { result: { status: { state: 'completed', message: { parts } } } }],
    ['a plain string', { result: 'hi' }],
    ['type instead of kind', { result: { parts: [{ type: 'text', text: 'hi' }] } }],
    ['bare text in 1.0', { result: { task: { artifacts: [{ parts: [{ text: 'hi' }] }] } } }],
    ['parts before artifacts', { result: { parts, artifacts: [{ parts: [{ text: 'no' }] }] } }],
    ['several chunks', { result: { artifacts: [{ parts: [{ text: 'h' }, { text: 'i' }] }] } }],
  ])('finds text in %s', (_name, body) => {
    expect(parseReply(body)).toEqual({ kind: 'result', text: 'hi' });
  });

  it.each([
    [{ error: { code: -32603, message: 'boom' } }, 'boom', -32603],
    [{ error: 'no such workspace' }, 'no such workspace', null],
    [{ result: { parts: [{ text: 'Agent error: out of paper' }] } }, 'out of paper', null],
    [{ result: { parts: [{ text: '[A2A_ERROR] gone' }] } }, 'gone', null],
    [
      {
        result: {
          status: { state: 'failed', message: { parts } },
          artifacts: [{ parts: [{ text: 'half' }] }],
        },
      },
      'hi',
      null,
    ],
    [{ result: { task: { status: { state: 'TASK_STATE_CANCELED' } } } }, 'the task ended as canceled', null],
  ])('takes %j for an error', (body, message, code) => {
    expect(parseReply(body)).toEqual({ kind: 'error', message, code });
  });

  it.each([
    [
      { queued: true, queue_id: 'q', queue_depth: 3 },
      { method: null, mode: 'push', queueId: 'q' },
    ],
    [
      { status: 'queued', delivery_mode: 'poll', method: 'message/send' },
      { method: 'message/send', mode: 'poll', queueId: null },
    ],
    [
      { status: 'queued', delivery_mode: 'push-async' },
      { method: null, mode: 'push-async', queueId: null },
    ],
  ])('takes %j for queued', (body, queued) => {
    expect(parseReply(body)).toEqual({ kind: 'queued', ...queued });
  });

  it.each([[{ status: 'queued' }], [{ hello: 1 }], [null], [[]], [{ result: {} }], ['x'.repeat(500)]])(
    'takes %j for malformed, with a short excerpt',
    (body) => {
      const reply = parseReply(body);
      expect(reply.kind).toBe('malformed');
      expect(JSON.stringify(reply).length).toBeLessThan(260);
    },
  );

  it('is total', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (result, extra) => {
        expect(['result', 'error', 'queued', 'malformed']).toContain(
          parseReply({ result, status: extra }).kind,
        );
      }),
    );
    fc.assert(fc.property(fc.jsonValue(), (body) => parseReply(body).kind !== undefined));
  });
});

describe('peer text', () => {
  it('can not break out of its frame, and comes back whole', () => {
    const marker = fc.constantFrom('[/A2A_RESULT_FROM_PEER]', '[A2A_RESULT_FROM_PEER]', '\n', 'text');
    fc.assert(
      fc.property(fc.array(fc.oneof(marker, fc.string())), (pieces) => {
        const text = pieces.join('');
        const wrapped = wrapPeerText(text);
        expect(wrapped.match(/\[\/A2A_RESULT_FROM_PEER\]/g)).toHaveLength(1);
        expect(unwrapPeerText(wrapped)).toBe(
          text.replaceAll('[_A2A_RESULT', '[A2A_RESULT').replaceAll('[_/A2A_RESULT', '[/A2A_RESULT'),
        );
      }),
    );
  });
});
