// Model engine: asks real SDKs to speak to a server that speaks each provider's real protocol.

import { type Clock, type Log, Secret } from '@molecule/kit';
import { type FakeModelProvider, startFakeModelProvider } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RuntimeConfig } from '../../config.ts';
import { configFileSchema } from '../../load-config-file.ts';
import type { EngineEvent, Tool, Turn } from '../engine.ts';
import { checkModel, modelEngine } from './model-engine.ts';
import { PROVIDER_NAMES } from './providers.ts';

const KEY = 'sk-test-0123456789abcdefghijk';
const silent = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;
const clock: Clock = { now: () => 0, sleep: async () => undefined };

let provider: FakeModelProvider;
beforeAll(async () => {
  provider = await startFakeModelProvider();
});
afterAll(() => provider.close());

const CASES = [
  { model: 'anthropic:claude-test', url: 'anthropic', protocol: 'anthropic' },
  { model: 'openai:gpt-test', url: 'openai', protocol: 'openai-responses' },
  { model: 'openai-chat:gpt-test', url: 'openai', protocol: 'openai-chat' },
  { model: 'google:gemini-test', url: 'google', protocol: 'google' },
  { model: 'ollama:llama-test', url: 'compatible', protocol: 'openai-chat' },
] as const;

const add: Tool = {
  name: 'add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number() }),
  run: async (input) => {
    const { a, b } = input as { a: number; b: number };
    return `the sum is ${a + b}`;
  },
};

function configFor(
  model: string,
  url: keyof FakeModelProvider['urls'],
  key: string | null = KEY,
): RuntimeConfig {
  const settings = { apiKey: key === null ? null : Secret.of(key), baseUrl: provider.urls[url] };
  const providers = Object.fromEntries(PROVIDER_NAMES.map((name) => [name, settings]));
  return {
    file: configFileSchema.parse({ model }),
    modelOverride: null,
    providers,
  } as unknown as RuntimeConfig;
}

async function engineFor(config: RuntimeConfig, tools: Tool[] = [add]) {
  return await modelEngine.create({
    config,
    systemPrompt: async () => 'You are a careful calculator.',
    tools: new Map(tools.map((tool) => [tool.name, tool])),
    log: silent,
    clock,
  });
}

function turn(text: string, over: Partial<Turn> = {}): Turn {
  return {
    taskId: 't',
    contextId: 'c',
    text,
    data: [],
    history: [],
    senderId: null,
    metadata: {},
    signal: AbortSignal.timeout(20_000),
    ...over,
  };
}

async function collect(events: AsyncIterable<EngineEvent>): Promise<EngineEvent[]> {
  const seen: EngineEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

function textOf(events: EngineEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.delta : '')).join('');
}

async function failureOf(config: RuntimeConfig, signal = AbortSignal.timeout(20_000)): Promise<Error> {
  const engine = await engineFor(config);
  return await collect(engine.run(turn('hello', { signal }))).then(
    (events) => {
      throw new Error(`expected a failure, got ${JSON.stringify(events)}`);
    },
    (error: Error) => error,
  );
}

