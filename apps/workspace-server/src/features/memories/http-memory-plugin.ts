// HTTP memory plugin: the plugin wire, spoken so that a plugin that hangs, lies or is gone costs its caller a bounded
// time and a typed error, and never more.
//
//   H1. Every call ends within the timeout; at most IN_FLIGHT run and WAITING wait.
//   H2. Three failures in a row (no connection, no answer, 5xx, rubbish) open the breaker: calls fail at once.
//   H3. A call that may be repeated without harm is repeated once when its answer was lost.
//   H4. Answers are cut off at ANSWER_BYTES, and only what has the shape of the contract comes through.

import { memoryPlugin as wire } from '@molecule/contracts';
import { faults, isFault } from '@molecule/domain';
import { type Clock, QueueFull, type Secret, Semaphore } from '@molecule/kit';
import { Agent, request } from 'undici';
import type { z } from 'zod';
import { CircuitBreaker, CircuitOpen } from './circuit-breaker.ts';
import { kindOf } from './memory-access.ts';
import type { MemoryPlugin, PluginSearch, PluginWrite } from './memory-plugin.ts';

const IN_FLIGHT = 32;
const WAITING = 256;
const ANSWER_BYTES = 4 * 1024 * 1024;
const LIST_PAGE = 100;
const ENSURED_MS = 10 * 60_000;
const ENSURED_MAX = 20_000;
const FAILURES_TO_OPEN = 3;
const ERROR_TEXT = 256;

export interface PluginTarget {
  /** Where the plugin is; waits for one that is starting. Rejects when there is none. */
  url(): Promise<string>;
  token: Secret | null;
}

export interface HttpMemoryPluginOptions {
  target: PluginTarget;
  clock: Clock;
  timeoutMs: number;
  /** Milliseconds; a random time from 30 to 90 s unless a test says otherwise. */
  cooldownMs?: () => number;
}

interface Call {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
  isRepeatable: boolean;
  /** Statuses that are an answer, and no failure. */
  answers: readonly number[];
}

interface Reply<T = unknown> {
  status: number;
  body: T;
}

/** The far side did not answer, or not as it should. */
class PluginTrouble extends Error {
  override readonly name = 'PluginTrouble';
  readonly isAnswer: boolean;
  constructor(message: string, isAnswer: boolean, cause?: unknown) {
    super(message, { cause });
    this.isAnswer = isAnswer;
  }
}

/** The far side says that the call is wrong: no sign of trouble, and nothing was done. */
class PluginRefusal extends Error {
  override readonly name = 'PluginRefusal';
}

/** Whether the plugin surely did nothing of what a failed call asked for. */
export function wasSurelyNotDone(error: unknown): boolean {
  if (!isFault(error)) return false;
  const { cause } = error;
  return (
    error.code === 'MEMORY_NOT_CONFIGURED' ||
    cause instanceof CircuitOpen ||
    cause instanceof QueueFull ||
    cause instanceof PluginRefusal
  );
}

export class HttpMemoryPlugin implements MemoryPlugin {
  readonly #options: HttpMemoryPluginOptions;
  readonly #agent: Agent;
  readonly #breaker: CircuitBreaker;
  readonly #places = new Semaphore(IN_FLIGHT, { maxWaiting: WAITING });
  readonly #ensured = new Map<string, number>();
  #capabilities: ReadonlySet<string> | null = null;

