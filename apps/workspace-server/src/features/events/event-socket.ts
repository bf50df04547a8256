// Event socket: `/ws`. People follow everything; a workspace follows whom it may talk to.
//
//   K1. Who may follow, and how often somebody may try, is decided before the upgrade; who may, again when a credential is revoked: its sockets close at once.
//   K2. A client that cannot keep up is closed with 1013 and resyncs; nobody waits for it, nothing is dropped silently.
//   K3. Replay and live frames overlap, never gap: live frames are held while the replay is read. Where the log no longer
//       reaches back that far, the upgrade is refused with 410.
//   K4. A client that leaves two pings unanswered is gone: its connection is cut at the third.

import type { WebSocket } from '@fastify/websocket';
import { events as contract, type events } from '@molecule/contracts';
import { canCommunicate, faults, LIMITS } from '@molecule/domain';
import { type Caller, isAdminClass } from '@molecule/http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuseSystemCaller, requireOwnToken, type UpgradeGate } from '../access/index.ts';
import { CURSOR_GONE, type EventDeps, parseSeq } from './event-deps.ts';
import { toFrame } from './publish-events.ts';
import { type Outlet, SocketFeed } from './socket-feed.ts';
import { printFrame } from './socket-frame.ts';

const MAX_MISSED_PINGS = 2;
const CLOSE_POLICY = 1008;
const CLOSE_TRY_AGAIN = 1013;
/** Replay this many pages of stored events at most; a reader further behind reads the state again. */
const MAX_REPLAY_PAGES = 20;

/** Whose events this socket may see: everybody's (null), or those that this workspace may talk to. */
interface Follower {
  workspaceId: string | null;
}

export function bindEventSocket(app: FastifyInstance, deps: EventDeps, gate: UpgradeGate): void {
  const feed = new SocketFeed({ maxWaiting: LIMITS.socketBufferedEvents });
  app.route({
    method: 'GET',
    url: contract.followEvents.path,
    exposeHeadRoute: false,
    config: { contract: contract.followEvents },
    preValidation: gate(contract.followEvents, async (request, caller) => {
      admitFollower(caller, request, deps);
      await refuseLostCursor(request, deps);
    }),
    wsHandler: (socket: WebSocket, request: FastifyRequest) => {
      const caller = request.caller as Caller;
      const follower = admitFollower(caller, request, deps);
      const forget = deps.followers.add(caller, () => socket.close(CLOSE_POLICY, 'credential revoked'));
      deps.onSockets(1);
      socket.on('close', () => {
        forget();
        deps.onSockets(-1);
      });
      follow(socket, follower, request, { ...deps, feed });
    },
    handler: async () => {
      throw faults.invalidRequest('this address speaks WebSocket only');
    },
  });
}

async function refuseLostCursor(request: FastifyRequest, deps: EventDeps): Promise<void> {
  const { since_seq: since } = request.query as { since_seq?: string };
  if (since === undefined) return;
  if (!(await deps.log.since(parseSeq(since), 1))) throw faults.cursorGone(CURSOR_GONE);
}

function admitFollower(caller: Caller, request: FastifyRequest, deps: EventDeps): Follower {
  const named = request.headers['x-workspace-id'];
  if (typeof named === 'string' && named !== '') {
    refuseSystemCaller(named);
    requireOwnToken(caller, named.toLowerCase(), deps.access, { admits: 'own' });
    return { workspaceId: named.toLowerCase() };
  }
  if (caller.kind === 'workspace') return { workspaceId: caller.workspaceId };
  if (isAdminClass(caller)) return { workspaceId: null };
  if ((caller.kind === 'anonymous' || caller.kind === 'invalid') && caller.isOpen) {
    return { workspaceId: null };
  }
  if (caller.kind === 'anonymous') throw faults.authRequired('admin auth required');
  throw faults.invalidCredential('invalid admin auth token');
}

function follow(
  socket: WebSocket,
  follower: Follower,
  request: FastifyRequest,
  { feed, ...deps }: EventDeps & { feed: SocketFeed },
): void {
  // The connection below the socket: whole frames, the same bytes for everybody, where the socket's own way would print and
  // write a head for each.
  const connection = request.raw.socket;
  const outlet: Outlet = {
    isOpen: () => socket.readyState === socket.OPEN,
    lag: () => connection.writableLength,
    write: (bytes) => connection.write(bytes),
    onTooSlow: () => socket.close(CLOSE_TRY_AGAIN, 'too slow: reconnect with since_seq'),
  };
  const held: events.EventFrame[] = [];
  let isReplaying = true;
  let lastSeq = 0;

  const send = (frame: events.EventFrame) => {
    if (!maySee(follower, frame, deps)) return;
    if (frame.seq !== undefined) {
      if (frame.seq <= lastSeq) return;
      lastSeq = frame.seq;
    }
    feed.send(outlet, printFrame(frame));
  };
  const stopListening = deps.hub.listen((frame) => {
    if (!isReplaying) send(frame);
    else if (held.length < LIMITS.socketBufferedEvents) held.push(frame);
    else socket.close(CLOSE_TRY_AGAIN, 'too slow: reconnect with since_seq');
  });
  socket.on('close', () => {
    stopListening();
    feed.forget(outlet);
  });
  socket.on('error', () => socket.terminate());
  socket.on('message', () => {}); // Inbound frames are ignored.
  keepAlive(socket, deps.socketPingMs);

  replay(request, deps, send)
    .then(() => {
      isReplaying = false;
      for (const frame of held.splice(0)) send(frame);
    })
    .catch((error: unknown) => {
      deps.serverLog.warn({ err: error }, 'replay for a socket failed');
      socket.close(CLOSE_TRY_AGAIN, 'replay failed: reconnect');
    });
}

async function replay(
  request: FastifyRequest,
  deps: EventDeps,
  send: (frame: events.EventFrame) => void,
): Promise<void> {
  const { since_seq: since } = request.query as { since_seq?: string };
  if (since === undefined) return;
  let from = parseSeq(since);
  for (let page = 0; page < MAX_REPLAY_PAGES; page++) {
    const rows = await deps.log.since(from, LIMITS.eventsMax);
    if (!rows) throw faults.cursorGone('since_seq cursor not found');
    for (const row of rows) send(toFrame(row));
    if (rows.length < LIMITS.eventsMax) return;
    from = rows.at(-1)?.seq ?? from;
  }
  throw faults.cursorGone('too far behind');
}

function maySee(follower: Follower, frame: events.EventFrame, deps: EventDeps): boolean {
  if (follower.workspaceId === null) return true;
  if (frame.workspace_id === follower.workspaceId) return true;
  // When somebody remembers something is nobody else's business.
  if (frame.event === ('MEMORY_CHANGED' satisfies events.EventType)) return false;
  return canCommunicate(deps.directory, follower.workspaceId, frame.workspace_id);
}

function keepAlive(socket: WebSocket, pingMs: number): void {
  let missed = 0;
  socket.on('pong', () => {
    missed = 0;
  });
  const timer = setInterval(() => {
    if (missed >= MAX_MISSED_PINGS) {
      socket.terminate();
      return;
    }
    missed++;
    socket.ping();
  }, pingMs);
  socket.on('close', () => clearInterval(timer));
}
