// Clean headers: what of a client's headers goes on to an upstream, and what the proxy says itself. A client cannot speak for
// the proxy: the edge before tenants, or a tenant before its platform.
//
//   H1. Hop-by-hop headers, and those that a Connection header names, end here in both directions.
//   H2. Forwarding headers of the client are dropped and written anew from what the edge saw.
//   H3. Nothing that begins with `X-Molecule-` passes to a tenant, save the organisation that the edge found by the name,
//       signed. The control plane reads two such headers as credentials, which prove themselves.
//   H4. A browser's Origin and Host stay as they are: checks against cross-site requests rest on them.

import type { IncomingHttpHeaders } from 'node:http';

const HOP_BY_HOP = new Set(
  'connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
);
const FORWARDING =
  /^(x-forwarded(-|$)|forwarded$|x-real-ip$|x-client-ip$|true-client-ip$|cf-connecting-ip$|via$|fly-)/;
const PLATFORM_CREDENTIALS = new Set(['x-molecule-org-id', 'x-molecule-admin-token', 'x-molecule-signature']);

export interface Seen {
  clientAddress: string;
  scheme: 'http' | 'https';
  isForTenant: boolean;
  /** Said by the edge, in lower case. */
  say: Readonly<Record<string, string>>;
}

/** Flat pairs, as undici takes them. Repeated headers stay repeated. */
export function cleanRequestHeaders(raw: readonly string[], seen: Seen): string[] {
  const dropped = namedByConnection(raw);
  const clean: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const isHop = HOP_BY_HOP.has(name) || dropped.has(name) || name === 'expect';
    const isForged = FORWARDING.test(name) || isOurWord(name, seen) || name in seen.say;
    if (!isHop && !isForged) clean.push(name, raw[i + 1] as string);
  }
  clean.push('x-forwarded-for', seen.clientAddress, 'x-forwarded-proto', seen.scheme);
  for (const [name, value] of Object.entries(seen.say)) clean.push(name, value);
  return clean;
}

/** What the upstream says about its own connection, and how it is built, is nobody's business. */
export function cleanResponseHeaders(raw: readonly (string | Buffer)[]): string[] {
  const texts = raw.map(String);
  const dropped = namedByConnection(texts);
  const clean: string[] = [];
  for (let i = 0; i + 1 < texts.length; i += 2) {
    const name = (texts[i] as string).toLowerCase();
    if (HOP_BY_HOP.has(name) || dropped.has(name) || name === 'x-powered-by' || name === 'server') continue;
    clean.push(texts[i] as string, texts[i + 1] as string);
  }
  return clean;
}

export function isUpgrade(headers: IncomingHttpHeaders): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function isOurWord(name: string, seen: Seen): boolean {
  return name.startsWith('x-molecule-') && (seen.isForTenant || !PLATFORM_CREDENTIALS.has(name));
}

function namedByConnection(raw: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() !== 'connection') continue;
    for (const name of (raw[i + 1] as string).split(',')) names.add(name.trim().toLowerCase());
  }
  return names;
}
