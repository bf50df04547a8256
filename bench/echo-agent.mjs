// Echo agent: the smallest agent that answers A2A, so that a bench measures the relay and not the agent.

import { createServer } from 'node:http';

const answer = (id) =>
  JSON.stringify({
    jsonrpc: '2.0',
    id,
    result: { kind: 'message', role: 'agent', messageId: 'echo', parts: [{ kind: 'text', text: 'done' }] },
  });

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => {
    const body = answer(JSON.parse(text).id ?? null);
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
