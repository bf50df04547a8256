// Faults client: calls a tenant, times each call, and starts agents that hang or flood.

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';

export interface Timed {
  /** 0 when the connection ended without an answer. */
  status: number;
  ms: number;
  retryAfter: string | null;
  body: Record<string, unknown>;
}

export class FaultsClient {
  readonly #url: string;
  readonly #agent: Agent;

  constructor(url: string, connections = 300) {
    this.#url = url;
    this.#agent = new Agent({ connections, headersTimeout: 120_000, bodyTimeout: 120_000 });
  }

  async call(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Timed> {
    const startedAt = performance.now();
    const since = () => Math.round(performance.now() - startedAt);
    try {
      const response = await request(this.#url + path, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        body: body === undefined ? null : JSON.stringify(body),
        dispatcher: this.#agent,
      });
      const text = await response.body.text();
      const retryAfter = response.headers['retry-after'];
      return {
        status: response.statusCode,
        ms: since(),
        retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
        body: parse(text),
      };
    } catch (error) {
      return { status: 0, ms: since(), retryAfter: null, body: { error: String(error) } };
    }
  }

  async create(name: string, more: Record<string, unknown> = {}): Promise<string> {
    const made = await this.call('POST', '/workspaces', { name, external: true, ...more });
    if (made.status >= 300 || made.status === 0) throw new Error(`create: ${JSON.stringify(made)}`);
    return made.body.id as string;
  }

  log(id: string, summary: string): Promise<Timed> {
    return this.call('POST', `/workspaces/${id}/activity`, { activity_type: 'agent_log', summary });
  }

  say(id: string, method = 'message/send'): Promise<Timed> {
    const message = { role: 'user', parts: [{ kind: 'text', text: 'hello' }] };
    return this.call('POST', `/workspaces/${id}/a2a`, {
      jsonrpc: '2.0',
      id: '1',
      method,
      params: { message },
    });
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Of a stream, the event that it ended with.
    return { text: text.slice(-300) };
  }
}

export async function startAgent(listener: RequestListener): Promise<{ url: string; stop(): void }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const hangs: RequestListener = (request) => void request.resume();

export const echoes =
  (afterMs: number): RequestListener =>
  (request, response) => {
    request.resume();
    const result = {
      kind: 'message',
      role: 'agent',
      messageId: 'e',
      parts: [{ kind: 'text', text: 'done' }],
    };
    setTimeout(
      () =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id: '1', result })),
      afterMs,
    );
  };

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

/** Runs `once` in so many lanes until `isOver`. */
export async function inLanes(
  lanes: number,
  isOver: () => boolean,
  once: () => Promise<void>,
): Promise<void> {
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (!isOver()) await once();
    }),
  );
}
