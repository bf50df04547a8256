// Run as: Postgres refuses root, so as root its tools run as somebody else.

import { execFile } from 'node:child_process';
import { chmod, chown, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NOBODY = 65_534;
const NAMESPACE = ['--user', '--map-user=1000', '--map-group=1000', '--'];

/** How to run a tool: put `prefix` before its path, and pass `identity` to the spawn. */
export interface RunAs {
  kind: 'self' | 'namespace' | 'nobody';
  prefix: readonly string[];
  identity: { uid?: number; gid?: number };
}

/**
 * As root: in a user namespace of its own, where root is somebody else and the files stay root's. Where the system has no
 * such namespaces: as `nobody`, to whom the folders are handed over.
 */
export async function chooseRunAs(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { kind: 'self', prefix: [], identity: {} };
  try {
    await run('unshare', [...NAMESPACE, 'true'], { timeout: 5_000 });
    return { kind: 'namespace', prefix: ['unshare', ...NAMESPACE], identity: {} };
  } catch {
    return { kind: 'nobody', prefix: [], identity: { uid: NOBODY, gid: NOBODY } };
  }
}

/**
 * As root: makes `folders` belong to whoever the tools run as, also when that was somebody else before, and lets `nobody`
 * pass through `root`.
 */
export async function handOver(runAs: RunAs, root: string, folders: readonly string[]): Promise<void> {
  if (runAs.kind === 'self') return;
  const owner = runAs.kind === 'nobody' ? NOBODY : 0;
  // Entering only: what else stands in there keeps its own mode.
  if (runAs.kind === 'nobody') await chmod(root, 0o711);
  for (const folder of folders) await giveAll(folder, owner);
}

/** The folder itself last: it tells that all in it is done. */
async function giveAll(path: string, owner: number): Promise<void> {
  if ((await lstat(path)).uid === owner) return;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) await giveAll(inside, owner);
    else await lchown(inside, owner, owner);
  }
  await chown(path, owner, owner);
}
