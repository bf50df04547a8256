// Write stream: sends JSON-RPC events as server-sent events.
//
//   W1. A reader that is slow slows the sender down; nothing piles up in memory.
//   W2. A reader that goes away does not stop the work: the rest is read to its end, so that the task stays true.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Log } from '@molecule/kit';

export async function writeStream(
  response: ServerResponse,
  events: AsyncIterable<unknown>,
  log: Log,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  let isOpen = true;
  const gone = new AbortController();
  response.once('close', () => {
    isOpen = false;
    gone.abort();
  });
  response.on('error', (error) => log.debug({ err: error }, 'a stream reader went away'));
  for await (const event of events) {
    if (!isOpen) continue;
    const hasRoom = response.write(`data: ${JSON.stringify(event)}\n\n`);
    if (!hasRoom && isOpen) await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
  }
  if (isOpen) response.end();
}
