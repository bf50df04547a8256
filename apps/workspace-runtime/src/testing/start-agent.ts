// Start agent (tests only): the agent's real door on a real socket, with an engine that the test writes.

import type { Clock, Log } from '@molecule/kit';
import { createAnswerer } from '../a2a/answer-request.ts';
import { buildCard } from '../a2a/card.ts';
import { TurnExecutor } from '../a2a/executor.ts';
import { AgentRequestHandler } from '../a2a/request-handler.ts';
import { closeAgentServer, createAgentServer } from '../a2a/server.ts';
import { SessionTranscript } from '../a2a/session-transcript.ts';
import { TaskMemory } from '../a2a/task-memory.ts';
import { TaskSlots } from '../a2a/task-slots.ts';
import { Drain } from '../drain.ts';
import type { Engine, EngineEvent, Turn } from '../engines/engine.ts';
import { configFileSchema } from '../load-config-file.ts';
import { Workload } from '../workload.ts';

type Json = Record<string, unknown>;

export const silentLog = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  trace() {},
  child: () => silentLog,
} as unknown as Log;

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

export function engineOf(run: (turn: Turn) => AsyncIterable<EngineEvent>, isSimulated = true): Engine {
  return { name: 'test', isSimulated, run };
}

export interface AgentOptions {
  running?: number;
  waiting?: number;
  turnTimeoutMs?: number;
  token?: string | null;
}

export async function startAgent(engine: Engine, options: AgentOptions = {}) {
  const log = silentLog;
  const clock = realClock;
  const file = configFileSchema.parse({ name: 'Tester', description: 'Answers tests.' });
  const workload = new Workload(clock);
  const card = buildCard({ file, url: '', engineName: engine.name, isSimulated: engine.isSimulated });
  const transcript = new SessionTranscript(clock);
  const executor = new TurnExecutor({
    engine,
    workload,
    clock,
    log,
    turnTimeoutMs: options.turnTimeoutMs ?? 20_000,
    transcript,
    workspaceDir: '/workspace',
  });
  const drain = new Drain({ executor, log, finishMs: 100 });
  const slots = new TaskSlots({ running: options.running ?? 4, waiting: options.waiting ?? 8 });
  const handler = new AgentRequestHandler(card, new TaskMemory(), executor);
  const answer = createAnswerer({ handler, executor, slots, isDraining: () => drain.isDraining });
  const server = createAgentServer({
    card: () => card,
    answer,
    token: () => options.token ?? null,
    health: () => ({ status: 'ok' }),
    runtime: 'rehearsal',
    transcript,
    log,
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    slots,
    workload,
    drain,
    executor,
    close: () => closeAgentServer(server, 200),
    /** Posts JSON-RPC and returns the status, headers and body. */
    post: async (body: unknown, headers: Record<string, string> = {}, path = '/') => {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: JSON.parse(text) as Json };
    },
    /** Opens a stream; the events as they arrive. */
    stream: async function* (body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        ...(signal ? { signal } : {}),
      });
      let text = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        let end = text.indexOf('\n\n');
        for (; end >= 0; end = text.indexOf('\n\n')) {
          yield JSON.parse(text.slice(0, end).replace(/^data: /, '')) as { result: Json; error?: Json };
          text = text.slice(end + 2);
        }
      }
    },
  };
}

let posts = 0;
/** A v0.3 `message/send`, or another method, with one text part. */
export function sendRequest(
  text: string,
  over: { method?: string; messageId?: string; configuration?: Json } = {},
) {
  return {
    jsonrpc: '2.0',
    id: ++posts,
    method: over.method ?? 'message/send',
    params: {
      message: {
        kind: 'message',
        role: 'user',
        messageId: over.messageId ?? `m-${posts}`,
        parts: [{ kind: 'text', text }],
      },
      ...(over.configuration ? { configuration: over.configuration } : {}),
    },
  };
}
