// Agent server: the whole door over a real socket, with engines written for the purpose.

import { afterEach, describe, expect, it } from 'vitest';
import { createDeferred } from '../deferred.ts';
import type { Engine, EngineEvent, Turn } from '../engines/engine.ts';
import { type AgentOptions, engineOf, sendRequest, startAgent } from '../testing/start-agent.ts';
import { parseReply } from '../tools/delegation/parse-reply.ts';

// biome-ignore lint/suspicious/noExplicitAny: these tests read wire JSON by its path
type Json = Record<string, any>;

let stop: (() => Promise<unknown>) | null = null;
afterEach(async () => {
  await stop?.();
  stop = null;
});

async function start(engine: Engine, options?: AgentOptions) {
  const agent = await startAgent(engine, options);
  stop = agent.close;
  return agent;
}

const echo = engineOf(async function* (turn: Turn): AsyncGenerator<EngineEvent> {
  yield { type: 'status', text: 'thinking' };
  yield { type: 'tool_call', id: '1', tool: 'list_peers', input: {} };
  yield { type: 'tool_result', id: '1', tool: 'list_peers', output: 'nobody', isError: false };
  yield { type: 'text', delta: 'you said ' };
  yield { type: 'text', delta: turn.text };
  yield { type: 'usage', inputTokens: 3, outputTokens: 2 };
});

/** Runs until the gate opens, and counts its runs. */
function gated() {
  const gate = createDeferred<void>();
  const runs: string[] = [];
  const engine = engineOf(async function* (turn: Turn): AsyncGenerator<EngineEvent> {
    runs.push(turn.text);
    yield { type: 'text', delta: 'begun ' };
    await gate.promise;
    yield { type: 'text', delta: `done ${turn.text}` };
  });
  return { engine, runs, open: () => gate.resolve() };
}

const V1 = { 'a2a-version': '1.0' };

describe('message/send', () => {
  it('answers a 0.3 caller with a completed task that carries text, marks, trace and usage', async () => {
    const agent = await start(echo);
    const { status, body } = await agent.post(sendRequest('hi'));
    const result = body.result as Json;
    expect(status).toBe(200);
    expect(result).toMatchObject({ kind: 'task', status: { state: 'completed' } });
    expect(parseReply(body)).toEqual({ kind: 'result', text: 'you said hi' });
    expect(result.artifacts[0]).toMatchObject({ metadata: { simulated: true } });
    expect(result.metadata).toMatchObject({
      simulated: true,
      tool_trace: [{ tool: 'list_peers', input: '{}', output_preview: 'nobody' }],
    });
    expect(result.usage).toEqual({ input_tokens: 3, output_tokens: 2 });
  });

  it('answers a 1.0 caller in 1.0', async () => {
    const agent = await start(echo);
    const message = { messageId: 'v1', role: 'ROLE_USER', parts: [{ text: 'hi' }] };
    const { body } = await agent.post(
      { jsonrpc: '2.0', id: 7, method: 'SendMessage', params: { message } },
      V1,
      '/a2a',
    );
    expect(body).toMatchObject({ id: 7, result: { task: { status: { state: 'TASK_STATE_COMPLETED' } } } });
    expect(parseReply(body)).toEqual({ kind: 'result', text: 'you said hi' });
  });

  it.each([
    ['kind', { message: { messageId: 'a', role: 'user', parts: [{ kind: 'text', text: 'hi' }] } }],
    ['type', { message: { messageId: 'b', role: 'user', parts: [{ type: 'text', text: 'hi' }] } }],
    ['bare text', { message: { parts: [{ text: 'hi' }] } }],
    ['a string for a part', { message: { parts: ['hi'] } }],
    ['a string for the message', { message: 'hi' }],
    ['parts beside no message', { parts: [{ text: 'hi' }] }],
  ])('reads a text given as %s, in both versions', async (_name, params) => {
    const agent = await start(echo);
    const legacy = await agent.post({ id: 1, method: 'message/send', params });
    expect(parseReply(legacy.body)).toEqual({ kind: 'result', text: 'you said hi' });
    const fresh = JSON.parse(JSON.stringify(params));
    if (fresh.message?.messageId) fresh.message.messageId += '-v1';
    const current = await agent.post({ id: 1, method: 'SendMessage', params: fresh }, V1);
    expect(parseReply(current.body)).toEqual({ kind: 'result', text: 'you said hi' });
  });

  it('waits for the answer also when the configuration says nothing about it', async () => {
    const agent = await start(echo);
    const { body } = await agent.post(
      sendRequest('hi', { configuration: { acceptedOutputModes: ['text/plain'] } }),
    );
    expect(body).toMatchObject({ result: { status: { state: 'completed' } } });
  });

  it('tells a failure of the engine as a failed task that readers take for an error', async () => {
    const agent = await start(
      // biome-ignore lint/correctness/useYield: it fails before it says anything
      engineOf(async function* (): AsyncGenerator<EngineEvent> {
        throw new Error('out of paper, key sk-0123456789abcdef0123');
      }),
    );
    const { body } = await agent.post(sendRequest('hi'));
    expect(body).toMatchObject({ result: { status: { state: 'failed' } } });
    expect((body.result as Json).status.message.parts[0].text).toBe(
      'Agent error: Error: out of paper, key [REDACTED:SK_TOKEN]',
    );
    expect(parseReply(body)).toMatchObject({ kind: 'error' });
    expect(agent.workload.report()).toMatchObject({ errorRate: 1, activeTasks: 0 });
  });

  it('says so when an engine says nothing', async () => {
    const agent = await start(engineOf(async function* (): AsyncGenerator<EngineEvent> {}));
    const { body } = await agent.post(sendRequest('hi'));
    expect(parseReply(body)).toEqual({ kind: 'result', text: '(no response generated)' });
  });

  it('ends a turn at its deadline even when the engine hangs', async () => {
    const agent = await start(
      engineOf(async function* (): AsyncGenerator<EngineEvent> {
        yield { type: 'text', delta: 'well ' };
        await new Promise(() => undefined);
      }),
      { turnTimeoutMs: 60 },
    );
    const { body } = await agent.post(sendRequest('hi'));
    expect(parseReply(body)).toMatchObject({
      kind: 'error',
      message: expect.stringContaining('no answer within'),
    });
    expect(agent.slots.running).toBe(0);
  });

  it('refuses an answer without end', async () => {
    const agent = await start(
      engineOf(async function* (): AsyncGenerator<EngineEvent> {
        for (;;) yield { type: 'text', delta: 'x'.repeat(100_000) };
      }),
    );
    const { body } = await agent.post(sendRequest('hi'));
    expect(parseReply(body)).toMatchObject({
      kind: 'error',
      message: expect.stringContaining('grew beyond'),
    });
  });
});

