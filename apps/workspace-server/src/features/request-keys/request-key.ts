// Request key: the `Idempotency-Key` of a request, with whose it is and a digest of what was asked.

import { createHash } from 'node:crypto';
import { faults, LIMITS } from '@molecule/domain';
import { type Caller, describeCaller } from '@molecule/http';

export interface RequestKey {
  /** Keys of different principals never meet. */
  principal: string;
  key: string;
  /** SHA-256 of the operation's name and its parsed body. */
  digest: Buffer;
}

/** Null when the client sent none. A header of the wrong shape is INVALID_REQUEST. */
export function readRequestKey(
  caller: Caller,
  header: string | string[] | undefined,
  operation: string,
  body: unknown,
): RequestKey | null {
  if (header === undefined) return null;
  if (
    typeof header !== 'string' ||
    !/^[\x21-\x7e]+$/.test(header) ||
    header.length > LIMITS.requestKeyChars
  ) {
    throw faults.invalidRequest(
      `Idempotency-Key must be 1 to ${LIMITS.requestKeyChars} visible ASCII characters`,
    );
  }
  return { principal: principalOf(caller), key: header, digest: digestOf(operation, body) };
}

function principalOf(caller: Caller): string {
  if (caller.kind === 'org_token') return `org-token:${caller.tokenId}`;
  if (caller.kind === 'session') return `session:${caller.sessionId}`;
  return describeCaller(caller);
}

/** The order in which a client writes the fields of an object does not make another request. */
function digestOf(operation: string, body: unknown): Buffer {
  const sorted = (_name: string, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256')
    .update(JSON.stringify([operation, body], sorted))
    .digest();
}
