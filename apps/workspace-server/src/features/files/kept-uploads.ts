// Kept uploads: attachments of external workspaces, which have no folder here, kept beside the tenant's data.
// Bounded for each workspace; gone with it.

import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { faults, isUuid, LIMITS } from '@molecule/domain';

export class KeptUploads {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** `name` is one that we made. Throws STORAGE_FULL beyond LIMITS.uploadsKeptBytes. */
  async write(workspaceId: string, name: string, content: Uint8Array): Promise<void> {
    const folder = this.#folder(workspaceId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await this.#bytesOf(folder)) + content.byteLength > LIMITS.uploadsKeptBytes) {
      throw faults.uploadsFull(LIMITS.uploadsKeptBytes);
    }
    const target = join(folder, name);
    await writeFile(`${target}.new`, content, { mode: 0o600, flag: 'wx' });
    await rename(`${target}.new`, target);
  }

  /** Null: there is no such file. */
  async open(workspaceId: string, name: string): Promise<{ sizeBytes: number; content: Readable } | null> {
    if (name.includes('/') || name === '..' || name === '.') return null;
    const path = join(this.#folder(workspaceId), name);
    try {
      const { size } = await stat(path);
      return { sizeBytes: size, content: createReadStream(path) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  async erase(workspaceId: string): Promise<void> {
    await rm(this.#folder(workspaceId), { recursive: true, force: true });
  }

  #folder(workspaceId: string): string {
    if (!isUuid(workspaceId)) throw faults.invalidWorkspaceId();
    return join(this.#dir, workspaceId);
  }

  async #bytesOf(folder: string): Promise<number> {
    let bytes = 0;
    for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
    return bytes;
  }
}
