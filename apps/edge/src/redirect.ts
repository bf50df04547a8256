// Redirect: the listener without TLS. It leads to the same address with https; where the edge orders certificates, it answers
// the authority's challenges and says how the orders go, and nothing else.

import { createServer, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { AcmeHealth, AcmeOrders } from './acme-orders.ts';
import { ANSWERS, sendAnswer } from './pages.ts';
import { hostName, targetOfHost } from './target-of-host.ts';

const CHALLENGE = /^\/\.well-known\/acme-challenge\/([A-Za-z0-9_-]{1,128})$/;

export function createRedirect(options: {
  appDomain: string;
  httpsPort: number;
  orders?: Pick<AcmeOrders, 'answerFor' | 'health'> | null;
}): Server {
  const port = options.httpsPort === 443 ? '' : `:${options.httpsPort}`;
  const server = createServer({ maxHeaderSize: 32 * 1024, requestTimeout: 10_000 }, (request, response) => {
    const name = hostName(request.headers.host);
    // Nobody is led to a name that is not ours, whatever Host says.
    if (name === null || targetOfHost(request.headers.host, options.appDomain).kind === 'nobody') {
      return sendAnswer(request, response, ANSWERS.notFound);
    }
    const { orders } = options;
    const [, token] = CHALLENGE.exec(request.url ?? '') ?? [];
    if (orders && token !== undefined) {
      const text = orders.answerFor(name, token);
      return text === null ? sendAnswer(request, response, ANSWERS.notFound) : sendText(response, 200, text);
    }
    // By its address: for who watches this machine.
    if (orders && request.url === '/health' && isIP(name) !== 0) return sendHealth(response, orders.health());
    if (!request.url?.startsWith('/')) return sendAnswer(request, response, ANSWERS.bad);
    const host = name.includes(':') ? `[${name}]` : name;
    response.writeHead(308, {
      location: `https://${host}${port}${request.url}`,
      'content-length': '0',
      'cache-control': 'no-store',
      ...(request.complete ? {} : { connection: 'close' }),
    });
    response.end();
  });
  server.on('upgrade', (_, socket) => socket.destroy());
  return server;
}

function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}

function sendHealth(response: ServerResponse, certificates: AcmeHealth): void {
  const status = certificates.failing === 0 ? 'ok' : 'degraded';
  const body = JSON.stringify({ service: 'molecule-edge', status, certificates });
  sendText(response, 200, body, 'application/json');
}
