// Session routes: which browsers are signed in, and signing them out.

import { sessions } from '@molecule/contracts';
import { faults, isUuid, LIMITS } from '@molecule/domain';
import type { Binder } from '@molecule/http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccessStore } from './credential-store.ts';

export function bindSessionRoutes(
  app: FastifyInstance,
  binder: Binder,
  { store }: { store: Pick<AccessStore, 'listSessions' | 'endSession' | 'endAllSessions'> },
): void {
  binder.bind(app, sessions.listSessions, async ({ caller }) => {
    const rows = await store.listSessions(LIMITS.sessionsListed);
    const currentId = caller.kind === 'session' ? caller.sessionId : null;
    return {
      sessions: rows.map((row) => ({
        id: row.id,
        opened_by: row.openedBy,
        ...(row.subject === null ? {} : { subject: row.subject }),
        ...(row.device === null ? {} : { device: row.device }),
        created_at: new Date(row.createdAt).toISOString(),
        expires_at: new Date(row.expiresAt).toISOString(),
        is_current: row.id === currentId,
      })),
      count: rows.length,
    };
  });

  binder.bind(app, sessions.revokeSession, async ({ params }) => {
    const id = params.sessionId.toLowerCase();
    const isEnded = isUuid(id) && (await store.endSession(id));
    if (!isEnded) throw faults.notFound('session not found or already ended');
    return { revoked: id };
  });

  binder.bind(app, sessions.revokeOtherSessions, async ({ caller }) => ({
    revoked: await store.endAllSessions(
      // Whom the platform vouches for has no session here.
      caller.kind === 'session' && isUuid(caller.sessionId) ? caller.sessionId : null,
    ),
  }));
}

/** What the browser calls itself, without control characters and cut; null when it says nothing. */
export function deviceOf(request: Pick<FastifyRequest, 'headers'>): string | null {
  const text = (request.headers['user-agent'] ?? '').replace(/\p{C}/gu, '').trim();
  return text === '' ? null : text.slice(0, LIMITS.sessionDeviceChars);
}
