// Identify platform caller: turns the credential on a request into a caller. A partner key is tried before the session.
//
//   I1. A bearer that is wrong is not rescued by a good cookie.
//   I2. A tenant proves itself by its own token and is only ever itself; the organisation that it names must be its own.
//   I3. Digests are compared, in constant time where the secret is ours alone.

import { timingSafeEqual } from 'node:crypto';
import {
  type CallerEvidence,
  digestOf,
  firstAuthorization,
  isCrossSite,
  parseBearer,
  parseCookies,
} from '@molecule/http';
import type { PlatformCaller } from './caller.ts';

export interface CredentialSources {
  operatorDigest: Buffer;
  edgeDigest: Buffer;
  provisionDigest: Buffer;
  sessionCookieNames: readonly string[];
  findSession(digest: Buffer): Promise<{
    sessionId: string;
    person: { id: string; email: string; name: string; termsVersion: string | null };
  } | null>;
  findTenant(digest: Buffer): Promise<{ orgId: string } | null>;
  findPartnerKey(digest: Buffer): Promise<Extract<PlatformCaller, { kind: 'partner' }> | null>;
  /** Null when the text is no boot token that holds now. */
  readBootToken(text: string): Promise<Extract<PlatformCaller, { kind: 'boot' }> | null>;
}

const PARTNER_KEY = /^mol_pk_(live|test)_/;

export function createPlatformIdentifier(
  sources: CredentialSources,
): (evidence: CallerEvidence) => Promise<PlatformCaller> {
  return async ({ headers, rawHeaders }) => {
    const bearer = parseBearer(firstAuthorization(headers, rawHeaders));
    if (bearer !== null) return byBearer(sources, bearer, headers);
    const cookies = parseCookies(headers.cookie);
    for (const name of sources.sessionCookieNames) {
      const value = cookies.get(name);
      if (!value || isCrossSite(headers)) continue;
      const session = await sources.findSession(digestOf(value));
      return session ? { kind: 'person', ...session } : { kind: 'invalid' };
    }
    return { kind: 'anonymous' };
  };
}

async function byBearer(
  sources: CredentialSources,
  bearer: string,
  headers: CallerEvidence['headers'],
): Promise<PlatformCaller> {
  const digest = digestOf(bearer);
  const invalid: PlatformCaller = { kind: 'invalid' };
  if (PARTNER_KEY.test(bearer)) return (await sources.findPartnerKey(digest)) ?? invalid;
  if (timingSafeEqual(digest, sources.operatorDigest)) return { kind: 'operator' };
  if (timingSafeEqual(digest, sources.edgeDigest)) return { kind: 'edge' };
  if (timingSafeEqual(digest, sources.provisionDigest)) {
    return tenantOf(sources, headers['x-molecule-admin-token'], null);
  }
  if (bearer.includes('.')) return (await sources.readBootToken(bearer)) ?? invalid;
  return tenantOf(sources, bearer, headers['x-molecule-org-id'] ?? '');
}

/** I2. `named` is null where the call names its organisation elsewhere. */
async function tenantOf(
  sources: CredentialSources,
  token: string | string[] | undefined,
  named: string | string[] | null,
): Promise<PlatformCaller> {
  if (typeof token !== 'string' || token === '') return { kind: 'invalid' };
  const tenant = await sources.findTenant(digestOf(token));
  if (!tenant || (named !== null && named !== tenant.orgId)) return { kind: 'invalid' };
  return { kind: 'tenant', orgId: tenant.orgId };
}
