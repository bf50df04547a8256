// Plugin probe: plain calls to a memory plugin under test, and the claims that scenarios make about its answers.

import { isDeepStrictEqual } from 'node:util';

const CALL_MS = 10_000;

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  text: string;
}

export interface FoundMemory {
  id: string;
  namespace: string;
  content: string;
  kind: string;
  source: string;
  pin?: boolean;
  propagation?: unknown;
  created_at: string;
}

/** What the plugin did not do as the contract says. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export function claim(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Broken(what);
}

export function same(got: unknown, wanted: unknown, what: string): void {
  if (!isDeepStrictEqual(got, wanted))
    throw new Broken(`${what}: expected ${shorten(wanted)}, got ${shorten(got)}`);
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

export class PluginProbe {
  readonly baseUrl: string;
  readonly #token: string | null;
  readonly #run = crypto.randomUUID().slice(0, 8);
  #made = 0;

  constructor(baseUrl: string, token: string | null = null) {
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    this.#token = token;
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_MS),
    });
    const text = await response.text();
    return { status: response.status, body: parse(text), text };
  }

  async expect(status: number, method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.call(method, path, body);
    if (answer.status !== status) {
      throw new Broken(
        `${method} ${path} answered ${answer.status}, not ${status}: ${answer.text.slice(0, 200)}`,
      );
    }
    return answer;
  }

  /** A 4xx or 5xx whose body has the shape of the contract. */
  async refuse(status: number, method: string, path: string, body?: unknown): Promise<void> {
    const answer = await this.expect(status, method, path, body);
    const isError = typeof answer.body.code === 'string' && typeof answer.body.message === 'string';
    claim(
      isError,
      `the ${status} of ${method} ${path} has no code and message: ${answer.text.slice(0, 200)}`,
    );
  }

  /** A namespace that nobody else uses, made. */
  async namespace(kind = 'workspace'): Promise<string> {
    const name = `${kind}:conformance-${this.#run}.${++this.#made}`;
    await this.expect(200, 'PUT', `/v1/namespaces/${encodeURIComponent(name)}`, { kind });
    return name;
  }

  async write(namespace: string, content: string, more: Record<string, unknown> = {}): Promise<string> {
    const body = { content, kind: 'fact', source: 'agent', ...more };
    const answer = await this.expect(201, 'POST', memoriesOf(namespace), body);
    claim(typeof answer.body.id === 'string' && answer.body.id !== '', 'a write answers without an id');
    same(answer.body.namespace, namespace, 'the namespace that a write answers');
    return answer.body.id;
  }

  async search(namespaces: string[], more: Record<string, unknown> = {}): Promise<FoundMemory[]> {
    const answer = await this.expect(200, 'POST', '/v1/search', { namespaces, limit: 100, ...more });
    claim(Array.isArray(answer.body.memories), 'a search answers without a list');
    return answer.body.memories as FoundMemory[];
  }

  async contents(namespaces: string[], more: Record<string, unknown> = {}): Promise<string[]> {
    return (await this.search(namespaces, more)).map(({ content }) => content);
  }
}

export function namespacePath(name: string): string {
  return `/v1/namespaces/${encodeURIComponent(name)}`;
}

export function memoriesOf(namespace: string): string {
  return `${namespacePath(namespace)}/memories`;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
