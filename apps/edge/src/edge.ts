// Edge: takes every request of the platform's one port and leads it to the control plane or to a tenant, by its name.
//
//   G1. A name that leads to nobody, an unknown slug and one that is being removed answer alike.
//   G2. A tenant whose control plane is away is served from what is known of it.
//   G3. What a client says about forwarding, organisations or the edge itself is dropped (cleanRequestHeaders).
//   G4. A probe that the control plane signed reaches a tenant that is not open yet, and always looks anew.
//   G5. Where the edge ends TLS, it speaks 1.2 and newer, and every answer tells browsers to stay with it.

import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import {
  cleanRequestHeaders,
  EDGE_HEADER,
  forward,
  forwardUpgrade,
  isUpgrade,
  type Outcome,
  signEdge,
  tenantEdgeKey,
  verifyEdge,
  type Way,
} from '@molecule/http';
import type { Clock, Log } from '@molecule/kit';
import type { Dispatcher } from 'undici';
import type { Certificates } from './certificates.ts';
import { ANSWERS, sendAnswer, wantsPage } from './pages.ts';
import type { Found, RouteTable } from './route-table.ts';
import { targetOfHost } from './target-of-host.ts';

const PROBE_HEADER = 'x-molecule-probe';
const AGE_HEADER = 'x-molecule-route-age';
const STAY_HEADER = 'strict-transport-security';
const STAY = 'max-age=31536000';
/** A client that opens a connection and does not greet. */
const HANDSHAKE_LIMIT_MS = 10_000;
const MAX_HEADER_BYTES = 32 * 1024;
/** After so long without news, a tenant is asked whether it is there before anything is sent. */
const STALE_MS = 24 * 3_600_000;

export interface EdgeDeps {
  table: RouteTable;
  dispatcher: Dispatcher;
  clock: Clock;
  log: Log;
  edgeKey: string;
  controlPlaneUrl: string;
  appDomain: string;
  scheme: 'http' | 'https';
  /** Null: the edge ends no TLS. */
  certificates: Pick<Certificates, 'contextFor' | 'nameless'> | null;
  /** Awaited before a handshake for this name is answered; null: nothing is to be awaited. */
  prepareName?: ((name: string) => Promise<void>) | null;
}

type Answer = (typeof ANSWERS)[keyof typeof ANSWERS];
/** Where to, or what the edge says itself. */
type Decision = { way: Way; slug: string | null } | { answer: Answer };

export function createEdge(deps: EdgeDeps): Server {
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 0, keepAliveTimeout: 65_000 };
  const { certificates } = deps;
  const server = certificates
    ? createTlsEdge(certificates, deps.prepareName ?? null, limits)
    : createServer(limits);
  server.on('request', (request, response) => {
    void serve(deps, request, response).catch((error: unknown) => fail(deps, error, request, response));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    void serveUpgrade(deps, request, socket, head).catch((error: unknown) => {
      deps.log.error({ err: error }, 'an upgrade failed by a bug');
      socket.destroy();
    });
  });
  return server;
}

/** Each handshake asks anew, so that what was read again counts from the next connection on. */
function createTlsEdge(
  certificates: NonNullable<EdgeDeps['certificates']>,
  prepareName: EdgeDeps['prepareName'] | null,
  limits: { maxHeaderSize: number; requestTimeout: number; keepAliveTimeout: number },
): Server {
  const oldest = { minVersion: 'TLSv1.2' } as const;
  const nameless = () => certificates.nameless(() => server.setSecureContext({ ...oldest, ...nameless() }));
  const server = createTlsServer({
    ...limits,
    ...oldest,
    ...nameless(),
    handshakeTimeout: HANDSHAKE_LIMIT_MS,
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => {
      const answer = () => done(null, certificates.contextFor(name) ?? undefined);
      if (prepareName) prepareName(name.toLowerCase()).then(answer, done);
      else answer();
    },
  });
  return server;
}

async function serve(deps: EdgeDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const decision = await decide(deps, request);
  if ('answer' in decision) return answerItself(deps, request, response, decision.answer);
  const first = await forward(deps.dispatcher, request, response, decision.way);
  if (first === 'sent') return;
  const again = first === 'refused' ? await decideAgain(deps, request, decision) : null;
  if (again && 'answer' in again) return answerItself(deps, request, response, again.answer);
  const second: Outcome = again ? await forward(deps.dispatcher, request, response, again.way) : first;
  if (second !== 'sent') answerItself(deps, request, response, ANSWERS.unreachable);
}

