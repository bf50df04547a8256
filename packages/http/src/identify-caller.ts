// Identify caller: turns the credential on a request into a Caller. The one module that may make one.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Caller, vouchForCaller } from './caller.ts';
import { parseCookies } from './parse-cookies.ts';
import { pickPlatformCookies } from './platform-cookies.ts';

/** What a token or session, given by its SHA-256 digest, stands for. */
export type CredentialMatch =
  | { kind: 'workspace'; tokenId: string; workspaceId: string; isWorkspaceRemoved: boolean }
  | { kind: 'org_token'; tokenId: string; prefix: string; orgId: string | null };

export interface CredentialStore {
  /** Live bearer tokens by digest; null when there is none. Rejects when the datastore is down: that is a 503, not a 401. */
  findBearer(digest: Buffer): Promise<CredentialMatch | null>;
  findSession(digest: Buffer): Promise<{ sessionId: string } | null>;
}

export interface IdentifyOptions {
  store: CredentialStore;
  /** Null when this server has none (development mode). */
  adminTokenDigest: Buffer | null;
  /** Development mode on loopback: callers without a credential pass the gates. */
  isOpen: boolean;
  sessionCookieNames: readonly string[];
  /** Asks the platform whether its cookies, as a Cookie header, are those of a member. Null: nobody asks. */
  findMember?: ((cookies: string) => Promise<{ userId: string } | null>) | null;
}

/** The parts of a request that can prove who sent it. */
export interface CallerEvidence {
  headers: IncomingHttpHeaders;
  /** Every `Authorization` header; the first one wins. */
  rawHeaders?: readonly string[];
  /** Bearer from another carrier, such as a WebSocket subprotocol. */
  bearer?: string | null;
  /** Came in where agents in containers do: there the server is open to nobody. */
  isAgentsDoor?: boolean;
}

/** The id of a caller whom the platform vouches for; no session of the tenant has such a one. */
export function platformSessionId(userId: string): string {
  return `platform:${userId}`;
}

export type Identify = (request: CallerEvidence) => Promise<Caller>;

export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The bearer of an `Authorization` header: exactly `Bearer `, then the rest trimmed; null for anything else. */
export function parseBearer(header: string | undefined): string | null {
  if (!header?.startsWith('Bearer ')) return null;
  const token = header.slice('Bearer '.length).trim();
  return token === '' ? null : token;
}

export function firstAuthorization(
  headers: IncomingHttpHeaders,
  raw: readonly string[] | undefined,
): string | undefined {
  for (let i = 0; raw && i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() === 'authorization') return raw[i + 1];
  }
  return headers.authorization;
}

export function createIdentifier(options: IdentifyOptions): Identify {
  const { store, adminTokenDigest } = options;

  async function byBearer(token: string, isOpen: boolean): Promise<Caller> {
    const digest = digestOf(token);
    if (adminTokenDigest && timingSafeEqual(digest, adminTokenDigest))
      return vouchForCaller({ kind: 'admin' });
    const match = await store.findBearer(digest);
    if (!match) return vouchForCaller({ kind: 'invalid', isOpen, via: 'bearer' });
    if (match.kind === 'org_token') {
      return vouchForCaller({
        kind: 'org_token',
        tokenId: match.tokenId,
        prefix: match.prefix,
        orgId: match.orgId,
      });
    }
    if (match.isWorkspaceRemoved) {
      return vouchForCaller({ kind: 'removed_workspace', workspaceId: match.workspaceId });
    }
    return vouchForCaller({ kind: 'workspace', workspaceId: match.workspaceId, tokenId: match.tokenId });
  }

  /** Null: nobody was asked, or there was nothing to ask about, or the answer was no. */
  async function byPlatform(headers: IncomingHttpHeaders): Promise<Caller | null> {
    if (!options.findMember || isCrossSite(headers)) return null;
    const cookies = pickPlatformCookies(headers.cookie);
    const member = cookies === null ? null : await options.findMember(cookies);
    return member && vouchForCaller({ kind: 'session', sessionId: platformSessionId(member.userId) });
  }

  return async (request) => {
    const isOpen = options.isOpen && request.isAgentsDoor !== true;
    const bearer = request.bearer ?? parseBearer(firstAuthorization(request.headers, request.rawHeaders));
    if (bearer) return byBearer(bearer, isOpen);
    const cookies = parseCookies(request.headers.cookie);
    for (const name of options.sessionCookieNames) {
      const value = cookies.get(name);
      if (!value || isCrossSite(request.headers)) continue;
      const session = await store.findSession(digestOf(value));
      if (session) return vouchForCaller({ kind: 'session', sessionId: session.sessionId });
      return (
        (await byPlatform(request.headers)) ?? vouchForCaller({ kind: 'invalid', isOpen, via: 'cookie' })
      );
    }
    return (await byPlatform(request.headers)) ?? vouchForCaller({ kind: 'anonymous', isOpen });
  };
}

/** Origin and Sec-Fetch-Site may only deny: a cookie that rides on another site's request counts for nothing. */
export function isCrossSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') return true;
  const origin = headers.origin;
  if (!origin || origin === 'null') return origin === 'null';
  try {
    return new URL(origin).host !== headers.host;
  } catch {
    return true;
  }
}
