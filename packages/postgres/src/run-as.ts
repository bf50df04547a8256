// Run as: Postgres refuses root and users that the system has no name for, so for those its tools run as somebody else.

import { execFile } from 'node:child_process';
import { chmod, chown, lchown, lstat, readdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The one user beside root that every system has a name for. */
const NOBODY = 65_534;
const NAMESPACE = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'];

/** How to run a tool: put `prefix` before its path, and pass `identity` to the spawn. */
export interface RunAs {
  kind: 'self' | 'namespace' | 'nobody';
  prefix: readonly string[];
  identity: { uid?: number; gid?: number };
}

/**
 * As root, or as a bare number: in a user namespace of its own, where we are somebody else and the files stay ours. Where
 * the system has no such namespaces: root becomes `nobody`, to whom the folders are handed over, and a bare number is told
 * by Postgres what it lacks.
 */
export async function chooseRunAs(): Promise<RunAs> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && hasName()) return { kind: 'self', prefix: [], identity: {} };
  try {
    await run('unshare', [...NAMESPACE, 'true'], { timeout: 5_000 });
    return { kind: 'namespace', prefix: ['unshare', ...NAMESPACE], identity: {} };
  } catch {
    if (!isRoot) return { kind: 'self', prefix: [], identity: {} };
    return { kind: 'nobody', prefix: [], identity: { uid: NOBODY, gid: NOBODY } };
  }
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false; // The system knows the number alone.
  }
}

/**
 * Makes `folders` belong to whoever the tools run as, also when that was somebody else before, and lets `nobody`
 * pass through `root`.
 */
export async function handOver(runAs: RunAs, root: string, folders: readonly string[]): Promise<void> {
  if (runAs.kind === 'self') return;
  const owner = runAs.kind === 'nobody' ? NOBODY : (process.getuid?.() ?? 0);
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
