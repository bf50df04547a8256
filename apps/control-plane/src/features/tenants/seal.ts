// Seal: what the platform must keep of a tenant's credentials, unreadable in its database.
// Blob: nonce (12 bytes), ciphertext, tag (16 bytes); AES-256-GCM with the place of the value as associated data, so that
// a blob moved to another organisation or column does not open.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class Seal {
  readonly #key: Buffer;
  readonly #older: Buffer | null;

  /** Each 32 bytes as hex, base64 or as they are. The older key opens only. */
  constructor(keyText: string, olderKeyText: string | null = null) {
    this.#key = parseKey(keyText);
    this.#older = olderKeyText === null ? null : parseKey(olderKeyText);
  }

  close(text: string, place: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(Buffer.from(place));
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** Throws when the blob was changed, moved, or closed with another key. */
  open(blob: Buffer, place: string): string {
    try {
      return openWith(this.#key, blob, place);
    } catch (error) {
      if (this.#older === null) throw error;
      return openWith(this.#older, blob, place);
    }
  }
}

function openWith(key: Buffer, blob: Buffer, place: string): string {
  const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(blob.subarray(blob.length - TAG_BYTES));
  const text = decipher.update(blob.subarray(NONCE_BYTES, blob.length - TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString('utf8');
}

/** A key of the wrong length is a mistake of the operator, told as one sentence. */
export function parseKey(text: string): Buffer {
  const trimmed = text.trim();
  const candidates = [
    /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : null,
    /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed) ? Buffer.from(trimmed, 'base64') : null,
    Buffer.byteLength(trimmed) === 32 ? Buffer.from(trimmed) : null,
  ];
  const key = candidates.find((candidate) => candidate?.length === 32);
  if (key) return key;
  throw Object.assign(new Error('SECRETS_ENCRYPTION_KEY must be 32 bytes, as hex or base64'), {
    isForPeople: true,
  });
}
