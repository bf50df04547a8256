// Postgres log: what the server itself prints, in a bounded file. A file and not a pipe, which would end with us while the
// server lives on.

import { closeSync, openSync } from 'node:fs';
import { open, stat, truncate } from 'node:fs/promises';

const MAX_BYTES = 4 * 1024 * 1024;
const TAIL_BYTES = 2_000;

export class PostgresLog {
  readonly #path: string;
  /** Where the present run of the server begins. */
  #startBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Runs `use` with a descriptor that appends; the child keeps its own copy. */
  async withDescriptor<T>(use: (fd: number) => T): Promise<T> {
    await this.keepBounded();
    this.#startBytes = await this.#size();
    const fd = openSync(this.#path, 'a', 0o600);
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** The writer appends, so emptying the file under it is safe. */
  async keepBounded(): Promise<void> {
    if ((await this.#size()) <= MAX_BYTES) return;
    await truncate(this.#path, 0);
    this.#startBytes = 0;
  }

  /** The end of what the present run said. */
  async tail(): Promise<string> {
    const size = await this.#size();
    const from = Math.max(this.#startBytes, size - TAIL_BYTES);
    if (size <= from) return '';
    const file = await open(this.#path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      return buffer.toString('utf8', 0, bytesRead).trim();
    } finally {
      await file.close();
    }
  }

  async #size(): Promise<number> {
    return (await stat(this.#path).catch(() => null))?.size ?? 0;
  }
}
