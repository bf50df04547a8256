// Redirect: the listener without TLS. It leads to the same address with https and does nothing else.

import { createServer, type Server } from 'node:http';
import { ANSWERS, sendAnswer } from './pages.ts';
import { hostName, targetOfHost } from './target-of-host.ts';

export function createRedirect(options: { appDomain: string; httpsPort: number }): Server {
  const port = options.httpsPort === 443 ? '' : `:${options.httpsPort}`;
  const server = createServer({ maxHeaderSize: 32 * 1024, requestTimeout: 10_000 }, (request, response) => {
    const name = hostName(request.headers.host);
    // Nobody is led to a name that is not ours, whatever Host says.
    if (name === null || targetOfHost(request.headers.host, options.appDomain).kind === 'nobody') {
      return sendAnswer(request, response, ANSWERS.notFound);
    }
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
