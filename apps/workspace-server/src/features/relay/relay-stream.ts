// Relay stream: passes an agent's server-sent events through as they come, and keeps the text for the activity row.
// A stream is never queued; a broken one ends with an error event; its sender hanging up cancels nothing.
//
//   S1. What says that the answer is whole reaches the sender after the row is committed: an answer that somebody saw to
//       its end is there after a crash.

import { StringDecoder } from 'node:string_decoder';
import { isFault } from '@molecule/domain';
import { textOfArtifacts, textOfParts } from './agent-reply.ts';
import { isObject } from './envelope.ts';
import { judgeTarget } from './judge-call.ts';
import { judgeChain } from './judge-chain.ts';
import { recordHop } from './record-hop.ts';
import type { RelayInput } from './relay-call.ts';
import { ceilingOf, explainFailure, type RelayDeps } from './relay-message.ts';
import { StreamOutlet, type StreamSink } from './stream-outlet.ts';

export async function relayStream(deps: RelayDeps, asked: RelayInput, sink: StreamSink): Promise<void> {
  const target = judgeTarget(deps, asked.sender, asked.targetId);
  const input = await judgeChain(deps, asked, target);
  const leave = input.chain ? deps.chains.enter(target.id, input.chain) : null;
  const startedAt = deps.clock.now();
  const transcript = new StreamTranscript();
  const outlet = new StreamOutlet(sink, input.envelope.rpcId);
  let isRecorded = false;
  const record = async (status: number) => {
    if (isRecorded) return;
    const reply = transcript.finish();
    await recordHop(deps, input, target, {
      status: status >= 300 || transcript.isFailed ? 'error' : 'ok',
      errorDetail: transcript.isFailed ? transcript.failure : null,
      responseBody: reply,
      toolTrace: transcript.toolTrace,
      startedAt,
    });
    isRecorded = true;
    if (input.sender === null && status < 400) {
      deps.hub.broadcast('A2A_RESPONSE', target.id, {
        response_body: reply,
        method: input.envelope.method,
        duration_ms: Math.round(deps.clock.now() - startedAt),
      });
    }
  };
  try {
    const url = deps.addressOf(target);
    const status = await deps.connections.stream(
      {
        workspaceId: target.id,
        url,
        isUrlOurs: target.isUrlOurs,
        body: input.envelope.untouched ?? JSON.stringify(input.envelope.body),
        headers: { ...input.headers, accept: 'text/event-stream, application/json' },
        deadlineMs: input.deadlineMs,
        ceilingMs: ceilingOf(input),
      },
      async (stream) => {
        outlet.open(stream.status, stream.contentType);
        for await (const chunk of stream.chunks) {
          transcript.add(chunk);
          // S1.
          if (transcript.hasEnded) await record(stream.status);
          await outlet.write(chunk, stream.signal);
        }
        return stream.status;
      },
    );
    await record(status);
    outlet.end();
  } catch (error) {
    // What an agent does after its end changes nothing.
    if (isRecorded) return outlet.end();
    const fault = isFault(error) ? error : await explainFailure(deps, target, error);
    try {
      await recordHop(deps, input, target, {
        status: 'error',
        errorDetail: fault.message,
        responseBody: transcript.text === '' ? null : transcript.finish(),
        startedAt,
      });
    } finally {
      // S2.
      await outlet.fail(fault);
    }
  } finally {
    leave?.();
  }
}

const MAX_KEPT_CHARS = 256 * 1024;
const BLOCK_END = /\r?\n\r?\n/g;
/** A2A 0.3 section 6.3 and 1.0 section 4.1.3: a task in one of them changes no more. */
const LAST_STATES = new Set(['COMPLETED', 'FAILED', 'REJECTED', 'CANCELED']);
/** A block's end may have begun this many characters before the chunk that completes it. */
const TAIL_CHARS = 3;

/**
 * Collects what the agent said from the events that pass. Bounded: what is longer is cut, and says so. How the bytes
 * were cut into chunks makes no difference, and each byte is looked at once.
 */
export class StreamTranscript {
  readonly #decoder = new StringDecoder('utf8');
  /** What of the present block came so far, but for its last characters. */
  #pieces: string[] = [];
  #keptChars = 0;
  #tail = '';
  #text = '';
  #final: string | null = null;
  #isCut = false;
  isFailed = false;
  failure: string | null = null;
  /** The agent said that nothing follows: a message, a task's last state, or an event that calls itself final. */
  hasEnded = false;
  toolTrace: unknown = null;
  #metadata: unknown = null;

