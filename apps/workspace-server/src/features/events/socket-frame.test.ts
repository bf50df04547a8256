// A frame of ours is what any WebSocket client reads as the text, at both sides of each length that changes its head.

import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameText } from './socket-frame.ts';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXTS = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000].map((length) => 'x'.repeat(length));

let server: Server;

beforeAll(async () => {
  server = createServer();
  server.on('upgrade', (request, socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}${MAGIC}`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    for (const text of [...TEXTS, 'Größe 名前 👩🏽‍🔬']) socket.write(frameText(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('a frame', () => {
  it('is read back whole, whatever its length', async () => {
    const { WebSocket } = await import('undici');
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const read: string[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('error', () => reject(new Error('the socket failed')));
      socket.addEventListener('message', ({ data }) => {
        read.push(String(data));
        if (read.length === TEXTS.length + 1) resolve();
      });
    });
    socket.close();
    expect(read).toEqual([...TEXTS, 'Größe 名前 👩🏽‍🔬']);
  });
});
