// Server: the agent's own door: card, JSON-RPC at `/` and `/a2a`, transcript, health. Nothing in here decides anything.

import { faults, isFault, LIMITS } from '@molecule/domain';
import { DeadlineExceeded, type Log, withDeadline } from '@molecule/kit';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Answer } from './answer-request.ts';
import type { ServedCard } from './card.ts';
import {
  parseFailure,
  type RpcFailure,
  rpcFailure,
  UnsupportedVersion,
  versionFailure,
} from './rpc-error.ts';
import type { SessionTranscript } from './session-transcript.ts';
import { readTranscript } from './transcript.ts';
import { writeStream } from './write-stream.ts';

export const CLOSE_GRACE_MS = 1_000;

export interface ServerDeps {
  card: () => ServedCard;
  answer: (body: unknown, headers: FastifyRequest['headers']) => Promise<Answer>;
  /** The token that may read the transcript; null refuses everybody. */
  token: () => string | null;
  health: () => Record<string, unknown>;
  runtime: string;
  transcript: SessionTranscript;
  log: Log;
}

export function createAgentServer(deps: ServerDeps): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: LIMITS.a2aRequestBytes,
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
  });
  readBodiesAsText(app);
  for (const path of ['/.well-known/agent-card.json', '/.well-known/agent.json']) {
    app.get(path, async () => deps.card());
  }
  for (const path of ['/', '/a2a']) {
    app.post(path, (request, reply) => serveRpc(deps, request, reply));
  }
  app.get('/healthz', async () => deps.health());
  app.get('/transcript', (request, reply) => {
    const { status, body } = readTranscript(request, deps.token(), deps.runtime, deps.transcript);
    return reply.code(status).send(body);
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'not found', code: 'not_found' }),
  );
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, _request, reply) => {
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return sendFailure(reply, tooLarge());
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return reply.code(error.statusCode).send({ error: error.message });
    }
    deps.log.error({ err: error }, 'a request failed by a bug');
    return reply.code(500).send({ error: 'internal error', code: 'internal' });
  });
  return app;
}

/** Answers under way get `graceMs` to leave; then every connection is cut, so that no reader can hold up the end. */
export async function closeAgentServer(app: FastifyInstance, graceMs = CLOSE_GRACE_MS): Promise<void> {
  const closed = app.close();
  try {
    await withDeadline(closed, graceMs);
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    app.server.closeAllConnections();
    await closed;
  }
}

async function serveRpc(deps: ServerDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  let body: unknown;
  try {
    body = JSON.parse(request.body as string);
  } catch {
    return sendFailure(reply, parseFailure('the body is not valid JSON'));
  }
  try {
    const answer = await deps.answer(body, request.headers);
    if (answer.kind === 'single') return reply.code(200).send(answer.body);
    reply.hijack();
    await writeStream(reply.raw, answer.events, deps.log);
    return reply;
  } catch (error) {
    if (error instanceof UnsupportedVersion) return sendFailure(reply, versionFailure(error, rpcId(body)));
    if (!isFault(error)) throw error;
    return sendFailure(reply, rpcFailure(error, rpcId(body)));
  }
}

function sendFailure(reply: FastifyReply, failure: RpcFailure): FastifyReply {
  if (failure.retryAfterSeconds !== null) reply.header('retry-after', String(failure.retryAfterSeconds));
  return reply.code(failure.status).send(failure.body);
}

function tooLarge(): RpcFailure {
  return rpcFailure(faults.bodyTooLarge(LIMITS.a2aRequestBytes), null);
}

function rpcId(body: unknown): string | number | null {
  const id = typeof body === 'object' && body !== null ? (body as { id?: unknown }).id : null;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

/** Callers post JSON under any content type, or none; what it is worth is decided where it is parsed. */
function readBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}
