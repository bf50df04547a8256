// Crash agent: answers A2A after a moment, and remembers what it worked on. Like our own agents it works once for each
// message id; a second message with the same id gets the answer again.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const WORK_MS = 5;

export interface CrashAgent {
  url: string;
  /** By task text: the message ids under which it was worked on. One each is what everybody hopes for. */
  effects: ReadonlyMap<string, ReadonlySet<string>>;
  /** How often the network brought a message, repeats included. */
  received(): number;
  stop(): Promise<void>;
}

interface Incoming {
  id: unknown;
  params: { message: { messageId: string; parts: { text: string }[] } };
}

export async function startCrashAgent(): Promise<CrashAgent> {
  const effects = new Map<string, Set<string>>();
  let received = 0;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const { id, params } = JSON.parse(text) as Incoming;
      const task = params.message.parts[0]?.text ?? '';
      received++;
      effects.set(task, (effects.get(task) ?? new Set()).add(params.message.messageId));
      const parts = [{ kind: 'text', text: `did ${task}` }];
      const result = { kind: 'message', role: 'agent', messageId: `re-${params.message.messageId}`, parts };
      setTimeout(
        () =>
          response
            .writeHead(200, { 'content-type': 'application/json' })
            .end(JSON.stringify({ jsonrpc: '2.0', id, result })),
        WORK_MS,
      );
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    effects,
    received: () => received,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
