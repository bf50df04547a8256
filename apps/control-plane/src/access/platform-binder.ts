// Platform binder: mounts each operation under its stable name and under the older alias, which says when it ends.

import type { BodyOf, ParamsOf, platform, QueryOf, ResponseOf } from '@molecule/contracts';
import { type Admit, type Authorize, type CallerEvidence, createBinder } from '@molecule/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PlatformCaller } from './caller.ts';

export interface PlatformCall<C extends platform.PlatformRoute> {
  caller: PlatformCaller;
  params: ParamsOf<C>;
  query: QueryOf<C>;
  body: BodyOf<C>;
  request: FastifyRequest;
  reply: FastifyReply;
}

export type PlatformBinder = <C extends platform.PlatformRoute>(
  contract: C,
  handler: (call: PlatformCall<C>) => Promise<ResponseOf<C> | FastifyReply>,
) => void;

const OLD = '/cp/';
const STABLE = '/api/v1/';
/** RFC 8594. The older name goes no earlier than this. */
const SUNSET = 'Sat, 01 Jan 2028 00:00:00 GMT';

export function createPlatformBinder(
  app: FastifyInstance,
  identify: (evidence: CallerEvidence) => Promise<PlatformCaller>,
  authorize: Authorize<PlatformCaller, platform.PlatformRoute>,
  admit: Admit<PlatformCaller, platform.PlatformRoute>,
): { bind: PlatformBinder; bound(): readonly platform.PlatformRoute[] } {
  const binder = createBinder<PlatformCaller, platform.PlatformRoute>(identify, authorize, admit);
  app.addHook('onRequest', async (request, reply) => {
    const path = request.url;
    if (!path.startsWith(OLD)) return;
    reply.header('sunset', SUNSET);
    reply.header('link', `<${STABLE}${path.slice(OLD.length).split('?', 1)[0]}>; rel="successor-version"`);
  });
  return {
    bound: () => binder.bound(),
    bind: (contract, handler) => {
      binder.bind(app, contract, handler as never);
      if (!contract.path.startsWith(OLD)) return;
      const stable = { ...contract, path: STABLE + contract.path.slice(OLD.length) };
      binder.bind(app, stable, handler as never);
    },
  };
}
