// Agent connection: one HTTP request from the relay to an agent, bounded in time, bytes and concurrency.
//
//   A1. Every request ends: by an answer, the idle limit, the ceiling, the caller's deadline, or the byte limit.
//   A2. Each agent has its own sockets and its own bound on requests in flight: one hung agent uses up its own only.
//   A3. Redirects are not followed; no credential of the caller travels to the agent.
//   A4. The caller hanging up does not cancel a request: the agent may be at work already.

import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { Fault, faults, LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import { Agent, request } from 'undici';
import { type GuardOptions, guardedLookup, notRoutable } from './address-guard.ts';

const MAX_IN_FLIGHT_PER_AGENT = 256;

export interface AgentCall {
  workspaceId: string;
  url: string;
  /** True when our own provisioner set the address. */
  isUrlOurs: boolean;
  body: Buffer | string;
  headers?: Record<string, string>;
  /** The caller's own deadline in ms; null for none. */
  deadlineMs: number | null;
  /** The absolute limit in ms; null for none. */
  ceilingMs: number | null;
  /** Ends the call early, for example when its workspace is paused. */
  signal?: AbortSignal;
}

export interface AgentAnswer {
  status: number;
  body: Buffer;
}

export interface AgentStream {
  status: number;
  contentType: string;
  chunks: AsyncIterable<Buffer>;
  /** Fires when a limit ends the call. */
  signal: AbortSignal;
}

/** What went wrong between relay and agent. `isBusy`: the agent took the connection, so it may be at work. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';
  readonly isBusy: boolean;
  readonly wasDelivered: boolean;
  constructor(message: string, options: { isBusy: boolean; wasDelivered: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.isBusy = options.isBusy;
    this.wasDelivered = options.wasDelivered;
  }
}

export class AgentConnections {
  /** For addresses that our own provisioner set. */
  readonly #trusted: Agent;
  /** For addresses that agents reported: names are looked up through the guard. */
  readonly #guarded: Agent;
  readonly #clock: Clock;
  readonly #inFlight = new Map<string, Set<AbortController>>();
  /** When anything was last heard of a workspace; a sign of life resets the idle limit. */
  readonly #lastSign = new Map<string, number>();
  readonly #idleMsOf: (workspaceId: string) => number;

  constructor(clock: Clock, guard: GuardOptions, idleMsOf: (workspaceId: string) => number) {
    this.#clock = clock;
    this.#idleMsOf = idleMsOf;
    this.#trusted = newAgent({});
    this.#guarded = newAgent({ lookup: guardedLookup(guard) });
  }

  noteSignOfLife(workspaceId: string): void {
    if (this.#inFlight.has(workspaceId)) this.#lastSign.set(workspaceId, this.#clock.now());
  }

  inFlight(workspaceId: string): number {
    return this.#inFlight.get(workspaceId)?.size ?? 0;
  }

  /** Ends all calls to a workspace that was paused, stopped or removed. `isFinal`: somebody wants them ended, not repeated. */
  abortAll(workspaceId: string, reason: string, isFinal = false): void {
    for (const controller of this.#inFlight.get(workspaceId) ?? [])
      controller.abort(new CallAborted(reason, isFinal));
  }

  /** Sends and reads the whole answer. */
  async send(call: AgentCall): Promise<AgentAnswer> {
    return this.#limited(call, async (signal) => {
      const response = await this.#request(call, signal);
      try {
        return { status: response.statusCode, body: await readBounded(response.body) };
      } catch (error) {
        if (error instanceof Fault) throw error;
        throw classify(error, signal, true);
      }
    });
  }

  /** Sends and hands the answer's chunks on as they come. The call counts as in flight until the chunks are read. */
  async stream<T>(call: AgentCall, read: (stream: AgentStream) => Promise<T>): Promise<T> {
    return this.#limited(call, async (signal) => {
      const response = await this.#request(call, signal);
      const contentType = String(response.headers['content-type'] ?? 'application/json');
      const chunks = this.#bounded(call.workspaceId, response.body, signal);
      return read({ status: response.statusCode, contentType, chunks, signal });
    });
  }

  async stop(): Promise<void> {
    await Promise.all([this.#trusted.destroy(), this.#guarded.destroy()]);
  }

  async #request(call: AgentCall, signal: AbortSignal) {
    try {
      return await request(call.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', ...call.headers },
        body: call.body,
        signal,
        dispatcher: call.isUrlOurs ? this.#trusted : this.#guarded,
      });
    } catch (error) {
      throw classify(error, signal, false);
    }
  }

  async *#bounded(workspaceId: string, body: Readable, signal: AbortSignal): AsyncIterable<Buffer> {
    let bytes = 0;
    try {
      for await (const chunk of body) {
        bytes += (chunk as Buffer).length;
        if (bytes > LIMITS.a2aResponseBytes) {
          body.destroy();
          throw faults.agentResponseTooLarge(LIMITS.a2aResponseBytes);
        }
        this.noteSignOfLife(workspaceId);
        yield chunk as Buffer;
      }
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw classify(error, signal, true);
    }
  }

  /** A1 and A2: counts the call, and ends it at the first limit that is reached. */
  async #limited<T>(call: AgentCall, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running = this.#inFlight.get(call.workspaceId) ?? new Set();
    if (running.size >= MAX_IN_FLIGHT_PER_AGENT) throw faults.queueFull(5);
    const controller = new AbortController();
    running.add(controller);
    this.#inFlight.set(call.workspaceId, running);
    const startedAt = this.#clock.now();
    const timer = setInterval(() => {
      const reason = this.#limitReached(call, startedAt);
      if (reason) controller.abort(reason);
    }, 250);
    timer.unref();
    const onAbort = () => controller.abort(call.signal?.reason);
    call.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await run(controller.signal);
    } finally {
      clearInterval(timer);
      call.signal?.removeEventListener('abort', onAbort);
      running.delete(controller);
      if (running.size === 0) {
        this.#inFlight.delete(call.workspaceId);
        this.#lastSign.delete(call.workspaceId);
      }
    }
  }

  #limitReached(call: AgentCall, startedAt: number): LimitReached | null {
    const now = this.#clock.now();
    const age = now - startedAt;
    if (call.deadlineMs !== null && age >= call.deadlineMs)
      return new LimitReached('deadline', call.deadlineMs);
    if (call.ceilingMs !== null && age >= call.ceilingMs) return new LimitReached('ceiling', call.ceilingMs);
    const idleMs = this.#idleMsOf(call.workspaceId);
    const lastSign = Math.max(startedAt, this.#lastSign.get(call.workspaceId) ?? 0);
    return now - lastSign >= idleMs ? new LimitReached('idle', idleMs) : null;
  }
}

