// Event stream: server-sent events of one workspace, in the AG-UI shape, with replay by `Last-Event-ID`.

import type { events } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import type { Caller } from '@molecule/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Followers } from '../access/index.ts';
import type { EventHub } from './event-hub.ts';
import type { EventLog } from './event-log.ts';
import { toFrame } from './publish-events.ts';

const PING_MS = 15_000;

interface StreamInput {
  workspaceId: string;
  caller: Caller;
  request: FastifyRequest;
  reply: FastifyReply;
  hub: EventHub;
  log: EventLog;
  followers: Followers;
}

/** Resolves once the stream is open; it ends when the client goes, cannot keep up or loses its credential. */
export async function streamEvents(input: StreamInput): Promise<void> {
  const { workspaceId, request, reply, hub, log } = input;
  const lastId = Number(request.headers['last-event-id']);
  const missed =
    Number.isSafeInteger(lastId) && lastId >= 0
      ? await log.since(lastId, LIMITS.eventsMax, workspaceId)
      : null;
  reply.hijack();
  const socket = reply.raw;
  socket.writeHead(200, {
    ...headersOf(reply),
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  socket.write(': ping\n\n');
  let lastSeq = 0;
  let buffered = 0;
  const send = (frame: events.EventFrame) => {
    if (frame.workspace_id !== workspaceId) return;
    if (frame.seq !== undefined) {
      if (frame.seq <= lastSeq) return;
      lastSeq = frame.seq;
    }
    // A client that cannot keep up is let go: it comes back with Last-Event-ID and misses nothing stored.
    if (buffered >= LIMITS.streamBufferedEvents) {
      socket.destroy();
      return;
    }
    buffered++;
    socket.write(renderFrame(frame), () => buffered--);
  };
  for (const event of missed ?? []) send(toFrame(event));
  const stopListening = hub.listen(send);
  const forget = input.followers.add(input.caller, () => socket.destroy());
  const ping = setInterval(() => socket.write(': ping\n\n'), PING_MS);
  socket.on('close', () => {
    stopListening();
    forget();
    clearInterval(ping);
  });
}

function renderFrame(frame: events.EventFrame): string {
  const id = frame.seq === undefined ? '' : `id: ${frame.seq}\n`;
  const data = { type: frame.event, timestamp: Date.parse(frame.timestamp), data: frame.payload };
  return `${id}data: ${JSON.stringify(data)}\n\n`;
}

function headersOf(reply: FastifyReply): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) headers[name] = String(value);
  }
  return headers;
}
