// Sealing: encrypts small values so that each can be opened only in its own place, with a key of this installation.
//
//   K1. AES-256-GCM with a fresh random nonce per value. A sealed value is 0x03, a key id byte, the nonce, then
//       ciphertext and tag.
//   K2. The place (such as organisation, table, column, row) and the key's full id are additional data: a value that is
//       moved to another row, or relabelled to another key, does not open.
//   K3. A key has one spelling rule everywhere: 64 hex characters, else base64 or base64url of 32 bytes, else 32 characters.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { Secret } from './secret.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MARK = 0x03;
const HEAD_BYTES = 2 + NONCE_BYTES;

/** `id` names the key without telling it: 16 hex characters. */
export interface SealingKey {
  readonly id: string;
  readonly bytes: Secret;
}

/** Thrown when a value does not open: another key, another place, or changed bytes. Says nothing of the value. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
  }
}

/** Throws a sentence for settings when the text is no key (K3). */
export function parseSealingKey(text: string): SealingKey {
  const bytes = keyBytes(text);
  if (!bytes) {
    throw new Error('must be 64 hex characters, the base64 of 32 bytes, or 32 characters');
  }
  const id = createHash('sha256').update('molecule sealing key').update(bytes).digest('hex').slice(0, 16);
  return { id, bytes: Secret.of(bytes.toString('base64')) };
}

/** The text of a new key. */
export function generateSealingKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

export function seal(key: SealingKey, value: string, place: readonly string[]): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', rawKey(key), nonce);
  cipher.setAAD(placeBytes(key, place));
  const head = Buffer.from([MARK, idByte(key)]);
  return Buffer.concat([head, nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Tries the keys that the value may be sealed with. Throws SealBroken. */
export function openSeal(keys: readonly SealingKey[], sealed: Buffer, place: readonly string[]): Secret {
  if (sealed.length < HEAD_BYTES + TAG_BYTES || sealed[0] !== MARK)
    throw new SealBroken('not a sealed value');
  const fitting = keys.filter((key) => idByte(key) === sealed[1]);
  if (fitting.length === 0) throw new SealBroken('sealed with a key that is not here');
  let last: unknown;
  for (const key of fitting) {
    try {
      return decrypt(key, sealed.subarray(2), placeBytes(key, place));
    } catch (error) {
      last = error;
    }
  }
  throw new SealBroken('the sealed value does not open', last);
}

/** The layout of earlier installations: nonce, ciphertext and tag, bound to no place. */
export function openUnplacedSeal(keys: readonly SealingKey[], sealed: Buffer): Secret {
  let last: unknown;
  for (const key of keys) {
    try {
      return decrypt(key, sealed, null);
    } catch (error) {
      last = error;
    }
  }
  throw new SealBroken('the sealed value does not open', last);
}

function decrypt(key: SealingKey, body: Buffer, place: Buffer | null): Secret {
  if (body.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken('not a sealed value');
  const decipher = createDecipheriv('aes-256-gcm', rawKey(key), body.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  if (place) decipher.setAAD(place);
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  const text = decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8');
  return Secret.of(text + decipher.final('utf8'));
}

/** K2. As JSON, so that no two places have the same bytes. */
function placeBytes(key: SealingKey, place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify([...place, key.id]));
}

function rawKey(key: SealingKey): Buffer {
  return Buffer.from(key.bytes.reveal(), 'base64');
}

function idByte(key: SealingKey): number {
  return Number.parseInt(key.id.slice(0, 2), 16);
}

function keyBytes(text: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64');
  return Buffer.byteLength(text) === KEY_BYTES ? Buffer.from(text) : null;
}
