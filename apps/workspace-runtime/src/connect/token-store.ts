// Token store: the workspace's own credential, in `<tokenDir>/.auth_token`.
//
//   T1. The file is readable by its owner only, and is replaced whole or not at all.
//   T2. The token in memory is the one that was read or stored last.

import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

export class TokenStore {
  readonly #path: string;
  readonly #fallback: string | null;
  #token: string | null = null;

  /** `fallback` is a token from the environment, used while there is no file. */
  constructor(tokenDir: string, fallback: string | null) {
    this.#path = join(tokenDir, '.auth_token');
    this.#fallback = fallback;
  }

  get current(): string | null {
    return this.#token;
  }

  /** Reads the file again; whether the token differs from the one before. */
  async reload(): Promise<boolean> {
    const before = this.#token;
    this.#token = (await this.#read()) ?? this.#fallback;
    return this.#token !== before;
  }

  async store(token: string): Promise<void> {
    const folder = join(this.#path, '..');
    await mkdir(folder, { recursive: true });
    const temporary = `${this.#path}.${randomBytes(6).toString('hex')}`;
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(`${token}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await chmod(temporary, 0o600);
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    this.#token = token;
  }

  async #read(): Promise<string | null> {
    try {
      const text = (await readFile(this.#path, 'utf8')).trim();
      return text === '' ? null : text;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }
}
