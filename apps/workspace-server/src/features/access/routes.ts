// Access routes: workspace tokens, sign-in and sign-out of browsers.

import { timingSafeEqual } from 'node:crypto';
import { tenant, tokens } from '@molecule/contracts';
import { faults, isUuid, TIMEOUTS_MS, tokenPrefix } from '@molecule/domain';
import { type Binder, digestOf } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import type { FastifyInstance } from 'fastify';
import type { AccessStore } from './credential-store.ts';
import { sessionCookie } from './session-cookie.ts';
import { deviceOf } from './session-routes.ts';

export interface AccessDeps {
  store: AccessStore;
  /** A live workspace by the text of a path, or the fault that says why not. */
  requireWorkspace(id: string): { id: string };
  clock: Clock;
  adminTokenDigest: Buffer | null;
  areTestTokensOn: boolean;
  /** The address that people open, without a trailing slash. */
  publicUrl: () => string;
}

const iso = (ms: number) => new Date(ms).toISOString();

export function bindAccessRoutes(app: FastifyInstance, binder: Binder, deps: AccessDeps): void {
  const { store, clock } = deps;

  binder.bind(app, tokens.listTokens, async ({ params, query }) => {
    const { id } = deps.requireWorkspace(params.id);
    const rows = await store.list(id, query.limit, query.offset);
    return {
      tokens: rows.map((row) => ({
        id: row.id,
        prefix: row.prefix,
        created_at: iso(row.createdAt),
        last_used_at: row.lastUsedAt === null ? null : iso(row.lastUsedAt),
      })),
      count: rows.length,
    };
  });

  binder.bind(app, tokens.mintToken, async ({ params }) => {
    const { id } = deps.requireWorkspace(params.id);
    const token = await store.mint(id, 'api', { isCapped: true });
    return {
      auth_token: token,
      workspace_id: id,
      message: 'Keep this token now: it is not shown again.',
      prefix: tokenPrefix(token),
    };
  });

  binder.bind(app, tokens.revokeToken, async ({ params }) => {
    const { id } = deps.requireWorkspace(params.id);
    const isRevoked = isUuid(params.tokenId) && (await store.revoke(id, params.tokenId));
    if (!isRevoked) throw faults.notFound('token not found or already revoked');
    return { status: 'revoked' as const };
  });

  binder.bind(app, tokens.mintTestToken, async ({ params, caller }) => {
    if (!deps.areTestTokensOn) throw faults.notFound('not found');
    if (deps.adminTokenDigest && caller.kind !== 'admin') throw faults.authRequired('admin auth required');
    const { id } = deps.requireWorkspace(params.id);
    return { auth_token: await store.mint(id, 'test'), workspace_id: id };
  });

  binder.bind(app, tenant.signIn, async ({ body, request, reply }) => {
    const expiresAt = clock.now() + TIMEOUTS_MS.session;
    const session = body.code
      ? await store.redeemSignInCode(body.code, expiresAt, deviceOf(request))
      : isAdminToken(body.token, deps.adminTokenDigest)
        ? await store.createSession(expiresAt, deviceOf(request))
        : null;
    if (!session) {
      throw faults.invalidCredential(
        body.code
          ? 'this sign-in link was used already or is too old'
          : 'this is not the admin token of this server',
      );
    }
    reply.header('set-cookie', sessionCookie(session.sessionToken, request.protocol === 'https'));
    return { status: 'signed_in' as const };
  });

  binder.bind(app, tenant.signInByLink, async ({ query, request, reply }) => {
    const session = query.code
      ? await store.redeemSignInCode(query.code, clock.now() + TIMEOUTS_MS.session, deviceOf(request))
      : null;
    if (session)
      reply.header('set-cookie', sessionCookie(session.sessionToken, request.protocol === 'https'));
    return reply
      .code(303)
      .header('cache-control', 'no-store')
      .header('location', session ? '/' : '/?signin=expired')
      .send();
  });

  binder.bind(app, tenant.signOut, async ({ caller, request, reply }) => {
    if (caller.kind === 'session' && isUuid(caller.sessionId)) await store.endSession(caller.sessionId);
    reply.header('set-cookie', sessionCookie(null, request.protocol === 'https'));
    return { status: 'signed_out' as const };
  });

  binder.bind(app, tenant.createSignInLink, async ({ body }) => {
    const expiresAt = clock.now() + TIMEOUTS_MS.signInCode;
    const code = await store.createSignInCode(expiresAt, body?.subject ?? null);
    return { url: `${deps.publicUrl()}/auth/link?code=${code}`, expires_at: iso(expiresAt) };
  });
}

function isAdminToken(token: string | undefined, digest: Buffer | null): boolean {
  return token !== undefined && digest !== null && timingSafeEqual(digestOf(token.trim()), digest);
}