async function serveUpgrade(
  deps: EdgeDeps,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const refuse = (write: (response: ServerResponse) => void) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as never);
    response.on('finish', () => socket.end());
    write(response);
  };
  const refuseWith = (status: number, headers: string[], body: Buffer) =>
    refuse((response) => response.writeHead(status, headers).end(body));
  if (!isUpgrade(request.headers))
    return refuse((response) => answerItself(deps, request, response, ANSWERS.bad));
  const decision = await decide(deps, request);
  if ('answer' in decision)
    return refuse((response) => answerItself(deps, request, response, decision.answer));
  const upgrade = { request, socket, head };
  const first = await forwardUpgrade(deps.dispatcher, upgrade, decision.way, refuseWith);
  if (first === 'sent') return;
  const again = first === 'refused' ? await decideAgain(deps, request, decision) : null;
  if (again && 'answer' in again) {
    const { answer } = again;
    return refuse((response) => answerItself(deps, request, response, answer));
  }
  const second = again ? await forwardUpgrade(deps.dispatcher, upgrade, again.way, refuseWith) : first;
  if (second !== 'sent') refuse((response) => answerItself(deps, request, response, ANSWERS.unreachable));
}

async function decide(deps: EdgeDeps, request: IncomingMessage): Promise<Decision> {
  // A full address as the target would say another name than Host does.
  if (!request.url?.startsWith('/')) return { answer: ANSWERS.bad };
  // Of two, the edge could believe one and the tenant the other.
  if ((request.headersDistinct.host?.length ?? 0) > 1) return { answer: ANSWERS.bad };
  const target = targetOfHost(request.headers.host, deps.appDomain);
  if (target.kind === 'nobody') return { answer: ANSWERS.notFound };
  if (target.kind === 'platform') return { way: platformWay(deps, request), slug: null };
  const isProbe = verifyEdge(
    deps.edgeKey,
    `probe:${target.slug}`,
    request.headers[PROBE_HEADER],
    deps.clock.now(),
  );
  const found = isProbe ? await deps.table.refresh(target.slug) : await deps.table.find(target.slug);
  if (!found) return { answer: ANSWERS.unavailable };
  return decideForTenant(deps, request, found, isProbe);
}

async function decideForTenant(
  deps: EdgeDeps,
  request: IncomingMessage,
  found: Found,
  isProbe: boolean,
): Promise<Decision> {
  const { route } = found;
  if (!route || route.status === 'purging') return { answer: ANSWERS.notFound };
  if (route.status === 'suspended') return { answer: ANSWERS.suspended };
  const isOpen = route.status === 'running' || isProbe;
  if (!isOpen && route.status === 'provisioning' && wantsPage(request)) return { answer: ANSWERS.preparing };
  if (!isOpen || route.upstream === null || route.orgId === null) return { answer: ANSWERS.unavailable };
  if (found.ageMs > STALE_MS && !(await isThere(deps, route.upstream)))
    return { answer: ANSWERS.unavailable };
  const key = tenantEdgeKey(deps.edgeKey, route.orgId);
  const say = {
    'x-molecule-org-id': route.orgId,
    [EDGE_HEADER]: signEdge(key, route.orgId, deps.clock.now()),
  };
  return {
    slug: route.slug,
    way: {
      origin: route.upstream,
      headers: cleanRequestHeaders(request.rawHeaders, { ...seenOf(deps, request), isForTenant: true, say }),
      add: { [AGE_HEADER]: String(Math.round(found.ageMs / 1000)), ...stay(deps) },
    },
  };
}

/** The tenant may have moved or gone: nothing was sent yet, so what is so now is found out once. Null: as before. */
async function decideAgain(
  deps: EdgeDeps,
  request: IncomingMessage,
  before: { way: Way; slug: string | null },
): Promise<Decision | null> {
  if (before.slug === null) return null;
  const found = await deps.table.refresh(before.slug);
  const decision = found && (await decideForTenant(deps, request, found, false));
  return decision && 'way' in decision && decision.way.origin === before.way.origin ? null : decision;
}

function platformWay(deps: EdgeDeps, request: IncomingMessage): Way {
  const say = { [EDGE_HEADER]: signEdge(deps.edgeKey, 'control-plane', deps.clock.now()) };
  return {
    origin: deps.controlPlaneUrl,
    headers: cleanRequestHeaders(request.rawHeaders, { ...seenOf(deps, request), isForTenant: false, say }),
    add: stay(deps),
  };
}

function seenOf(deps: EdgeDeps, request: IncomingMessage) {
  return { clientAddress: request.socket.remoteAddress ?? 'unknown', scheme: deps.scheme };
}

async function isThere(deps: EdgeDeps, upstream: string): Promise<boolean> {
  try {
    const { statusCode, body } = await deps.dispatcher.request({
      origin: upstream,
      path: '/health',
      method: 'GET',
      signal: AbortSignal.timeout(3_000),
    });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false; // Whatever keeps it from answering, it is not there.
  }
}

function fail(deps: EdgeDeps, error: unknown, request: IncomingMessage, response: ServerResponse): void {
  deps.log.error({ err: error }, 'a request failed by a bug');
  if (response.headersSent) response.destroy();
  else answerItself(deps, request, response, ANSWERS.unreachable);
}

/** G5. */
function stay(deps: EdgeDeps): Readonly<Record<string, string>> {
  return deps.certificates ? { [STAY_HEADER]: STAY } : {};
}

function answerItself(
  deps: EdgeDeps,
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): void {
  for (const [name, value] of Object.entries(stay(deps))) response.setHeader(name, value);
  sendAnswer(request, response, answer);
}
