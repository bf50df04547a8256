// Crash load: concurrent writers who remember what was acknowledged to them. They outlive every kill.
//
//   L1. Only an answer of 2xx is an acknowledgement; everything else is unknown and counts for nothing.
//   L2. What has no key of its own (activity, create) is never repeated: each try carries a new unique text.
//   L3. What has a key (relay message, delegation) is repeated with the same key until it is acknowledged.
//   L4. Every request ends, with or without an answer: one that its client forgot is a surprise, and nobody waits for it.

import { randomUUID } from 'node:crypto';
import { DeadlineExceeded, withDeadline } from '@molecule/kit';
import { Agent, request } from 'undici';

const ANSWER_LIMIT_MS = 20_000;
/** Longer than the client's own limits for connecting, headers and body together. */
const REQUEST_LIMIT_MS = 60_000;
const LANES = { activity: 24, relay: 6, delegate: 4, create: 1, patch: 4 };
const MAX_PATCHED = 50;
/** So long after the end keyed work is still repeated; what is not acknowledged then counts as given up. */
const LAST_TRIES_MS = 20_000;

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  retryAfter: string | null;
}

export class CrashLoad {
  readonly #url: string;
  readonly #requestLimitMs: number;
  readonly #agent = new Agent({
    connections: 64,
    headersTimeout: ANSWER_LIMIT_MS,
    bodyTimeout: ANSWER_LIMIT_MS,
  });
  readonly #lanes: Promise<void>[] = [];
  #endAt = Number.POSITIVE_INFINITY;

  readonly activity = new Set<string>();
  readonly created = new Set<string>();
  /** By workspace: the highest number that was acknowledged as its role, and the highest that was tried. */
  readonly patched = new Map<string, { acknowledged: number; tried: number }>();
  readonly relayed = new Set<string>();
  /** By idempotency key: the ids that it was answered with. */
  readonly delegated = new Map<string, Set<string>>();
  /** Refusals that nobody planned, by status and route. */
  readonly surprises = new Map<string, number>();
  unknown = 0;
  /** Keyed work that nobody acknowledged although the server was there again. */
  givenUp = 0;

  writer = '';
  target = '';
  #source = '';
  #token = '';

  constructor(url: string, requestLimitMs = REQUEST_LIMIT_MS) {
    this.#url = url;
    this.#requestLimitMs = requestLimitMs;
  }

  get acknowledged(): number {
    let patches = 0;
    for (const { acknowledged } of this.patched.values()) patches += acknowledged;
    return this.activity.size + this.created.size + patches + this.relayed.size + this.delegated.size;
  }

  /** The three workspaces that all writing is about. */
  async prepare(agentUrl: string): Promise<void> {
    this.writer = await this.#create('writer');
    this.target = await this.#create('target', agentUrl);
    this.#source = await this.#create('source');
    this.#token = (await this.must('POST', `/workspaces/${this.#source}/tokens`, {})).auth_token as string;
  }

  start(): void {
    const add = (count: number, once: () => Promise<void>) => {
      for (let i = 0; i < count; i++) this.#lanes.push(this.#repeat(once));
    };
    add(LANES.activity, () => this.#logActivity());
    add(LANES.relay, () => this.#relay());
    add(LANES.delegate, () => this.#delegate());
    add(LANES.create, () => this.#createNamed());
    for (let lane = 0; lane < LANES.patch; lane++) add(1, () => this.#patch(lane));
  }

  /** Lets what is under way come to its end; keyed work goes on until it is acknowledged (L3). */
  async finish(): Promise<void> {
    this.#endAt = Date.now();
    await Promise.all(this.#lanes);
  }

  /** Also ends the lanes of a run that failed before it was finished. */
  close(): Promise<void> {
    this.#endAt = Math.min(this.#endAt, Date.now() - LAST_TRIES_MS - 1);
    return this.#agent.destroy();
  }

  /** One write that is acknowledged or not. */
  async probe(): Promise<boolean> {
    const summary = `probe ${randomUUID()}`;
    const path = `/workspaces/${this.writer}/activity`;
    const answer = await this.send('POST', path, { activity_type: 'agent_log', summary });
    if (answer?.status === 200) this.activity.add(summary);
    return answer?.status === 200;
  }

  async must(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await this.send(method, path, body);
    if (!answer || answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.body;
  }

  /** Null when nobody answered. */
  async send(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer | null> {
    try {
      return await withDeadline(
        (signal) => this.#ask(method, path, body, headers, signal),
        this.#requestLimitMs,
        `${method} ${path}`,
      );
    } catch (error) {
      // L1: a connection that was cut says nothing about the write.
      this.unknown++;
      if (error instanceof DeadlineExceeded) this.#noteSurprise(error.message); // L4.
      return null;
    }
  }

  async #ask(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body: unknown,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const response = await request(this.#url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      dispatcher: this.#agent,
      signal,
    });
    const retryAfter = response.headers['retry-after'];
    return {
      status: response.statusCode,
      body: (await response.body.json()) as Record<string, unknown>,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
    };
  }

  #noteSurprise(text: string): void {
    this.surprises.set(text, (this.surprises.get(text) ?? 0) + 1);
  }

  #isTooLate(): boolean {
    return Date.now() > this.#endAt + LAST_TRIES_MS;
  }

  async #repeat(once: () => Promise<void>): Promise<void> {
    while (this.#endAt === Number.POSITIVE_INFINITY) await once();
  }

  /** True when acknowledged; else waits a little, as a polite client does. */
  async #wasAcknowledged(answer: Answer | null, route: string): Promise<boolean> {
    if (answer && answer.status < 300) return true;
    if (answer && answer.status !== 503 && answer.status !== 429) {
      this.#noteSurprise(`${route} ${answer.status} ${String(answer.body.error ?? '')}`.slice(0, 160));
    }
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));
    return false;
  }

  async #create(name: string, url?: string): Promise<string> {
    return (await this.must('POST', '/workspaces', { name, external: true, ...(url ? { url } : {}) }))
      .id as string;
  }

  async #logActivity(): Promise<void> {
    const summary = `row ${randomUUID()}`;
    const path = `/workspaces/${this.writer}/activity`;
    const answer = await this.send('POST', path, { activity_type: 'agent_log', summary });
    if (await this.#wasAcknowledged(answer, 'activity')) this.activity.add(summary);
  }

  async #createNamed(): Promise<void> {
    const name = `made ${randomUUID()}`;
    const answer = await this.send('POST', '/workspaces', { name, external: true });
    if (!(await this.#wasAcknowledged(answer, 'create'))) return;
    this.created.add(name);
    if (this.patched.size < MAX_PATCHED)
      this.patched.set(answer?.body.id as string, { acknowledged: 0, tried: 0 });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Each workspace has one lane that patches it, so its numbers are tried in order. */
  async #patch(lane: number): Promise<void> {
    const own = [...this.patched].filter((_, i) => i % LANES.patch === lane);
    const pick = own[Math.floor(Math.random() * own.length)];
    if (!pick) return new Promise((resolve) => setTimeout(resolve, 20));
    const [id, counts] = pick;
    const number = ++counts.tried;
    const answer = await this.send('PATCH', `/workspaces/${id}`, { role: String(number) });
    if (await this.#wasAcknowledged(answer, 'patch')) counts.acknowledged = number;
  }

  async #relay(): Promise<void> {
    const messageId = `m-${randomUUID()}`;
    const message = { role: 'user', messageId, parts: [{ kind: 'text', text: messageId }] };
    const body = { jsonrpc: '2.0', id: '1', method: 'message/send', params: { message } };
    const headers = { authorization: `Bearer ${this.#token}`, 'x-workspace-id': this.#source };
    const path = `/workspaces/${this.target}/a2a`;
    while (!this.#isTooLate()) {
      if (!(await this.#wasAcknowledged(await this.send('POST', path, body, headers), 'relay'))) continue;
      this.relayed.add(messageId);
      return;
    }
    this.givenUp++;
  }

  /** Sent one to four times at once, as impatient callers do, and until one of them is acknowledged. */
  async #delegate(): Promise<void> {
    const key = `k-${randomUUID()}`;
    const body = { target_id: this.target, task: key, idempotency_key: key };
    const path = `/workspaces/${this.#source}/delegate`;
    const ids = new Set<string>();
    const once = async () => {
      const answer = await this.send('POST', path, body);
      if (await this.#wasAcknowledged(answer, 'delegate')) ids.add(answer?.body.delegation_id as string);
    };
    do await Promise.all(Array.from({ length: 1 + Math.floor(Math.random() * 4) }, once));
    while (ids.size === 0 && !this.#isTooLate());
    if (ids.size === 0) this.givenUp++;
    else this.delegated.set(key, ids);
  }
}
