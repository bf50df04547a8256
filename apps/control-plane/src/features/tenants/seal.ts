// Seal: what the platform must keep of a tenant's credentials, unreadable in its database.
//
//   S1. A new value is 0x03, a key id byte, the nonce, then ciphertext and tag (see sealing in the kit), bound to
//       organisation, table, column and row: moved to any other place it does not open.
//   S2. What an earlier platform sealed (nonce, ciphertext and tag, bound to organisation, table and column) opens as
//       well. Its random nonce may begin with 0x03 by chance, so what does not open as new is tried as earlier.
//   S3. The newer key seals; the older one only opens.

import { createDecipheriv } from 'node:crypto';
import { openSeal, parseSealingKey, SealBroken, type SealingKey, seal } from '@molecule/kit';

/** S1. */
const MARK = 0x03;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Place {
  orgId: string;
  table: string;
  column: string;
  rowId: string;
}

/** What seals and opens; some ask a service for it. */
export interface Sealer {
  close(text: string, place: Place): Buffer | Promise<Buffer>;
  /** Throws SealBroken, or a Fault when a service that it needs is away. */
  open(blob: Buffer, place: Place): string | Promise<string>;
  /** False: sealed in a way that new values are not sealed in. */
  isCurrent(blob: Buffer): boolean;
}

export class Seal implements Sealer {
  readonly #key: SealingKey;
  readonly #keys: readonly SealingKey[];

  /** Each 32 bytes as hex, base64 or as they are. The older key opens only. */
  constructor(keyText: string, olderKeyText: string | null = null) {
    this.#key = keyOf(keyText, 'SECRETS_ENCRYPTION_KEY');
    const older = olderKeyText === null ? [] : [keyOf(olderKeyText, 'SECRETS_ENCRYPTION_KEY_OLD')];
    this.#keys = [this.#key, ...older];
  }

  close(text: string, place: Place): Buffer {
    return seal(this.#key, text, [place.orgId, place.table, place.column, place.rowId]);
  }

  isCurrent(blob: Buffer): boolean {
    return blob[0] === MARK;
  }

  /** Throws SealBroken when the blob was changed, moved, or closed with another key. */
  open(blob: Buffer, place: Place): string {
    try {
      return openSeal(this.#keys, blob, [place.orgId, place.table, place.column, place.rowId]).reveal();
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      return openEarlier(this.#keys, blob, `${place.orgId}/${place.table}/${place.column}`, error);
    }
  }
}

/** S2. */
function openEarlier(keys: readonly SealingKey[], blob: Buffer, place: string, broken: SealBroken): string {
  if (blob.length < NONCE_BYTES + TAG_BYTES) throw broken;
  let last: unknown = broken;
  for (const key of keys) {
    try {
      return openEarlierWith(key, blob, place);
    } catch (error) {
      last = error;
    }
  }
  throw new SealBroken('the sealed value does not open', last);
}

function openEarlierWith(key: SealingKey, blob: Buffer, place: string): string {
  const raw = Buffer.from(key.bytes.reveal(), 'base64');
  const decipher = createDecipheriv('aes-256-gcm', raw, blob.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(blob.subarray(-TAG_BYTES));
  const text = decipher.update(blob.subarray(NONCE_BYTES, -TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString('utf8');
}

/** A key of the wrong length is a mistake of the operator, told as one sentence. */
function keyOf(text: string, setting: string): SealingKey {
  try {
    return parseSealingKey(text.trim());
  } catch (cause) {
    const message = `${setting} must be 32 bytes, as hex or base64`;
    throw Object.assign(new Error(message, { cause }), { isForPeople: true });
  }
}
