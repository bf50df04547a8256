// Edge signature: how a tenant knows that a request came through its platform's edge, and for whom the edge meant it.
//
//   S1. The key of a tenant is derived from the platform's; a tenant that leaks its own can speak for itself only.
//   S2. A signature is good for one organisation and SIGNATURE_SECONDS around the time it was made.

import { createHmac, timingSafeEqual } from 'node:crypto';

/** `<unix seconds>.<HMAC-SHA256 as base64url>` over the seconds and the organisation's id. */
export const EDGE_HEADER = 'x-molecule-edge';
const SIGNATURE_SECONDS = 60;

const mac = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('base64url');

/** S1. What the tenant of `orgId` is given at its start. */
export function tenantEdgeKey(platformKey: string, orgId: string): string {
  return mac(platformKey, `tenant-edge\n${orgId}`);
}

/** The bearer by which the edge asks the control plane where tenants are. */
export function edgeLookupToken(platformKey: string): string {
  return mac(platformKey, 'edge-lookup');
}

/** The value of EDGE_HEADER; `subject` is the organisation's id, or a word that both sides agreed on. */
export function signEdge(key: string, subject: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  return `${seconds}.${mac(key, `${seconds}\n${subject}`)}`;
}

/** S2. */
export function verifyEdge(key: string, subject: string, header: unknown, nowMs: number): boolean {
  if (typeof header !== 'string') return false;
  const [seconds = '', signature = ''] = header.split('.', 2);
  if (!/^\d{1,12}$/.test(seconds)) return false;
  if (Math.abs(nowMs / 1000 - Number(seconds)) > SIGNATURE_SECONDS) return false;
  const expected = Buffer.from(mac(key, `${seconds}\n${subject}`));
  const given = Buffer.from(signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}