export class CallAborted extends Error {
  override readonly name = 'CallAborted';
  readonly isFinal: boolean;
  constructor(reason: string, isFinal: boolean) {
    super(reason);
    this.isFinal = isFinal;
  }
}

export class LimitReached extends Error {
  override readonly name = 'LimitReached';
  readonly limit: 'idle' | 'ceiling' | 'deadline';
  readonly ms: number;
  constructor(limit: 'idle' | 'ceiling' | 'deadline', ms: number) {
    super(`no answer within the ${limit} limit of ${Math.round(ms / 1000)} s`);
    this.limit = limit;
    this.ms = ms;
  }
}

function newAgent(connect: { lookup?: LookupFunction }): Agent {
  return new Agent({
    connections: 128,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connect: { timeout: TIMEOUTS_MS.a2aConnect, ...connect },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

async function readBounded(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length;
    if (bytes > LIMITS.a2aResponseBytes) {
      body.destroy();
      throw faults.agentResponseTooLarge(LIMITS.a2aResponseBytes);
    }
    chunks.push(chunk as Buffer);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** Connection refused and unknown hosts were never delivered; everything after the connection may have been. */
function classify(error: unknown, signal: AbortSignal, wasAnswering: boolean): TransportFailure | Fault {
  if ((error as { code?: string }).code === 'ADDRESS_BLOCKED') return notRoutable();
  const reason = signal.aborted ? signal.reason : error;
  const code = (error as { code?: string }).code ?? '';
  const isNeverDelivered =
    !signal.aborted &&
    ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'EAI_AGAIN'].includes(code);
  const message = reason instanceof Error ? reason.message : String(reason);
  return new TransportFailure(message, {
    isBusy: !isNeverDelivered,
    wasDelivered: wasAnswering,
    cause: reason,
  });
}
