// Tenant guard: on a hosted tenant, a request for another organisation looks like an unknown route. An isolation fence,
// not authentication: the header alone opens nothing, it needs a valid credential or the signature of the edge.

import type { RouteContract } from '@molecule/contracts';
import { type Caller, EDGE_HEADER, verifyEdge } from '@molecule/http';
import type { Clock, Secret } from '@molecule/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';

const EXEMPT = new Set([
  'health',
  'readiness',
  'metrics',
  'register',
  'heartbeat',
  'signIn',
  'signInByLink',
  'signOut',
]);

/** `orgId` is null on a self-hosted tenant: the guard is off. `edgeKey` is null where no edge signs. */
export function createTenantGuard(orgId: string | null, edge: { key: Secret | null; clock: Clock }) {
  return async (
    route: RouteContract,
    caller: Caller,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> => {
    if (orgId === null || EXEMPT.has(route.name) || route.path.startsWith('/webhooks/')) return;
    if (caller.kind === 'session') return;
    const isProven = caller.kind !== 'anonymous' && caller.kind !== 'invalid';
    if (namedOrg(request) === orgId && (isProven || isSigned(request, orgId, edge))) return;
    await reply.code(404).send();
  };
}

function isSigned(
  request: FastifyRequest,
  orgId: string,
  { key, clock }: { key: Secret | null; clock: Clock },
): boolean {
  return key !== null && verifyEdge(key.reveal(), orgId, request.headers[EDGE_HEADER], clock.now());
}

function namedOrg(request: FastifyRequest): string | null {
  const header = request.headers['x-molecule-org-id'];
  if (typeof header === 'string') return header.trim();
  const replay = request.headers['fly-replay-src'];
  const state = typeof replay === 'string' ? /(?:^|;)\s*state=([^;]+)/.exec(replay) : null;
  return state?.[1]?.trim() ?? null;
}
