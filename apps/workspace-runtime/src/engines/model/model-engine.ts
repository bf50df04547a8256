// Model engine: asks a language model of any provider, lets it use the tools, and streams what it says.
//
//   M1. At most `STEPS` rounds and `TOOL_CALLS` tool calls a turn; beyond that the model is told, not run.
//   M2. A provider that is silent for `SILENCE_MS` has failed; requests are repeated at most `RETRIES` times, and never
//       after text was shown.
//   M3. A key is in no event, error or log; failures are told in one sentence.
//   M4. A turn that failed leaves the conversation as it was.

import type { LanguageModel, ModelMessage, ToolSet } from 'ai';
import type { RuntimeConfig } from '../../config.ts';
import type { Engine, EngineContext, EngineEvent, EngineFactory, Turn } from '../engine.ts';
import { EngineFailure } from '../engine-failure.ts';
import { ConversationMemory } from './conversation-memory.ts';
import { explainError } from './explain-error.ts';
import { openModel } from './open-model.ts';
import { chooseModel, type ModelName, PROVIDERS, parseModel } from './providers.ts';

export const STEPS = 25;
export const TOOL_CALLS = 50;
export const RETRIES = 2;
export const SILENCE_MS = 120_000;

export const modelEngine: EngineFactory = {
  name: 'model',
  isSimulated: false,
  check: (config) => checkModel(config),
  create: async (context) => new ModelEngine(context),
};

export function checkModel(config: RuntimeConfig): string[] {
  const name = parseModel(chooseModel(config.file, config.modelOverride));
  if (typeof name === 'string') return [`${name}.`];
  const facts = PROVIDERS[name.provider];
  const settings = config.providers[name.provider];
  const problems: string[] = [];
  if (facts.isKeyRequired && settings.apiKey === null) {
    problems.push(
      `The model "${name.provider}:${name.model}" needs a key: set the secret ${facts.keyNames[0]} of this workspace and restart it.`,
    );
  }
  if (settings.baseUrl === null && name.provider === 'openai-compatible') {
    problems.push(
      `The provider "openai-compatible" needs an address: set ${facts.baseUrlNames[0]} and restart.`,
    );
  }
  return problems;
}

class ModelEngine implements Engine {
  readonly name = 'model';
  readonly isSimulated = false;
  readonly #context: EngineContext;
  readonly #memory = new ConversationMemory();
  #model: Promise<LanguageModel> | null = null;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  async *run(turn: Turn): AsyncGenerator<EngineEvent> {
    const { config } = this.#context;
    const problem = checkModel(config)[0];
    const name = parseModel(chooseModel(config.file, config.modelOverride));
    if (problem !== undefined || typeof name === 'string') throw new EngineFailure(problem ?? String(name));
    const secret = config.providers[name.provider].apiKey?.reveal() ?? null;
    try {
      yield* this.#converse(turn, name);
    } catch (error) {
      turn.signal.throwIfAborted();
      throw error instanceof EngineFailure ? error : explainError(error, name, secret);
    }
  }

  async *#converse(turn: Turn, name: ModelName): AsyncGenerator<EngineEvent> {
    const { streamText, stepCountIs } = await import('ai');
    // The SDK prints warnings of its own otherwise.
    globalThis.AI_SDK_LOG_WARNINGS = ({ warnings }) =>
      this.#context.log.debug({ warnings }, 'model warnings');
    this.#model ??= openModel(name, this.#context.config.providers[name.provider]);
    const said: ModelMessage = { role: 'user', content: textOf(turn) };
    const result = streamText({
      model: await this.#model,
      system: await this.#context.systemPrompt(),
      messages: [...this.#recall(turn), said],
      tools: await this.#tools(turn),
      stopWhen: stepCountIs(STEPS),
      maxRetries: RETRIES,
      abortSignal: turn.signal,
      timeout: { chunkMs: SILENCE_MS },
      // Errors arrive in the stream; the SDK would print them otherwise.
      onError: () => undefined,
    });
    for await (const part of result.fullStream) {
      switch (part.type) {
        case 'text-delta':
          yield { type: 'text', delta: part.text };
          break;
        case 'tool-call':
          yield { type: 'tool_call', id: part.toolCallId, tool: part.toolName, input: part.input };
          break;
        case 'tool-result':
          yield toolResult(part.toolCallId, part.toolName, String(part.output));
          break;
        case 'tool-error':
          yield { ...toolResult(part.toolCallId, part.toolName, String(part.error)), isError: true };
          break;
        case 'finish-step':
          refuseBrokenOff(part.finishReason, name);
          break;
        case 'finish':
          yield {
            type: 'usage',
            inputTokens: part.totalUsage.inputTokens ?? 0,
            outputTokens: part.totalUsage.outputTokens ?? 0,
          };
          break;
        case 'abort':
          turn.signal.throwIfAborted();
          throw new DOMException('the provider was silent', 'TimeoutError');
        case 'error':
          throw part.error;
      }
    }
    const response = await result.response;
    this.#memory.append(turn.contextId, [said, ...(response.messages as ModelMessage[])]);
  }

  #recall(turn: Turn): ModelMessage[] {
    const remembered = this.#memory.recall(turn.contextId);
    if (remembered.length > 0) return remembered;
    return turn.history.map(({ role, text }) => ({
      role: role === 'user' ? 'user' : 'assistant',
      content: text,
    }));
  }

  async #tools(turn: Turn): Promise<ToolSet> {
    const { tool: defineTool } = await import('ai');
    let calls = 0;
    const entries = [...this.#context.tools.values()].map((tool) => {
      const execute = async (input: unknown) => {
        if (++calls > TOOL_CALLS)
          return `Error: this turn has used its ${TOOL_CALLS} tool calls; answer now with what you have`;
        return await tool.run(input, { signal: turn.signal, turn });
      };
      return [tool.name, defineTool({ description: tool.description, inputSchema: tool.input, execute })];
    });
    return Object.fromEntries(entries) as ToolSet;
  }
}

function textOf(turn: Turn): string {
  const data = turn.data.map((value) => JSON.stringify(value));
  return [turn.text, ...data].filter((text) => text !== '').join('\n\n');
}

function toolResult(id: string, tool: string, output: string) {
  const isError = output.startsWith('Error:') || output.startsWith('DELEGATION FAILED');
  return { type: 'tool_result' as const, id, tool, output, isError };
}

/** A stream that ends without saying why was cut somewhere; half an answer must not pass for a whole one. */
function refuseBrokenOff(reason: string, { provider }: ModelName): void {
  if (reason === 'content-filter')
    throw new EngineFailure(`${provider} refused to answer this (content filter)`);
  if (reason === 'error' || reason === 'other' || reason === 'unknown') {
    throw new EngineFailure(`${provider} broke off in the middle of its answer; try again`);
  }
}
