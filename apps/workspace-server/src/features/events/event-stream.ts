// Event stream: server-sent events of one workspace, in the AG-UI shape, with replay by `Last-Event-ID`.
//
//   T1. Replay and live events overlap, never gap: live ones are held while the replay is read.
//       A full page ends the stream: the reader comes back with the last number of it for the rest.
//   T2. A reader that cannot keep up, or whose credential is revoked, is cut off; nobody waits for it.

import type { events } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import type { Caller } from '@molecule/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Followers } from '../access/index.ts';
import type { EventHub } from './event-hub.ts';
import type { EventLog } from './event-log.ts';
import { toFrame } from './publish-events.ts';

const PING_MS = 15_000;
const PING = ': ping\n\n';

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
  const socket = reply.raw;
  const held: events.EventFrame[] = [];
  let isReplaying = true;
  let lastSeq = 0;
  let buffered = 0;
  const send = (frame: events.EventFrame) => {
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
  const stopListening = hub.listen((frame) => {
    if (frame.workspace_id !== workspaceId) return;
    if (!isReplaying) send(frame);
    else if (held.length < LIMITS.streamBufferedEvents) held.push(frame);
    else socket.destroy();
  });
  const forget = input.followers.add(input.caller, () => socket.destroy());
  socket.on('close', () => {
    stopListening();
    forget();
  });
  const missed = await readMissed(request, log, workspaceId);
  openStream(reply);
  // A page of stored events goes out at once; only what comes after it counts as lag.
  for (const frame of missed) {
    lastSeq = frame.seq ?? lastSeq;
    socket.write(renderFrame(frame));
  }
  if (missed.length === LIMITS.eventsMax) {
    socket.end();
    return;
  }
  isReplaying = false;
  for (const frame of held.splice(0)) send(frame);
}

/** Stored events after `Last-Event-ID`, a page at most; none without one. */
async function readMissed(
  request: FastifyRequest,
  log: EventLog,
  workspaceId: string,
): Promise<events.EventFrame[]> {
  const lastId = Number(request.headers['last-event-id']);
  if (!Number.isSafeInteger(lastId) || lastId < 0) return [];
  return ((await log.since(lastId, LIMITS.eventsMax, workspaceId)) ?? []).map(toFrame);
}

function openStream(reply: FastifyReply): void {
  reply.hijack();
  const socket = reply.raw;
  // Gone while the replay was read.
  if (socket.destroyed) return;
  socket.writeHead(200, {
    ...headersOf(reply),
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  socket.write(PING);
  const ping = setInterval(() => socket.write(PING), PING_MS);
  socket.on('close', () => clearInterval(ping));
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
