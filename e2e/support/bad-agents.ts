// Bad agents: small servers that misbehave in the ways that agents do.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BadAgent {
  /** By name: development mode lets agents on this machine be called as localhost. */
  url: string;
  /** How many requests came so far. */
  asked(): number;
  stop(): Promise<void>;
}

function update(text: string) {
  const status = { state: 'working', message: { role: 'agent', parts: [{ kind: 'text', text }] } };
  return { jsonrpc: '2.0', id: '1', result: { kind: 'status-update', taskId: 't', contextId: 'c', status } };
}

function floodsWith(text: string): RequestListener {
  return (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const more = () => {
      while (!response.destroyed) if (!response.write(text)) return void response.once('drain', more);
    };
    more();
  };
}

const BEHAVIOURS = {
  hangs: (request) => void request.resume(),
  'answers rubbish': (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('<html>not json');
  },
  'answers 100 MB': (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' });
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    let left = 100;
    const more = () => {
      while (left-- > 0) if (!response.write(chunk)) return void response.once('drain', more);
      response.end();
    };
    more();
  },
  'cuts the connection': (request, response) => {
    request.resume();
    response.socket?.destroy();
  },
  'cuts its answer': (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"jsonrpc":');
    setTimeout(() => response.socket?.destroy(), 20);
  },
  'answers 500': (request, response) => {
    request.resume();
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"out of tokens"}');
  },
  'streams without end': floodsWith(`data: ${JSON.stringify(update('x'.repeat(2_000)))}\n\n`.repeat(400)),
  'streams a line without end': floodsWith('x'.repeat(1024 * 1024)),
  'streams slowly': (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const tick = setInterval(() => response.write(`data: ${JSON.stringify(update('tick'))}\n\n`), 50);
    response.on('close', () => clearInterval(tick));
  },
  'redirects into loopback': (request, response) => {
    request.resume();
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  },
  echoes: (request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      const { id } = JSON.parse(text) as { id: unknown };
      const result = {
        kind: 'message',
        role: 'agent',
        messageId: 'e',
        parts: [{ kind: 'text', text: 'echo' }],
      };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  },
} satisfies Record<string, RequestListener>;

export type Behaviour = keyof typeof BEHAVIOURS;

export async function startBadAgent(behaviour: Behaviour): Promise<BadAgent> {
  let asked = 0;
  const server: Server = createServer((request, response) => {
    asked++;
    BEHAVIOURS[behaviour](request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
