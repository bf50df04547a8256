// Bind upstreams: what a tenant hands on instead of answering it: its people's calls of the platform, and, where somebody
// serves the canvas elsewhere, the pages.
//
//   Q1. Of a browser's cookies only the platform's go to the platform, and none from another site; credentials of the tenant
//       go nowhere. To a canvas no credential goes at all.
//   Q2. Bytes pass unread and unbuffered, within limits of size and time; an upstream that is away is a 502 that says so.

import { defineRoute } from '@molecule/contracts';
import {
  type Caller,
  cleanRequestHeaders,
  forward,
  type Identify,
  isCrossSite,
  pickPlatformCookies,
} from '@molecule/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Agent, type Dispatcher } from 'undici';
import { z } from 'zod';
import type { RateLimit } from '../access/index.ts';
import { isLetThrough, isPlatformPath } from './platform-paths.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const ANSWER_LIMIT_MS = 30_000;
const SILENCE_LIMIT_MS = 60_000;
const CONNECT_LIMIT_MS = 5_000;
const MAX_CONNECTIONS = 64;

export interface UpstreamDeps {
  identify: Identify;
  rateLimit: RateLimit;
  /** Null: the tenant has nothing below /cp. */
  platformUrl: string | null;
  /** Null: the tenant serves its own canvas. */
  canvasUrl: string | null;
  isApiPath(path: string): boolean;
}

const handedOn = defineRoute({
  name: 'handedOn',
  method: 'GET',
  path: '/cp/*',
  policy: 'open',
  tag: 'tenant',
  summary: 'What the platform answers itself',
  response: z.unknown(),
});

export function bindUpstreams(app: FastifyInstance, deps: UpstreamDeps): void {
  const { platformUrl, canvasUrl } = deps;
  if (platformUrl === null && canvasUrl === null) return;
  const dispatcher = new Agent({ connections: MAX_CONNECTIONS, connect: { timeout: CONNECT_LIMIT_MS } });
  app.addHook('onClose', () => dispatcher.destroy());
  app.addHook('onRequest', async (request, reply) => {
    const target = request.raw.url ?? '/';
    const [path = '/'] = target.split('?', 1);
    if (isPlatformPath(path)) {
      if (platformUrl === null) return;
      if (!isLetThrough(request.method, target)) return void (await reply.code(404).send());
      const caller = await deps.identify({ headers: request.headers, rawHeaders: request.raw.rawHeaders });
      deps.rateLimit.admit(handedOn, caller, request, reply);
      const headers = platformHeaders(request, caller, platformUrl);
      return handOn(dispatcher, request, reply, { origin: platformUrl, headers, name: 'control plane' });
    }
    if (canvasUrl === null || !request.is404 || deps.isApiPath(path)) return;
    return handOn(dispatcher, request, reply, {
      origin: canvasUrl,
      headers: cleanHeaders(request, new Set(['authorization', 'cookie'])),
      name: 'canvas',
    });
  });
}

async function handOn(
  dispatcher: Dispatcher,
  request: FastifyRequest,
  reply: FastifyReply,
  to: { origin: string; headers: string[]; name: string },
): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    return void (await reply.code(413).send({ error: 'request body too large', code: 'payload_too_large' }));
  }
  const add = Object.fromEntries(
    Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
  );
  reply.hijack();
  const outcome = await forward(dispatcher, request.raw, reply.raw, {
    origin: to.origin,
    headers: to.headers,
    add,
    headersLimitMs: ANSWER_LIMIT_MS,
    silenceLimitMs: SILENCE_LIMIT_MS,
    maxBodyBytes: MAX_BODY_BYTES,
  });
  if (outcome === 'sent') return;
  reply.raw.writeHead(502, { ...add, 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  reply.raw.end(`${to.name} unavailable`);
}

/** The cross-site check is made here: behind this Host and Origin are those of the platform. */
function platformHeaders(request: FastifyRequest, caller: Caller, platformUrl: string): string[] {
  const isOfTenant = caller.kind !== 'anonymous' && caller.kind !== 'invalid' && caller.kind !== 'session';
  const dropped = new Set(['cookie', 'origin', 'referer', ...(isOfTenant ? ['authorization'] : [])]);
  const headers = cleanHeaders(request, dropped);
  const cookies = isCrossSite(request.headers) ? null : pickPlatformCookies(request.headers.cookie);
  if (cookies !== null) headers.push('cookie', cookies);
  const { origin } = request.headers;
  if (origin) headers.push('origin', isCrossSite(request.headers) ? origin : new URL(platformUrl).origin);
  return headers;
}

/** Host is left to whoever connects. */
function cleanHeaders(request: FastifyRequest, dropped: ReadonlySet<string>): string[] {
  const clean = cleanRequestHeaders(request.raw.rawHeaders, {
    clientAddress: request.ip,
    scheme: request.protocol === 'https' ? 'https' : 'http',
    isForTenant: true,
    say: {},
  });
  const kept: string[] = [];
  for (let i = 0; i + 1 < clean.length; i += 2) {
    const name = (clean[i] as string).toLowerCase();
    if (name !== 'host' && !dropped.has(name)) kept.push(clean[i] as string, clean[i + 1] as string);
  }
  return kept;
}
