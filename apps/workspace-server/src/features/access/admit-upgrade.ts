// Admit upgrade: who may open a WebSocket. The same order as for every other route (identify, fences and budgets,
// authorise), and the browser's origin, before anything is upgraded.

import type { RouteContract } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import { type Admit, type Authorize, type Caller, type Identify, renderFault, toFault } from '@molecule/http';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface UpgradeGateDeps {
  identify: Identify;
  authorize: Authorize;
  admit: Admit;
  allowedOrigins: readonly string[];
}

export type UpgradeGate = (
  contract: RouteContract,
  /** Throws what else speaks against it. */
  check: (request: FastifyRequest, caller: Caller) => void | Promise<void>,
) => (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** A hook for the `preValidation` of an upgrade route; sets `request.caller`. */
export function createUpgradeGate(deps: UpgradeGateDeps): UpgradeGate {
  return (contract, check) => async (request, reply) => {
    try {
      const caller = await deps.identify({
        headers: request.headers,
        rawHeaders: request.raw.rawHeaders,
        bearer: bearerOfProtocol(request),
      });
      await deps.admit(contract, caller, request, reply);
      if (reply.sent) return;
      await deps.authorize(contract, caller, request.params as Record<string, string>, request);
      refuseForeignOrigin(request, deps.allowedOrigins);
      await check(request, caller);
      request.caller = caller;
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
        throw faults.invalidRequest('this address speaks WebSocket only');
      }
    } catch (error) {
      const rendered = renderFault(toFault(error));
      await reply.code(rendered.status).headers(rendered.headers).send(rendered.body);
    }
  };
}

/** `Sec-WebSocket-Protocol: bearer.<token>`, for browsers, which cannot set headers. */
function bearerOfProtocol(request: FastifyRequest): string | null {
  for (const protocol of (request.headers['sec-websocket-protocol'] ?? '').split(',')) {
    const name = protocol.trim();
    if (name.startsWith('bearer.')) return name.slice('bearer.'.length);
  }
  return null;
}

/** A browser of another site is refused; a client without Origin (an agent) is judged by its credential alone. */
function refuseForeignOrigin(request: FastifyRequest, allowed: readonly string[]): void {
  const origin = request.headers.origin;
  if (!origin) return;
  const isOwn = URL.canParse(origin) && new URL(origin).host === request.headers.host;
  if (!isOwn && !allowed.some((entry) => entry.toLowerCase() === origin.toLowerCase())) {
    throw faults.forbidden('origin not allowed');
  }
}
