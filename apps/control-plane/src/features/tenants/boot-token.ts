// Boot token: what one workspace's box proves itself by while it boots: its workspace, its organisation, and what for.
// `b64url(payload).b64url(HMAC-SHA256(key, b64url(payload)))`, unpadded; the payload is compact JSON with its keys in this
// order; the key is the tenant's own token, as a signing key only.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { isUuid } from '@molecule/domain';
import { z } from 'zod';

const payload = z.object({
  wsid: z.string().refine(isUuid),
  org: z.string().refine(isUuid),
  /** Unix seconds. */
  exp: z.number().int(),
  scope: z.array(z.string().max(64)).max(8),
});
export type BootPayload = z.output<typeof payload>;

const MAX_CHARS = 1_000;

export function mintBootToken(key: string, { wsid, org, exp, scope }: BootPayload): string {
  const body = Buffer.from(JSON.stringify({ wsid, org, exp, scope })).toString('base64url');
  return `${body}.${sign(key, body)}`;
}

/** Whose token it says it is, unproven: for finding the key. Null when it is no boot token. */
export function claimedOrg(token: string): string | null {
  return read(token)?.org ?? null;
}

/** Null when the signature, the time or the shape does not hold. */
export function verifyBootToken(key: string, token: string, nowMs: number): BootPayload | null {
  const claimed = read(token);
  const [body = '', signature = ''] = token.split('.');
  const given = Buffer.from(signature);
  const expected = Buffer.from(sign(key, body));
  const isRight = given.length === expected.length && timingSafeEqual(given, expected);
  return claimed !== null && isRight && claimed.exp * 1000 > nowMs ? claimed : null;
}

function sign(key: string, body: string): string {
  return createHmac('sha256', key).update(body).digest('base64url');
}

function read(token: string): BootPayload | null {
  if (token.length > MAX_CHARS || !/^[\w-]+\.[\w-]{43}$/.test(token)) return null;
  try {
    const text = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8');
    const parsed = payload.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // What is no JSON is no token either.
  }
}
