// Sending a message against a fetch that plays the relay.

import { describe, expect, it } from 'vitest';
import { newTurn, type Turn } from './model.ts';
import { cancelTask, queueMessage, streamMessage } from './send-message.ts';

interface Sent {
  url: string;
  body: { method: string; params: Record<string, unknown> };
  headers: Record<string, string>;
}

function play(answer: (init: RequestInit) => Promise<Response> | Response) {
  const sent: Sent[] = [];
  let turn: Turn = newTurn('m1', 'hi', 0);
  const deps = {
    newId: () => 'rpc',
    fetch: (async (url: string, init: RequestInit) => {
      sent.push({
        url,
        body: JSON.parse(String(init.body)),
        headers: init.headers as Record<string, string>,
      });
      return await answer(init);
    }) as typeof fetch,
  };
  const onStep = (change: (before: Turn) => Turn) => {
    turn = change(turn);
  };
  return { deps, sent, onStep, now: () => turn, out: { roleId: 'w', turn, history: [] } };
}

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const sse = (...events: unknown[]) =>
  new Response(events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
  });
const never = new AbortController().signal;

describe('streamMessage', () => {
  it('streams first, with the id of the question, and reads the answer (S1, S3)', async () => {
    const game = play(() =>
      sse(
        { result: { kind: 'artifact-update', artifact: { parts: [{ kind: 'text', text: 'hel' }] } } },
        {
          result: {
            kind: 'artifact-update',
            append: true,
            artifact: { parts: [{ kind: 'text', text: 'lo' }] },
          },
        },
        { result: { kind: 'status-update', final: true, status: { state: 'completed' } } },
      ),
    );
    await streamMessage(game.deps, game.out, game.onStep, never);
    expect(game.now()).toMatchObject({ state: 'done', answer: 'hello' });
    expect(game.sent[0]).toMatchObject({
      url: '/workspaces/w/a2a',
      body: { method: 'message/stream', params: { message: { messageId: 'm1' } } },
    });
  });

  it('reads an agent that answers with plain JSON (S1)', async () => {
    const game = play(() =>
      json(200, { result: { kind: 'message', parts: [{ kind: 'text', text: 'hello' }] } }),
    );
    await streamMessage(game.deps, game.out, game.onStep, never);
    expect(game.now()).toMatchObject({ state: 'done', answer: 'hello' });
  });

  it.each([
    [503, { error: 'x', waking: true }, 'queue'],
    [503, { error: 'x', status: 'paused' }, 'none'],
    [503, { error: 'x', busy: true }, 'none'],
    [502, { error: 'failed to reach workspace agent' }, 'queue'],
    [402, { error: 'workspace budget limit exceeded' }, 'limit'],
    [410, { error: 'workspace removed' }, 'none'],
    [429, { error: 'rate limit exceeded' }, 'retry'],
    [500, 'not an object', 'retry'],
  ])('says what to do after %i %j', async (status, body, next) => {
    const game = play(() => json(status, body));
    await streamMessage(game.deps, game.out, game.onStep, never);
    expect(game.now()).toMatchObject({ state: 'failed', trouble: { next } });
  });

  it('ends as stopped when a person stops it; the words that came stay (S2)', async () => {
    const stop = new AbortController();
    const game = play(
      () =>
        new Response(
          new ReadableStream({
            start(controller) {
              const event = { result: { artifact: { parts: [{ kind: 'text', text: 'half' }] } } };
              controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`));
              stop.signal.addEventListener('abort', () => controller.error(stop.signal.reason));
            },
          }),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
    );
    const running = streamMessage(game.deps, game.out, game.onStep, stop.signal);
    await expect.poll(() => game.now().answer).toBe('half');
    stop.abort();
    await running;
    expect(game.now()).toMatchObject({ state: 'stopped', answer: 'half' });
  });

  it('says that the server was not reached', async () => {
    const game = play(() => Promise.reject(new TypeError('fetch failed')));
    await streamMessage(game.deps, game.out, game.onStep, never);
    expect(game.now()).toMatchObject({ state: 'failed', trouble: { title: 'The server was not reached' } });
  });
});

describe('queueMessage', () => {
  it('asks for an answer later and shows the message as queued', async () => {
    const game = play(() => json(202, { queued: true, queue_id: 'q', queue_depth: 1, message: '' }));
    await queueMessage(game.deps, game.out, game.onStep);
    expect(game.now().state).toBe('queued');
    expect(game.sent[0]?.body.method).toBe('message/send');
    expect(game.sent[0]?.headers.prefer).toBe('respond-async');
  });
});

describe('cancelTask', () => {
  it('asks the agent through the relay', async () => {
    const game = play(() => json(200, {}));
    await cancelTask(game.deps, 'w', 't1');
    expect(game.sent[0]?.body).toMatchObject({ method: 'tasks/cancel', params: { id: 't1' } });
  });
});
