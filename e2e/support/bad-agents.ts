// Bad agents: small servers that misbehave in the ways that agents do.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BadAgent {
  /** By name: development mode lets agents on this machine be called as localhost. */
  url: string;
  stop(): Promise<void>;
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
  const server: Server = createServer(BEHAVIOURS[behaviour]);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
