// Password: kept as scrypt with a salt of its own, and compared in constant time.
//
//   W1. At most HASHES_AT_ONCE hashes run, so that a flood of sign-ins takes neither all threads nor all memory.
//   W2. A look-up of somebody who has no account costs as much as one that fails, so that time tells nothing.

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { Semaphore } from '@molecule/kit';

const COST = 2 ** 15;
const BLOCK = 8;
const KEY_BYTES = 32;
const HASHES_AT_ONCE = 2;

export class Passwords {
  readonly #slots = new Semaphore(HASHES_AT_ONCE);
  readonly #decoy =
    `scrypt$${COST}$${randomBytes(16).toString('base64url')}$${randomBytes(KEY_BYTES).toString('base64url')}`;

  async hash(password: string): Promise<string> {
    const salt = randomBytes(16);
    const key = await this.#derive(password, salt, COST);
    return `scrypt$${COST}$${salt.toString('base64url')}$${key.toString('base64url')}`;
  }

  /** `kept` is null when there is no such account (W2). */
  async matches(password: string, kept: string | null): Promise<boolean> {
    const [, cost = '', salt = '', key = ''] = (kept ?? this.#decoy).split('$');
    const derived = await this.#derive(password, Buffer.from(salt, 'base64url'), Number(cost));
    const expected = Buffer.from(key, 'base64url');
    return kept !== null && derived.length === expected.length && timingSafeEqual(derived, expected);
  }

  #derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
    const options = { N: cost, r: BLOCK, p: 1, maxmem: 64 * 1024 * 1024 };
    return this.#slots.run(
      () =>
        new Promise((resolve, reject) => {
          scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) =>
            error ? reject(error) : resolve(key),
          );
        }),
    );
  }
}