describe('message/stream', () => {
  it('tells submitted, working, text in order and one end', async () => {
    const agent = await start(echo);
    const events: Json[] = [];
    for await (const { result } of agent.stream(sendRequest('hi', { method: 'message/stream' })))
      events.push(result);
    expect(events[0]).toMatchObject({ kind: 'task', status: { state: 'submitted' } });
    expect(events.some((event) => event.status?.message?.parts[0].text === 'thinking')).toBe(true);
    const chunks = events.filter((event) => event.kind === 'artifact-update');
    expect(chunks.map((chunk) => chunk.artifact.parts[0].text).join('')).toBe('you said hi');
    expect(chunks.every((chunk) => chunk.artifact.metadata.simulated === true)).toBe(true);
    expect(events.at(-1)).toMatchObject({
      kind: 'status-update',
      final: true,
      status: { state: 'completed' },
    });
    expect(events.filter((event) => event.final)).toHaveLength(1);
  });

  it('streams to a 1.0 caller in 1.0', async () => {
    const agent = await start(echo);
    const request = {
      jsonrpc: '2.0',
      id: 1,
      method: 'SendStreamingMessage',
      params: { message: { messageId: 's1', role: 'ROLE_USER', parts: [{ text: 'hi' }] } },
    };
    const events: Json[] = [];
    for await (const { result } of agent.stream(request, V1)) events.push(result);
    expect(events[0]).toHaveProperty('task');
    expect(events.some((event) => event.artifactUpdate)).toBe(true);
    expect(events.at(-1)).toMatchObject({ statusUpdate: { status: { state: 'TASK_STATE_COMPLETED' } } });
  });

  it('gives the first words before the last are there', async () => {
    const { engine, open } = gated();
    const agent = await start(engine);
    let text = '';
    for await (const { result } of agent.stream(sendRequest('hi', { method: 'message/stream' }))) {
      const event = result as Json;
      if (event.kind !== 'artifact-update') continue;
      text += event.artifact.parts[0].text;
      if (text === 'begun ') open();
    }
    expect(text).toBe('begun done hi');
  });

  it('finishes the task when the reader goes away', async () => {
    const { engine, open } = gated();
    const agent = await start(engine);
    const gone = new AbortController();
    let taskId = '';
    const reading = (async () => {
      for await (const { result } of agent.stream(
        sendRequest('hi', { method: 'message/stream' }),
        {},
        gone.signal,
      )) {
        const event = result as Json;
        taskId ||= event.id;
        if (event.kind === 'artifact-update') gone.abort();
      }
    })();
    await expect(reading).rejects.toThrow();
    open();
    await expect
      .poll(async () => ((await getTask(agent, taskId)).body.result as Json).status.state)
      .toBe('completed');
  });
});

