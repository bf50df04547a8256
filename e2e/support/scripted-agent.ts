// Scripted agent: a small server that remembers what it was sent and answers what the scenario wants.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Heard {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON; a string is sent as it stands. */
  body?: unknown;
}

export interface ScriptedAgent {
  /** By name: development mode lets agents on this machine be called as localhost. */
  url: string;
  heard: Heard[];
  /** What comes next; the same until it is called again. */
  answer(reply: (heard: Heard) => Reply | Promise<Reply>): void;
  stop(): Promise<void>;
}

export const said = (text: string, more: Record<string, unknown> = {}) => ({
  jsonrpc: '2.0',
  id: '1',
  result: { kind: 'message', role: 'agent', messageId: 'm', parts: [{ kind: 'text', text }], ...more },
});

export async function startScriptedAgent(): Promise<ScriptedAgent> {
  const heard: Heard[] = [];
  let reply: (heard: Heard) => Reply | Promise<Reply> = () => ({ body: said('done') });
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', async () => {
      const { method = '', url: path = '', headers } = request;
      const one: Heard = { method, path, headers, body: JSON.parse(text || '{}') as Heard['body'] };
      heard.push(one);
      const { status = 200, headers: extra, body } = await reply(one);
      const sent = typeof body === 'string' ? body : JSON.stringify(body ?? {});
      response.writeHead(status, { 'content-type': 'application/json', ...extra }).end(sent);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    heard,
    answer: (next) => {
      reply = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
