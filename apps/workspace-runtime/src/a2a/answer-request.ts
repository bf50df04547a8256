// Answer request: one posted JSON-RPC body in, one answer or one stream of answers out; no HTTP in here.
//
//   A1. A request that is refused (busy, draining, a bad envelope) started nothing.
//   A2. Whatever stops a message before its turn begins gives back its slot and forgets its key.

import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server';
import { JsonRpcTransportHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { faults } from '@molecule/domain';
import { ADMISSION, type TurnExecutor } from './executor.ts';
import { type NormalisedRequest, normaliseRequest } from './normalise-request.ts';
import { type AgentRequestHandler, REPEATED_RUN } from './request-handler.ts';
import { RunMemory } from './run-memory.ts';
import type { TaskSlots } from './task-slots.ts';

type Json = Record<string, unknown>;
export type Answer = { kind: 'single'; body: Json } | { kind: 'stream'; events: AsyncGenerator<Json> };

export interface AnswerDeps {
  handler: AgentRequestHandler;
  executor: TurnExecutor;
  slots: TaskSlots;
  isDraining: () => boolean;
}

type Headers = Record<string, string | string[] | undefined>;

export function createAnswerer({ handler, executor, slots, isDraining }: AnswerDeps) {
  const current = new JsonRpcTransportHandler(handler);
  const legacy = new LegacyJsonRpcTransportHandler(handler);
  const runs = new RunMemory();

  async function answer(body: unknown, headers: Headers): Promise<Answer> {
    const version = headers['a2a-version'];
    const request = normaliseRequest(body, Array.isArray(version) ? version[0] : version);
    const context = new ServerCallContext({ requestedVersion: request.version });
    context.state.set('headers', headers);
    const settle = request.send ? admit(request, context) : () => undefined;
    const transport = request.version === '1.0' ? current : legacy;
    try {
      const reply = await transport.handle(request.body, context);
      if (!isStream(reply)) {
        settle();
        return { kind: 'single', body: withUsage(reply as Json) };
      }
      return await openStream(reply as AsyncGenerator<Json>, request, settle);
    } catch (error) {
      settle();
      throw error;
    }
  }

  /** Decides who does the work; the returned function takes back what the executor never picked up (A2). */
  function admit(request: NormalisedRequest, context: ServerCallContext): () => void {
    const { identity, taskId } = request.send!;
    const entry = runs.enter(identity);
    if (!entry.isFirst) {
      context.state.set(REPEATED_RUN, entry.run);
      return () => undefined;
    }
    try {
      if (isDraining()) throw faults.draining();
      if (taskId !== null && executor.isRunning(taskId)) {
        throw faults.invalidRequest(
          `task ${taskId} is still working; send a message without taskId, or cancel it first`,
        );
      }
      const slot = slots.take();
      let isPickedUp = false;
      entry.run.taskId.then(
        () => {
          isPickedUp = true;
        },
        () => undefined,
      );
      context.state.set(ADMISSION, { run: entry.run, slot });
      return () => {
        if (isPickedUp) return;
        slot.release();
        entry.forget(new Error('the message was refused before it started'));
      };
    } catch (refusal) {
      entry.forget(refusal);
      throw refusal;
    }
  }

  /** The first event is awaited, so that a refusal is an answer and not an empty stream. */
  async function openStream(
    events: AsyncGenerator<Json>,
    request: NormalisedRequest,
    settle: () => void,
  ): Promise<Answer> {
    let first: IteratorResult<Json>;
    try {
      first = await events.next();
    } catch (error) {
      settle();
      return { kind: 'single', body: { jsonrpc: '2.0', id: request.id, error: toRpcError(error, request) } };
    }
    return { kind: 'stream', events: resume(first, events, request) };
  }

  async function* resume(
    first: IteratorResult<Json>,
    rest: AsyncGenerator<Json>,
    request: NormalisedRequest,
  ): AsyncGenerator<Json> {
    if (first.done) return;
    yield first.value;
    try {
      yield* rest;
    } catch (error) {
      yield { jsonrpc: '2.0', id: request.id, error: toRpcError(error, request) };
    }
  }

  return answer;
}

function toRpcError(error: unknown, request: NormalisedRequest): unknown {
  return request.version === '1.0'
    ? JsonRpcTransportHandler.mapToJSONRPCError(error)
    : LegacyJsonRpcTransportHandler.mapToLegacyJSONRPCError(error);
}

function isStream(reply: unknown): boolean {
  return typeof (reply as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator] === 'function';
}

/** Callers read token counts from `result.usage`. */
function withUsage(body: Json): Json {
  const result = body.result as Json | undefined | null;
  if (typeof result !== 'object' || result === null) return body;
  const task = (result.task ?? result) as Json;
  const usage = (task.metadata as Json | undefined)?.usage;
  return usage === undefined ? body : { ...body, result: { ...result, usage } };
}