async function getTask(agent: Awaited<ReturnType<typeof start>>, id: string) {
  return await agent.post({ jsonrpc: '2.0', id: 1, method: 'tasks/get', params: { id } });
}

describe('tasks', () => {
  it('can be read afterwards, with one joined text', async () => {
    const agent = await start(echo);
    const { body } = await agent.post(sendRequest('hi'));
    const again = await getTask(agent, (body.result as Json).id);
    expect((again.body.result as Json).artifacts[0].parts).toHaveLength(1);
    expect(parseReply(again.body)).toEqual({ kind: 'result', text: 'you said hi' });
  });

  it('that never existed are -32001', async () => {
    const agent = await start(echo);
    expect((await getTask(agent, 'no-such-task')).body).toMatchObject({ error: { code: -32001 } });
  });

  it('can be cancelled while they run, also when the engine ignores it, and free their slot', async () => {
    const agent = await start(
      engineOf(async function* (): AsyncGenerator<EngineEvent> {
        yield { type: 'text', delta: 'well ' };
        await new Promise(() => undefined);
      }),
      { running: 1 },
    );
    const waiting = agent.post(sendRequest('hi', { messageId: 'to-cancel' }));
    await expect.poll(() => agent.workload.activeTasks).toBe(1);
    const started = await agent.post(
      sendRequest('hi', { messageId: 'to-cancel', configuration: { blocking: false } }),
    );
    const id = (started.body.result as Json).id;
    const cancelled = await agent.post({ jsonrpc: '2.0', id: 1, method: 'tasks/cancel', params: { id } });
    expect(cancelled.body).toMatchObject({ result: { id, status: { state: 'canceled' } } });
    expect((await waiting).body).toMatchObject({ result: { status: { state: 'canceled' } } });
    expect(agent.slots.running).toBe(0);
    expect(agent.workload.report().errorRate).toBe(0);
    const twice = await agent.post({ jsonrpc: '2.0', id: 1, method: 'tasks/cancel', params: { id } });
    expect(twice.body).toMatchObject({ result: { status: { state: 'canceled' } } });
  });

  it('that have ended can not be cancelled', async () => {
    const agent = await start(echo);
    const { body } = await agent.post(sendRequest('hi'));
    const { id } = body.result as Json;
    const cancelled = await agent.post({ jsonrpc: '2.0', id: 1, method: 'tasks/cancel', params: { id } });
    expect(cancelled.body).toMatchObject({ error: { code: -32002 } });
  });

  it('can be subscribed to again', async () => {
    const { engine, open } = gated();
    const agent = await start(engine);
    const { body } = await agent.post(sendRequest('hi', { configuration: { blocking: false } }));
    const { id } = body.result as Json;
    const states: string[] = [];
    const request = { jsonrpc: '2.0', id: 1, method: 'tasks/resubscribe', params: { id } };
    for await (const { result } of agent.stream(request)) {
      states.push((result as Json).status?.state ?? 'text');
      open();
    }
    expect(states.at(-1)).toBe('completed');
  });

  it('answer push notification requests with -32003', async () => {
    const agent = await start(echo);
    const { body } = await agent.post({
      jsonrpc: '2.0',
      id: 1,
      method: 'tasks/pushNotificationConfig/set',
      params: { taskId: 't', pushNotificationConfig: { url: 'http://127.0.0.1:1/' } },
    });
    expect(body).toMatchObject({ error: { code: -32003 } });
  });
});

