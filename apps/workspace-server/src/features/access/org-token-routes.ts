// Organisation token routes: list, mint and revoke the bearers of the whole organisation.

import { orgTokens as contract } from '@molecule/contracts';
import { faults, isUuid, LIMITS } from '@molecule/domain';
import { type Binder, type Caller, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import type { OrgToken, OrgTokenStore } from './org-token-store.ts';
import type { RateLimit } from './rate-limit.ts';

export interface OrgTokenDeps {
  orgTokens: OrgTokenStore;
  rateLimit: RateLimit;
}

const HOUR_MS = 3_600_000;
const WARNING = 'Keep this token now: it is not shown again. It acts for the whole organisation.';

export function bindOrgTokenRoutes(app: FastifyInstance, binder: Binder, deps: OrgTokenDeps): void {
  const { orgTokens, rateLimit } = deps;

  binder.bind(app, contract.listOrgTokens, async () => {
    const rows = await orgTokens.list();
    return { tokens: rows.map(toRow), count: rows.length };
  });

  binder.bind(app, contract.mintOrgToken, async ({ caller, body, request, reply }) => {
    rateLimit.spend(`org-token-mint:${request.ip}`, LIMITS.orgTokenMintsPerHour, HOUR_MS, reply);
    const name = (body.name ?? '').trim();
    if (name.length > LIMITS.orgTokenNameChars) {
      throw faults.invalidRequest(`name too long (max ${LIMITS.orgTokenNameChars} chars)`);
    }
    const { token, row } = await orgTokens.mint({
      name,
      orgId: caller.kind === 'org_token' ? caller.orgId : null,
      createdBy: signatureOf(caller),
    });
    return {
      id: row.id,
      prefix: row.prefix,
      ...(name === '' ? {} : { name }),
      auth_token: token,
      warning: WARNING,
    };
  });

  binder.bind(app, contract.revokeAllOrgTokens, async () => ({ revoked: await orgTokens.revokeAll() }));

  binder.bind(app, contract.revokeOrgToken, async ({ params }) => {
    const id = params.tokenId.toLowerCase();
    const isRevoked = isUuid(id) && (await orgTokens.revoke(id));
    if (!isRevoked) throw faults.notFound('token not found or already revoked');
    return { revoked: id };
  });
}

function signatureOf(caller: Caller): string {
  return caller.kind === 'org_token' || caller.kind === 'session' ? describeCaller(caller) : 'admin-token';
}

function toRow(token: OrgToken): contract.OrgTokenRow {
  return {
    id: token.id,
    prefix: token.prefix,
    ...(token.name === '' ? {} : { name: token.name }),
    ...(token.orgId === null ? {} : { org_id: token.orgId }),
    created_by: token.createdBy,
    created_at: new Date(token.createdAt).toISOString(),
    ...(token.lastUsedAt === null ? {} : { last_used_at: new Date(token.lastUsedAt).toISOString() }),
  };
}