describe.each(CASES)('model engine on $model', ({ model, url, protocol }) => {
  it('streams the text in several pieces and counts tokens', async () => {
    provider.script([{ text: ['Good ', 'day, ', 'person.'], usage: { input: 21, output: 4 } }]);
    const engine = await engineFor(configFor(model, url));
    const events = await collect(engine.run(turn('hello')));
    expect(textOf(events)).toBe('Good day, person.');
    expect(events.filter((event) => event.type === 'text').length).toBeGreaterThan(1);
    expect(events.at(-1)).toEqual({ type: 'usage', inputTokens: 21, outputTokens: 4 });
    expect(provider.requests.at(-1)).toMatchObject({ protocol, isStreaming: true, lastUserText: 'hello' });
    expect(provider.requests.at(-1)!.system).toContain('careful calculator');
    expect(provider.requests.at(-1)!.toolNames).toEqual(['add']);
  });

  it('runs a tool that the model calls and gives its answer back', async () => {
    provider.script([{ tools: [{ name: 'add', input: { a: 19, b: 23 } }] }, { text: 'It is 42.' }]);
    const engine = await engineFor(configFor(model, url));
    const events = await collect(engine.run(turn('19 + 23?')));
    const call = events.find((event) => event.type === 'tool_call');
    expect(call).toMatchObject({ tool: 'add', input: { a: 19, b: 23 } });
    expect(events.find((event) => event.type === 'tool_result')).toMatchObject({
      id: (call as { id: string }).id,
      output: 'the sum is 42',
      isError: false,
    });
    expect(textOf(events)).toBe('It is 42.');
    expect(provider.requests.at(-1)!.toolResults.join()).toContain('the sum is 42');
  });

  it('remembers the conversation of one context and no other', async () => {
    provider.script([{ text: 'noted' }, { text: 'again' }, { text: 'fresh' }]);
    const engine = await engineFor(configFor(model, url));
    await collect(engine.run(turn('my colour is teal')));
    await collect(engine.run(turn('which colour?')));
    expect(JSON.stringify(provider.requests.at(-1)!.body)).toContain('my colour is teal');
    await collect(engine.run(turn('which colour?', { contextId: 'another' })));
    expect(JSON.stringify(provider.requests.at(-1)!.body)).not.toContain('teal');
  });

  it('tries again after a rate limit and answers', async () => {
    provider.script([{ fault: 'status', status: 429, retryAfterMs: 5 }, { text: 'at last' }]);
    const engine = await engineFor(configFor(model, url));
    expect(textOf(await collect(engine.run(turn('hello'))))).toBe('at last');
  });

  it('gives up after a few failures of the provider, in one sentence', async () => {
    const before = provider.requests.length;
    provider.script([{ fault: 'status', status: 500, message: `boom ${KEY}`, retryAfterMs: 5 }]);
    const error = await failureOf(configFor(model, url));
    expect(error.message).toContain('failed (500)');
    expect(error.message).not.toContain(KEY);
    expect(provider.requests.length - before).toBe(3);
  });

  it('names the variable when the provider refuses the key', async () => {
    provider.script([{ fault: 'status', status: 401, message: `Incorrect API key provided: ${KEY}` }]);
    const error = await failureOf(configFor(model, url));
    expect(error.message).toMatch(/refused the key \(401\): put a valid key into [A-Z_]+_API_KEY/);
    expect(error.message).not.toContain(KEY);
  });

  it('does not pass half an answer for a whole one', async () => {
    provider.script([{ fault: 'cut', text: 'half an ans' }]);
    const error = await failureOf(configFor(model, url));
    expect(error.name).toBe('EngineFailure');
    expect(error.message).toMatch(/broke off|not reachable/);
  });

  it('says so when the answer can not be understood', async () => {
    provider.script([{ fault: 'garbage' }]);
    const error = await failureOf(configFor(model, url));
    expect(error.name).toBe('EngineFailure');
    expect(error.message).toMatch(/can not be understood|broke off/);
  });

  it('stops a hung request as soon as the turn is aborted', async () => {
    provider.script([{ fault: 'hang' }]);
    const controller = new AbortController();
    const failed = failureOf(configFor(model, url), controller.signal);
    await expect.poll(() => provider.requests.at(-1)?.lastUserText).toBe('hello');
    controller.abort(new Error('enough'));
    await expect(failed).resolves.toMatchObject({ message: 'enough' });
  });
});

describe('model engine', () => {
  it('uses the history of the message when it remembers nothing itself', async () => {
    provider.script([{ text: 'yes' }]);
    const engine = await engineFor(configFor('anthropic:claude-test', 'anthropic'));
    const history = [
      { role: 'user' as const, text: 'we spoke about otters' },
      { role: 'agent' as const, text: 'indeed' },
    ];
    await collect(engine.run(turn('go on', { history })));
    expect(JSON.stringify(provider.requests.at(-1)!.body)).toContain('we spoke about otters');
  });

  it('forgets a turn that failed', async () => {
    provider.script([{ fault: 'status', status: 400, message: 'no' }, { text: 'fine' }]);
    const engine = await engineFor(configFor('anthropic:claude-test', 'anthropic'));
    await collect(engine.run(turn('a failing question'))).catch(() => undefined);
    await collect(engine.run(turn('another question')));
    expect(JSON.stringify(provider.requests.at(-1)!.body)).not.toContain('a failing question');
  });

  it('ends a model that calls tools for ever', async () => {
    provider.script([{ tools: [{ name: 'add', input: { a: 1, b: 1 } }] }]);
    const engine = await engineFor(configFor('anthropic:claude-test', 'anthropic'));
    const events = await collect(engine.run(turn('loop')));
    expect(events.filter((event) => event.type === 'tool_call').length).toBe(25);
  });

  it('names the missing key before it is asked anything', async () => {
    const config = configFor('anthropic:claude-test', 'anthropic', null);
    expect(checkModel(config)).toEqual([
      'The model "anthropic:claude-test" needs a key: set the secret ANTHROPIC_API_KEY of this workspace and restart it.',
    ]);
    expect((await failureOf(config)).message).toContain('ANTHROPIC_API_KEY');
  });

  it('lists the supported providers when it does not know one', () => {
    expect(checkModel(configFor('martian:large', 'openai'))[0]).toContain('use one of anthropic, openai');
  });

  it('needs no key where the provider needs none', () => {
    expect(checkModel(configFor('ollama:llama', 'compatible', null))).toEqual([]);
  });
});