describe('the same message twice (R1)', () => {
  it('runs once; both callers get the same task', async () => {
    const { engine, runs, open } = gated();
    const agent = await start(engine);
    const request = sendRequest('hi', { messageId: 'twice' });
    const first = agent.post(request);
    await expect.poll(() => runs.length).toBe(1);
    const second = agent.post(request);
    open();
    const [a, b] = await Promise.all([first, second]);
    expect((b.body.result as Json).id).toBe((a.body.result as Json).id);
    expect(parseReply(b.body)).toEqual({ kind: 'result', text: 'begun done hi' });
    const third = await agent.post(request);
    expect((third.body.result as Json).id).toBe((a.body.result as Json).id);
    expect(runs).toHaveLength(1);
  });

  it('runs once when the delegation is the same and the message id is not', async () => {
    const { engine, runs, open } = gated();
    open();
    const agent = await start(engine);
    for (const messageId of ['msg-1', 'msg-2']) {
      const request = sendRequest('hi', { messageId });
      Object.assign(request.params.message, { metadata: { delegation_id: 'd-1' } });
      await agent.post(request);
    }
    expect(runs).toHaveLength(1);
  });

  it('streams the first run to the second caller', async () => {
    const agent = await start(echo);
    const { body } = await agent.post(sendRequest('hi', { messageId: 'mixed' }));
    const events: Json[] = [];
    const again = sendRequest('hi', { messageId: 'mixed', method: 'message/stream' });
    for await (const { result } of agent.stream(again)) events.push(result);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ id: (body.result as Json).id, status: { state: 'completed' } });
  });

  it('is refused with another content', async () => {
    const agent = await start(echo);
    await agent.post(sendRequest('one', { messageId: 'same' }));
    const { body } = await agent.post(sendRequest('two', { messageId: 'same' }));
    expect(body).toMatchObject({ error: { code: -32602, data: { code: 'idempotency_mismatch' } } });
  });

  it('is a first again after it was refused for lack of room (R2)', async () => {
    const { engine, runs, open } = gated();
    const agent = await start(engine, { running: 1, waiting: 0 });
    const first = agent.post(sendRequest('first'));
    await expect.poll(() => runs.length).toBe(1);
    const refused = sendRequest('second', { messageId: 'again' });
    expect((await agent.post(refused)).status).toBe(503);
    open();
    await first;
    expect(parseReply((await agent.post(refused)).body)).toEqual({
      kind: 'result',
      text: 'begun done second',
    });
  });
});

describe('room (S1)', () => {
  it('runs so many, lets so many wait in order, and refuses the next as busy', async () => {
    const { engine, runs, open } = gated();
    const agent = await start(engine, { running: 1, waiting: 1 });
    const first = agent.post(sendRequest('first'));
    await expect.poll(() => runs).toEqual(['first']);
    const second = agent.post(sendRequest('second'));
    await expect.poll(() => agent.slots.waiting).toBe(1);
    const third = await agent.post(sendRequest('third'));
    expect(third.status).toBe(503);
    expect(third.headers.get('retry-after')).toBe('2');
    expect(third.body).toMatchObject({
      error: { code: -32050, data: { code: 'queue_full', retryable: true } },
    });
    open();
    expect(parseReply((await first).body)).toMatchObject({ kind: 'result' });
    expect(parseReply((await second).body)).toMatchObject({ kind: 'result' });
    expect(runs).toEqual(['first', 'second']);
    expect([agent.slots.running, agent.slots.waiting]).toEqual([0, 0]);
  });

  it('is given back by a message that the protocol layer refuses', async () => {
    const agent = await start(echo, { running: 1, waiting: 0 });
    const request = sendRequest('hi');
    Object.assign(request.params.message, { taskId: 'no-such-task' });
    expect((await agent.post(request)).body).toMatchObject({ error: { code: -32001 } });
    expect(agent.slots.running).toBe(0);
    const stream = { ...request, method: 'message/stream' };
    expect((await agent.post(stream)).body).toMatchObject({ error: { code: -32001 } });
    expect(agent.slots.running).toBe(0);
  });
});

describe('draining (N1, N2)', () => {
  it('refuses new work, lets the old finish, and aborts what does not', async () => {
    const { engine, runs } = gated();
    const agent = await start(engine);
    const running = agent.post(sendRequest('first'));
    await expect.poll(() => runs.length).toBe(1);
    const drained = agent.drain.run();
    const refused = await agent.post(sendRequest('second'));
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({
      error: { code: -32051, data: { code: 'draining', retryable: true } },
    });
    await drained;
    expect(parseReply((await running).body)).toMatchObject({
      kind: 'error',
      message: expect.stringContaining('restarting'),
    });
  });
});

