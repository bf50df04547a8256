// Key ring: the key that secrets are sealed with, and the older ones that still open some of them.
//
//   R1. A key is on the disk before anything is sealed with it, and stays there while anything needs it.
//   R2. The key file has mode 0600 and is replaced in one step; its first line is the key in use.

import { chmod, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { faults } from '@molecule/domain';
import { generateSealingKey, parseSealingKey, type SealingKey, type Secret } from '@molecule/kit';

const FILE = 'secrets-key';

export interface KeySettings {
  dataDir: string;
  /** SECRETS_ENCRYPTION_KEY; null: the key is generated into the data folder. */
  secretsKey: Secret | null;
  /** The key before it, while secrets are still sealed with that one. */
  previousSecretsKey: Secret | null;
}

interface KeptKey {
  text: string;
  key: SealingKey;
}

export class KeyRing {
  readonly #file: string;
  readonly #fromEnvironment: readonly SealingKey[];
  #kept: KeptKey[];

  private constructor(file: string, fromEnvironment: readonly SealingKey[], kept: KeptKey[]) {
    this.#file = file;
    this.#fromEnvironment = fromEnvironment;
    this.#kept = kept;
  }

  static async load(settings: KeySettings): Promise<KeyRing> {
    const file = join(settings.dataDir, FILE);
    const fromEnvironment = [settings.secretsKey, settings.previousSecretsKey].flatMap((key) =>
      key ? [parseSealingKey(key.reveal())] : [],
    );
    const ring = new KeyRing(file, fromEnvironment, await readKeys(file));
    if (!settings.secretsKey && ring.#kept.length === 0) await ring.#keep([newKey()]);
    return ring;
  }

  /** New seals are made with it. */
  get current(): SealingKey {
    const key = this.isGenerated ? this.#kept[0]?.key : this.#fromEnvironment[0];
    if (!key) throw new Error('there is no key to seal secrets with');
    return key;
  }

  /** Every key that may open something, the current one first. */
  get all(): readonly SealingKey[] {
    const { current } = this;
    const others = [...this.#fromEnvironment, ...this.#kept.map(({ key }) => key)];
    return [current, ...others.filter(({ id }) => id !== current.id)];
  }

  /** True: the key lives in the data folder and this program may replace it. */
  get isGenerated(): boolean {
    return this.#fromEnvironment.length === 0;
  }

  /** Puts a new key in front; the others stay until `dropOthers` (R1). */
  async addKey(): Promise<void> {
    if (!this.isGenerated) {
      throw faults.conflict(
        'the key comes from SECRETS_ENCRYPTION_KEY: move it to SECRETS_ENCRYPTION_KEY_PREVIOUS, set a new one, and start the server again',
      );
    }
    const taken = new Set(this.#kept.map(({ key }) => key.id.slice(0, 2)));
    let made = newKey();
    while (taken.has(made.key.id.slice(0, 2))) made = newKey();
    await this.#keep([made, ...this.#kept]);
  }

  /** Nothing is sealed with another key any more. */
  async dropOthers(): Promise<void> {
    if (this.isGenerated && this.#kept.length > 1) await this.#keep(this.#kept.slice(0, 1));
  }

  async #keep(keys: KeptKey[]): Promise<void> {
    const partial = `${this.#file}.partial`;
    const handle = await open(partial, 'w', 0o600);
    try {
      await handle.writeFile(`${keys.map(({ text }) => text).join('\n')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(partial, 0o600);
    await rename(partial, this.#file);
    this.#kept = keys;
  }
}

function newKey(): KeptKey {
  const text = generateSealingKey();
  return { text, key: parseSealingKey(text) };
}

async function readKeys(file: string): Promise<KeptKey[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((text) => ({ text, key: parseSealingKey(text) }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