  get text(): string {
    return this.#final ?? this.#text;
  }

  add(chunk: Buffer): void {
    const window = this.#tail + this.#decoder.write(chunk);
    let start = 0;
    for (const end of window.matchAll(BLOCK_END)) {
      this.#readBlock(this.#takePieces() + window.slice(start, end.index));
      start = end.index + end[0].length;
    }
    const cut = Math.max(start, window.length - TAIL_CHARS);
    this.#keepPiece(window.slice(start, cut));
    this.#tail = window.slice(cut);
  }

  /** The answer as one message, in the shape that non-streaming callers get. */
  finish(): Record<string, unknown> {
    const rest = this.#takePieces() + this.#tail + this.#decoder.end();
    this.#tail = '';
    if (rest.trim() !== '') this.#readBlock(rest);
    return {
      jsonrpc: '2.0',
      result: {
        kind: 'message',
        role: 'agent',
        parts: [{ kind: 'text', text: this.text }],
        metadata: {
          ...(isObject(this.#metadata) ? this.#metadata : {}),
          streamed: true,
          ...(this.#isCut ? { cut: true } : {}),
        },
      },
    };
  }

  #keepPiece(piece: string): void {
    if (piece === '') return;
    this.#pieces.push(piece);
    this.#keptChars += piece.length;
    if (this.#keptChars <= MAX_KEPT_CHARS) return;
    this.#takePieces();
    this.#isCut = true;
  }

  #takePieces(): string {
    const text = this.#pieces.join('');
    this.#pieces = [];
    this.#keptChars = 0;
    return text;
  }

  #readBlock(block: string): void {
    const data = block
      .split(/\r?\n/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).trimStart())
      .join('\n');
    const text = data === '' ? block.trim() : data;
    try {
      this.#readEvent(JSON.parse(text));
    } catch {
      // Comments and keep-alives are not JSON; they say nothing about the answer.
    }
  }

  #readEvent(event: unknown): void {
    if (!isObject(event)) return;
    if (isObject(event.error)) this.#fail(textOr(event.error.message, 'agent error'));
    const result = isObject(event.result) ? event.result : null;
    if (!result) return;
    const artifactUpdate = isObject(result.artifactUpdate) ? result.artifactUpdate : result;
    if (isObject(artifactUpdate.artifact)) this.#append(textOfParts(artifactUpdate.artifact.parts) ?? '');
    const message = result.kind === 'message' ? result : isObject(result.message) ? result.message : null;
    if (message) {
      this.#end(textOfParts(message.parts), message.metadata);
      this.hasEnded = true;
    }
    const task = isObject(result.task) ? result.task : result.kind === 'task' ? result : null;
    if (task) this.#readWhole(task.artifacts);
    const statusUpdate = isObject(result.statusUpdate) ? result.statusUpdate : (task ?? result);
    if (isObject(statusUpdate.status)) this.#readStatus(statusUpdate.status, statusUpdate.metadata);
    if (statusUpdate.final === true) this.hasEnded = true;
  }

  /** What a task has said by now: all of it for whoever asks for the second time. What follows comes after it. */
  #readWhole(artifacts: unknown): void {
    const text = textOfArtifacts(artifacts);
    if (text === null || text === '') return;
    this.#text = '';
    this.#append(text);
  }

  #readStatus(status: Record<string, unknown>, metadata: unknown): void {
    const state = textOr(status.state, '').toUpperCase().replace('TASK_STATE_', '');
    const said = isObject(status.message) ? textOfParts(status.message.parts) : null;
    if (LAST_STATES.has(state)) this.hasEnded = true;
    if (state === 'FAILED' || state === 'REJECTED') this.#fail(said ?? 'agent error');
    if (state === 'COMPLETED' || state === 'FAILED') {
      const messageMetadata = isObject(status.message) ? status.message.metadata : undefined;
      this.#end(this.#text === '' ? said : null, messageMetadata ?? metadata);
    }
  }

  #end(text: string | null, metadata: unknown): void {
    if (text !== null && text !== '') this.#final = text.slice(0, MAX_KEPT_CHARS);
    if (text !== null && text.length > MAX_KEPT_CHARS) this.#isCut = true;
    if (!isObject(metadata)) return;
    this.#metadata = metadata;
    this.toolTrace = metadata.tool_trace ?? this.toolTrace;
  }

  #append(text: string): void {
    if (this.#text.length + text.length <= MAX_KEPT_CHARS) this.#text += text;
    else this.#isCut = true;
  }

  #fail(reason: string): void {
    this.isFailed = true;
    this.failure = reason;
  }
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}