  constructor(options: HttpMemoryPluginOptions) {
    this.#options = options;
    this.#agent = new Agent({ connections: IN_FLIGHT, connect: { timeout: options.timeoutMs } });
    this.#breaker = new CircuitBreaker({
      clock: options.clock,
      failuresToOpen: FAILURES_TO_OPEN,
      cooldownMs: options.cooldownMs ?? (() => 30_000 + Math.random() * 60_000),
      isFailure: (error) => error instanceof PluginTrouble,
      onClose: () => {
        this.#capabilities = null;
      },
    });
  }

  get isBroken(): boolean {
    return this.#breaker.isOpen;
  }

  /** Another process answers from now on: nothing that was known of the last one holds. */
  renewed(): void {
    this.#breaker.reset();
    this.#capabilities = null;
    this.#ensured.clear();
  }

  stop(): Promise<void> {
    return this.#agent.destroy();
  }

  async has(capability: wire.Capability): Promise<boolean> {
    if (!this.#capabilities) await this.refresh();
    return this.#capabilities?.has(capability) ?? false;
  }

  async refresh(): Promise<void> {
    const call: Call = { method: 'GET', path: '/v1/health', isRepeatable: true, answers: [200] };
    const { body } = await this.#call(call, wire.health);
    this.#capabilities = new Set(body.capabilities);
  }

  async write(namespace: string, write: PluginWrite): Promise<void> {
    await this.#ensure(namespace);
    const call = await this.#writeCall(namespace, write);
    let reply = await this.#call(call, wire.memoryWritten);
    if (reply.status === 404) {
      this.#ensured.delete(namespace);
      await this.#ensure(namespace);
      reply = await this.#call(call, wire.memoryWritten);
    }
    if (reply.status === 404)
      throw faults.memoryPluginFailed(new PluginRefusal('a namespace that was made is not there'));
    const written = reply.body;
    if (written.id !== write.id || written.namespace !== namespace)
      throw faults.memoryPluginFailed(new Error('a write was answered for another memory'));
  }

  async search(search: PluginSearch): Promise<wire.Memory[]> {
    if (search.namespaces.length === 0) return [];
    const canFilter = search.propagation !== null && (await this.has('filter'));
    const call: Call = {
      method: 'POST',
      path: '/v1/search',
      body: {
        namespaces: search.namespaces,
        ...(search.query === '' ? {} : { query: search.query }),
        ...(search.kinds === null ? {} : { kinds: search.kinds }),
        ...(canFilter ? { propagation: search.propagation } : {}),
        limit: search.limit,
      },
      isRepeatable: true,
      answers: [200],
    };
    return (await this.#call(call, wire.searchReply)).body.memories;
  }

  async get(namespace: string, memoryId: string): Promise<wire.Memory | null> {
    if (!(await this.has('get'))) return this.#find(namespace, memoryId);
    const path = `/v1/memories/${encodeURIComponent(memoryId)}?namespace=${encodeURIComponent(namespace)}`;
    const call: Call = { method: 'GET', path, isRepeatable: true, answers: [200, 404] };
    const { status, body } = await this.#call(call, wire.memory);
    if (status === 404) return null;
    if (body.id !== memoryId || body.namespace !== namespace)
      throw faults.memoryPluginFailed(new Error('another memory was answered than was asked for'));
    return body;
  }

  async #find(namespace: string, memoryId: string): Promise<wire.Memory | null> {
    if (!(await this.has('list'))) {
      const rest = { kinds: null, propagation: null, limit: LIST_PAGE };
      const found = await this.search({ namespaces: [namespace], query: '', ...rest });
      return found.find(({ id }) => id === memoryId) ?? null;
    }
    const seen = new Set<string>();
    for (let cursor: string | null = null; ; ) {
      const page = await this.list(namespace, cursor);
      const found = page.memories.find(({ id }) => id === memoryId);
      if (found) return found;
      if (page.cursor === null || seen.has(page.cursor)) return null;
      seen.add(page.cursor);
      cursor = page.cursor;
    }
  }

  async forget(namespace: string, memoryId: string): Promise<boolean> {
    const reply = await this.#call({
      method: 'DELETE',
      path: `/v1/memories/${encodeURIComponent(memoryId)}`,
      body: { requested_by_namespace: namespace },
      // The second answer could not tell whether there was something to forget.
      isRepeatable: false,
      answers: [200, 204, 404],
    });
    return reply.status !== 404;
  }

  async deleteNamespace(namespace: string): Promise<void> {
    this.#ensured.delete(namespace);
    await this.#call({
      method: 'DELETE',
      path: namespacePath(namespace),
      isRepeatable: true,
      answers: [200, 204, 404],
    });
  }

  async list(
    namespace: string,
    cursor: string | null,
  ): Promise<{ memories: wire.Memory[]; cursor: string | null }> {
    const query = `limit=${LIST_PAGE}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const call: Call = {
      method: 'GET',
      path: `${namespacePath(namespace)}/memories?${query}`,
      isRepeatable: true,
      answers: [200, 404],
    };
    const { status, body } = await this.#call(call, wire.listReply);
    if (status === 404) return { memories: [], cursor: null };
    return { memories: body.memories, cursor: body.next_cursor || null };
  }

  async #writeCall(namespace: string, write: PluginWrite): Promise<Call> {
    const [canExpire, canPin, canPropagate, canDate] = await Promise.all([
      this.has('ttl'),
      this.has('pin'),
      this.has('propagation'),
      this.has('timestamps'),
    ]);
    return {
      method: 'POST',
      path: `${namespacePath(namespace)}/memories`,
      body: {
        id: write.id,
        content: write.content,
        kind: write.kind,
        source: write.source,
        ...(write.expiresAt === null || !canExpire ? {} : { expires_at: iso(write.expiresAt) }),
        ...(write.isPinned && canPin ? { pin: true } : {}),
        ...(canPropagate ? { propagation: write.propagation } : {}),
        ...(write.createdAt === null || !canDate ? {} : { created_at: iso(write.createdAt) }),
      },
      isRepeatable: true,
      answers: [200, 201, 404],
    };
  }

  async #ensure(namespace: string): Promise<void> {
    const now = this.#options.clock.now();
    if ((this.#ensured.get(namespace) ?? 0) > now) return;
    await this.#call({
      method: 'PUT',
      path: namespacePath(namespace),
      body: { kind: kindOf(namespace) },
      isRepeatable: true,
      answers: [200, 201],
    });
    if (this.#ensured.size >= ENSURED_MAX) this.#ensured.clear();
    this.#ensured.set(namespace, now + ENSURED_MS);
  }

  async #call<S extends z.ZodType>(call: Call, schema?: S): Promise<Reply<z.output<S>>> {
    const url = await this.#options.target.url();
    try {
      return await this.#breaker.run(async () => {
        try {
          return await this.#once(url, call, schema);
        } catch (error) {
          const isLost = error instanceof PluginTrouble && !error.isAnswer;
          if (!isLost || !call.isRepeatable) throw error;
          return await this.#once(url, call, schema);
        }
      });
    } catch (error) {
      throw toFault(error);
    }
  }

  async #once<S extends z.ZodType>(url: string, call: Call, schema?: S): Promise<Reply<z.output<S>>> {
    const signal = AbortSignal.timeout(this.#options.timeoutMs);
    try {
      const reply = await this.#places.run(() => this.#send(url, call, signal), signal);
      return reply.status < 300 && schema
        ? { ...reply, body: readBody(schema, reply.body) }
        : (reply as Reply<z.output<S>>);
    } catch (error) {
      if (isOurs(error)) throw error;
      throw new PluginTrouble('no answer', false, error);
    }
  }

  async #send(url: string, call: Call, signal: AbortSignal): Promise<Reply> {
    const { token } = this.#options.target;
    const { statusCode, body } = await request(url + call.path, {
      dispatcher: this.#agent,
      method: call.method,
      signal,
      headers: {
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token.reveal()}` }),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
    });
    const text = await readText(body);
    if (!call.answers.includes(statusCode)) {
      const said = `status ${statusCode}: ${text.slice(0, ERROR_TEXT)}`;
      throw statusCode >= 400 && statusCode < 500 ? new PluginRefusal(said) : new PluginTrouble(said, true);
    }
    return { status: statusCode, body: parseBody(text, statusCode) };
  }
}