describe('bad input', () => {
  it.each([
    ['no JSON', 'this is not json', 200, -32700],
    ['an empty body', '', 200, -32700],
    ['a batch', '[]', 200, -32600],
    ['a number', '42', 200, -32600],
    ['no method', '{"jsonrpc":"2.0","id":1}', 200, -32600],
    ['params that are a list', '{"id":1,"method":"message/send","params":[]}', 200, -32600],
    [
      'a part without content',
      '{"id":1,"method":"message/send","params":{"message":{"parts":[{}]}}}',
      200,
      -32600,
    ],
    ['an unknown method', '{"id":1,"method":"tasks/explode","params":{}}', 200, -32601],
  ])('%s gets its JSON-RPC error', async (_name, body, status, code) => {
    const agent = await start(echo);
    const reply = await agent.post(body);
    expect([reply.status, (reply.body.error as Json).code]).toEqual([status, code]);
  });

  it('a body over the limit is 413', async () => {
    const agent = await start(echo);
    const reply = await agent.post(sendRequest('x'.repeat(1024 * 1024)));
    expect(reply.status).toBe(413);
    expect(reply.body).toMatchObject({ error: { code: -32600 } });
  });

  it('an unknown protocol version is -32009', async () => {
    const agent = await start(echo);
    const { body } = await agent.post(sendRequest('hi'), { 'a2a-version': '7.0' });
    expect(body).toMatchObject({ error: { code: -32009 } });
  });
});

describe('other doors', () => {
  it('serves one card at both addresses, readable by both versions, that says the agent is simulated', async () => {
    const agent = await start(echo);
    const cards = await Promise.all(
      ['/.well-known/agent-card.json', '/.well-known/agent.json'].map(async (path) =>
        (await fetch(agent.url + path)).json(),
      ),
    );
    expect(cards[0]).toEqual(cards[1]);
    expect(cards[0]).toMatchObject({
      name: 'Tester',
      protocolVersion: '0.3.0',
      capabilities: { streaming: true, pushNotifications: false, extensions: [{ required: false }] },
      molecule: { simulated: true },
    });
    expect((cards[0] as Json).supportedInterfaces.map((entry: Json) => entry.protocolVersion)).toEqual([
      '1.0',
      '0.3',
    ]);
  });

  it('shows the transcript to the bearer of the token only', async () => {
    const agent = await start(echo, { token: 'secret' });
    const read = (query: string, authorization: string) =>
      fetch(`${agent.url}/transcript${query}`, { headers: { authorization } });
    expect((await read('', '')).status).toBe(401);
    expect((await read('', 'Bearer wrong!')).status).toBe(401);
    expect((await read('?since=x', 'Bearer secret')).status).toBe(400);
    const reply = await read('?since=0&limit=5', 'Bearer secret');
    expect(await reply.json()).toEqual({
      runtime: 'rehearsal',
      supported: true,
      lines: [],
      cursor: 0,
      more: false,
      source: 'memory',
    });
  });

  it('keeps what was asked and answered in the transcript, page by page', async () => {
    const agent = await start(echo, { token: 'secret' });
    await agent.post(sendRequest('hello there'));
    const read = async (query: string) => {
      const reply = await fetch(`${agent.url}/transcript${query}`, {
        headers: { authorization: 'Bearer secret' },
      });
      return (await reply.json()) as {
        lines: { type: string; text: string }[];
        cursor: number;
        more: boolean;
      };
    };
    const first = await read('?limit=0');
    expect([first.lines[0]?.type, first.lines[0]?.text, first.more]).toEqual(['user', 'hello there', true]);
    const second = await read(`?since=${first.cursor}&limit=1000000`);
    expect(second.lines.map(({ type }) => type)).toEqual(['tool_call', 'tool_result', 'agent']);
    expect(second.lines.at(-1)?.text).toBe('you said hello there');
    expect(second.more).toBe(false);
  });

  it('shows the transcript to nobody while it has no token', async () => {
    const agent = await start(echo);
    expect((await fetch(`${agent.url}/transcript`, { headers: { authorization: 'Bearer ' } })).status).toBe(
      401,
    );
  });
});
