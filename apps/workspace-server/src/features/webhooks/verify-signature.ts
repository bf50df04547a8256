// Verify signature: is this body signed with the secret that both sides know? Compared in constant time.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@molecule/kit';

const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

/** `header` is GitHub's `X-Hub-Signature-256`: the HMAC-SHA256 of the raw body. */
export function isSigned(secret: Secret, rawBody: Buffer, header: string | undefined): boolean {
  const given = SIGNATURE.exec(header ?? '')?.[1];
  const expected = createHmac('sha256', secret.reveal()).update(rawBody).digest();
  return (
    timingSafeEqual(expected, given ? Buffer.from(given, 'hex') : Buffer.alloc(expected.length)) &&
    given !== undefined
  );
}
