// Envelope seal: each value under a data key of its own, which only a key service unwraps.
//
//   E1. A value is 0x02, the length of the wrapped key (two bytes, the higher one first), the wrapped key, the nonce, then
//       ciphertext and tag, AES-256-GCM. It is bound to its organisation, table, column and row, and so is its key.
//   E2. What opens with the static key is opened so, and the service is not asked: earlier values begin with any byte.
//   E3. An unwrapped key is remembered for five minutes, 25,000 at most, and in memory alone.
//   E4. `sealsWith: 'static'` is the way back: both open, and new values are the static key's.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { type Clock, SealBroken } from '@molecule/kit';
import type { KeyService } from './key-service.ts';
import type { Place, Seal, Sealer } from './seal.ts';

const MARK = 0x02;
const HEAD_BYTES = 3;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const REMEMBERED_MS = 5 * 60_000;
/** Two for each tenant that is looked after. */
const MAX_REMEMBERED = 25_000;

export interface EnvelopeOptions {
  clock: Clock;
  sealsWith: 'kms' | 'static';
  /** Of unwrapped keys; 25,000 unless said otherwise. */
  maxRemembered?: number;
}

export class EnvelopeSeal implements Sealer {
  readonly #static: Seal;
  readonly #service: KeyService;
  readonly #options: EnvelopeOptions;
  /** Oldest first. */
  readonly #keys = new Map<string, { key: Buffer; until: number }>();

  constructor(fallback: Seal, service: KeyService, options: EnvelopeOptions) {
    this.#static = fallback;
    this.#service = service;
    this.#options = options;
  }

  async close(text: string, place: Place): Promise<Buffer> {
    if (this.#options.sealsWith === 'static') return this.#static.close(text, place);
    const { key, wrapped } = await this.#service.generate(contextOf(place));
    try {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(placeBytes(place));
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt8(MARK, 0);
      head.writeUInt16BE(wrapped.length, 1);
      return Buffer.concat([
        head,
        wrapped,
        nonce,
        cipher.update(text, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
    } finally {
      key.fill(0);
    }
  }

  /** Throws SealBroken when the blob was changed, moved or closed by somebody else; a Fault when the service is away. */
  async open(blob: Buffer, place: Place): Promise<string> {
    let broken: unknown;
    try {
      return this.#static.open(blob, place);
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      broken = error;
    }
    const parts = partsOf(blob);
    if (!parts) throw broken;
    const key = await this.#unwrap(parts.wrapped, place);
    if (!key) throw new SealBroken('the sealed value does not open', broken);
    return openWith(key, parts.body, place);
  }

  isCurrent(blob: Buffer): boolean {
    return this.#options.sealsWith === 'static' ? this.#static.isCurrent(blob) : partsOf(blob) !== null;
  }

  /** E3. */
  async #unwrap(wrapped: Buffer, place: Place): Promise<Buffer | null> {
    const now = this.#options.clock.now();
    const name = createHash('sha256').update(placeBytes(place)).update(wrapped).digest('base64');
    const known = this.#keys.get(name);
    if (known && known.until > now) return known.key;
    const key = await this.#service.unwrap(wrapped, contextOf(place));
    if (!key) return null;
    this.#forget(name);
    this.#keys.set(name, { key, until: now + REMEMBERED_MS });
    for (const [oldest, { until }] of this.#keys) {
      if (this.#keys.size <= (this.#options.maxRemembered ?? MAX_REMEMBERED) && until > now) break;
      this.#forget(oldest);
    }
    return key;
  }

  /** Not wiped: somebody may be opening with it at this moment. */
  #forget(name: string): void {
    this.#keys.delete(name);
  }
}

/** E1; null where the bytes cannot be such a value. */
function partsOf(blob: Buffer): { wrapped: Buffer; body: Buffer } | null {
  if (blob.length < HEAD_BYTES || blob[0] !== MARK) return null;
  const bodyAt = HEAD_BYTES + blob.readUInt16BE(1);
  if (bodyAt === HEAD_BYTES || blob.length < bodyAt + NONCE_BYTES + TAG_BYTES) return null;
  return { wrapped: blob.subarray(HEAD_BYTES, bodyAt), body: blob.subarray(bodyAt) };
}

function openWith(key: Buffer, body: Buffer, place: Place): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(placeBytes(place));
    decipher.setAuthTag(body.subarray(-TAG_BYTES));
    return (
      decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    );
  } catch (error) {
    throw new SealBroken('the sealed value does not open', error);
  }
}

/** As JSON, so that no two places have the same bytes. */
function placeBytes({ orgId, table, column, rowId }: Place): Buffer {
  return Buffer.from(JSON.stringify([orgId, table, column, rowId]));
}

/** The service writes it into its own log, and may let a role use the key for one organisation only. */
function contextOf({ orgId, table, column }: Place) {
  return { org_id: orgId, table, column };
}
