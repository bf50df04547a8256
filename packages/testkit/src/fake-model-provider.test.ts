// Fake model provider: what the SDKs of the model engine do not exercise: whole answers, strictness, faults as HTTP.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeModelProvider, startFakeModelProvider } from './fake-model-provider.ts';

let provider: FakeModelProvider;
beforeEach(async () => {
  provider = await startFakeModelProvider([
    { text: 'hello', tools: [{ name: 'add', input: { a: 1 } }], usage: { input: 5, output: 3 } },
  ]);
});
afterEach(() => provider.close());

const user = { role: 'user', content: 'hi' };
const CASES = [
  {
    name: 'anthropic',
    path: () => `${provider.urls.anthropic}/messages`,
    headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
    body: { model: 'm', max_tokens: 9, messages: [user] },
    answer: {
      content: [
        { type: 'text', text: 'hello' },
        { type: 'tool_use', name: 'add', input: { a: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 5, output_tokens: 3 },
    },
  },
  {
    name: 'openai-chat',
    path: () => `${provider.urls.openai}/chat/completions`,
    headers: { authorization: 'Bearer k' },
    body: { model: 'm', messages: [user] },
    answer: {
      choices: [
        { message: { content: 'hello', tool_calls: [{ function: { name: 'add', arguments: '{"a":1}' } }] } },
      ],
      usage: { total_tokens: 8 },
    },
  },
  {
    name: 'openai-responses',
    path: () => `${provider.urls.openai}/responses`,
    headers: { authorization: 'Bearer k' },
    body: { model: 'm', input: [user] },
    answer: {
      status: 'completed',
      output: [{ type: 'message' }, { type: 'function_call', arguments: '{"a":1}' }],
    },
  },
  {
    name: 'google',
    path: () => `${provider.urls.google}/models/m:generateContent`,
    headers: { 'x-goog-api-key': 'k' },
    body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    answer: {
      candidates: [
        {
          content: { parts: [{ text: 'hello' }, { functionCall: { name: 'add', args: { a: 1 } } }] },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: { totalTokenCount: 8 },
    },
  },
];

async function post(url: string, headers: Record<string, string>, body: unknown) {
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe.each(CASES)('fake $name', ({ name, path, headers, body, answer }) => {
  it('answers without streaming, and remembers what it was asked', async () => {
    const reply = await post(path(), headers as unknown as Record<string, string>, body);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject(answer);
    expect(provider.requests[0]).toMatchObject({
      protocol: name,
      key: 'k',
      model: 'm',
      lastUserText: 'hi',
      isStreaming: false,
    });
  });

  it('refuses a request without a key or without content', async () => {
    expect((await post(path(), {}, body)).status).toBe(401);
    expect((await post(path(), headers as unknown as Record<string, string>, { model: 'm' })).status).toBe(
      400,
    );
    expect(provider.requests).toHaveLength(0);
  });

  it('fails as it is told to', async () => {
    provider.script([{ fault: 'status', status: 529, message: 'overloaded' }]);
    const reply = await post(path(), headers as unknown as Record<string, string>, body);
    expect([reply.status, JSON.stringify(reply.body).includes('overloaded')]).toEqual([529, true]);
  });
});

describe('the fake model provider', () => {
  it('knows no other paths', async () => {
    expect((await fetch(`${provider.urls.openai}/embeddings`, { method: 'POST', body: '{}' })).status).toBe(
      404,
    );
  });
});
