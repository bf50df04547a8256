// Tenant guard: on a hosted tenant, a request for another organisation looks like an unknown route. An isolation fence,
// not authentication: the header alone opens nothing.

import type { RouteContract } from '@molecule/contracts';
import type { Caller } from '@molecule/http';
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

/** `orgId` is null on a self-hosted tenant: the guard is off. */
export function createTenantGuard(orgId: string | null) {
  return async (
    route: RouteContract,
    caller: Caller,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> => {
    if (orgId === null || EXEMPT.has(route.name) || route.path.startsWith('/webhooks/')) return;
    if (caller.kind === 'session') return;
    const isProven = caller.kind !== 'anonymous' && caller.kind !== 'invalid';
    if (isProven && namedOrg(request) === orgId) return;
    await reply.code(404).send();
  };
}

function namedOrg(request: FastifyRequest): string | null {
  const header = request.headers['x-molecule-org-id'];
  if (typeof header === 'string') return header.trim();
  const replay = request.headers['fly-replay-src'];
  const state = typeof replay === 'string' ? /(?:^|;)\s*state=([^;]+)/.exec(replay) : null;
  return state?.[1]?.trim() ?? null;
}