/** H4. */
async function readText(body: AsyncIterable<Uint8Array> & { destroy(): void }): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES) {
      body.destroy();
      throw new PluginTrouble('the answer is too large', true);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string, status: number): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (status >= 400) return null;
    throw new PluginTrouble('the answer is not JSON', true, error);
  }
}

/** Rubbish counts as a failure of the plugin. */
function readBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const text = parsed.error.message.slice(0, ERROR_TEXT);
  throw new PluginTrouble(`not the shape of the contract: ${text}`, true);
}

function isOurs(error: unknown): boolean {
  return error instanceof PluginTrouble || error instanceof PluginRefusal || error instanceof QueueFull;
}

function toFault(error: unknown): unknown {
  if (isFault(error)) return error;
  if (error instanceof CircuitOpen)
    return faults.memoryUnavailable(Math.ceil(error.retryAfterMs / 1000), error);
  if (error instanceof QueueFull) return faults.memoryUnavailable(1, error);
  if (error instanceof PluginTrouble)
    return error.isAnswer ? faults.memoryPluginFailed(error) : faults.memoryUnavailable(2, error);
  if (error instanceof PluginRefusal) return faults.memoryPluginFailed(error);
  return error;
}

function namespacePath(name: string): string {
  return `/v1/namespaces/${encodeURIComponent(name)}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
