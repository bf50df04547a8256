// Identify caller: turns the credential on a request into a Caller. The one module that may make one.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Caller, vouchForCaller } from './caller.ts';

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

export function parseCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0) cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
  return cookies;
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
      return vouchForCaller({ kind: 'invalid', isOpen, via: 'cookie' });
    }
    return vouchForCaller({ kind: 'anonymous', isOpen });
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
