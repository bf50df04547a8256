// Fanout bare: the least that a WebSocket server can do to tell everybody; the comparator of the fanout bench.

import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () =>
  process.send({ port: server.address().port }),
);
process.on('message', () => {
  const frame = JSON.stringify({ event: 'AGENT_MESSAGE', payload: { message: `at:${Date.now()}` } });
  for (const client of server.clients) client.send(frame);
});
process.on('disconnect', () => process.exit(0));
