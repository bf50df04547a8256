// Fanout clients: many WebSocket clients in one process; measures how old each marked event is when it arrives.

import { WebSocket } from 'ws';

let sockets = [];
let ages = [];

process.on('message', async (message) => {
  if (message.open) {
    for (const socket of sockets) socket.terminate();
    ages = [];
    sockets = await Promise.all(Array.from({ length: message.clients }, () => open(message.open)));
    process.send({ opened: sockets.length });
  }
  if (message.report) {
    ages.sort((a, b) => a - b);
    const at = (q) => ages[Math.min(ages.length - 1, Math.floor(ages.length * q))] ?? 0;
    process.send({ received: ages.length, p50: at(0.5), p99: at(0.99) });
  }
});
process.on('disconnect', () => process.exit(0));

function open(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on('message', (data) => {
      const at = data.indexOf('at:');
      if (at >= 0) ages.push(Date.now() - Number(data.toString('utf8', at + 3, at + 16)));
    });
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}
