// Turn data: a tenant that changes its image keeps the data from before; one that goes back gets it again. The tenant is
// stopped meanwhile.
//
//   T1. A copy counts when it has its final name, which it gets last; one that was broken off is made anew.
//   T2. Going back is two renames; a crash between them is found by what is missing, and finished.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { TenantFolders } from './tenant-folder.ts';

const run = promisify(execFile);
const COPY_LIMIT_MS = 600_000;

export async function turnData(
  folders: TenantFolders,
  orgId: string,
  images: { from: string; to: string },
): Promise<void> {
  const data = folders.dataDir(orgId);
  const before = folders.snapshotDir(orgId, images.to);
  if (images.from === images.to) {
    // An upgrade that never came to run left it; the tenant wrote more since.
    await rm(before, { recursive: true, force: true });
    return;
  }
  if (existsSync(before)) {
    const bad = `${data}.bad`;
    if (existsSync(data)) {
      await rm(bad, { recursive: true, force: true });
      await rename(data, bad);
    }
    await rename(before, data);
    await rm(bad, { recursive: true, force: true });
    return;
  }
  const kept = folders.snapshotDir(orgId, images.from);
  if (!existsSync(data) || existsSync(kept)) return;
  await rm(`${kept}.half`, { recursive: true, force: true });
  // Owners, modes and times stay; where the file system can, the copy shares its blocks.
  await run('cp', ['-a', '--reflink=auto', data, `${kept}.half`], { timeout: COPY_LIMIT_MS });
  await rename(`${kept}.half`, kept);
}
