// Tenant folder: where the process driver keeps one tenant, and what it knows about its process.
//
//   F1. What is known is written whole or not at all, and before what it tells of is done.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '@molecule/domain';

export interface Placed {
  orgId: string;
  slug: string;
  image: string;
  port: number;
  /** Where this machine reaches the tenant; absent: on loopback. */
  address?: string;
  /** The user that the tenant runs as; null when it runs as ours. */
  uid: number | null;
  pid: number | null;
  startTime: string | null;
  isStopped: boolean;
}

export class TenantFolders {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  folder(orgId: string): string {
    if (!isUuid(orgId)) throw new Error('a tenant folder is named by the id of its organisation');
    return join(this.#root, orgId);
  }

  dataDir(orgId: string): string {
    return join(this.folder(orgId), 'data');
  }

  logFile(orgId: string): string {
    return join(this.folder(orgId), 'boot.log');
  }

  exists(orgId: string): boolean {
    return existsSync(this.folder(orgId));
  }

  async list(): Promise<string[]> {
    if (!existsSync(this.#root)) return [];
    return (await readdir(this.#root)).filter(isUuid);
  }

  /** Others may pass through the folders above, and look into none of them. */
  async prepare(orgId: string, uid: number | null): Promise<void> {
    await mkdir(this.dataDir(orgId), { recursive: true });
    for (const path of [this.#root, this.folder(orgId)]) await chmod(path, 0o711);
    await chmod(this.dataDir(orgId), 0o700);
    if (uid !== null) await chown(this.dataDir(orgId), uid, uid);
  }

  async read(orgId: string): Promise<Placed | null> {
    try {
      return JSON.parse(await readFile(this.#file(orgId), 'utf8')) as Placed;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** F1. */
  async write(placed: Placed): Promise<void> {
    const next = `${this.#file(placed.orgId)}.next`;
    await writeFile(next, JSON.stringify(placed), { mode: 0o600 });
    await rename(next, this.#file(placed.orgId));
  }

  /** Where the data from before an upgrade stands, by the image that wrote it. */
  snapshotDir(orgId: string, image: string): string {
    return join(
      this.folder(orgId),
      `before-${createHash('sha256').update(image).digest('hex').slice(0, 16)}`,
    );
  }

  async dropSnapshots(orgId: string): Promise<void> {
    if (!this.exists(orgId)) return;
    const names = (await readdir(this.folder(orgId))).filter((name) => name.startsWith('before-'));
    for (const name of names) await rm(join(this.folder(orgId), name), { recursive: true, force: true });
  }

  remove(orgId: string): Promise<void> {
    return rm(this.folder(orgId), { recursive: true, force: true, maxRetries: 5 });
  }

  #file(orgId: string): string {
    return join(this.folder(orgId), 'placement.json');
  }
}
