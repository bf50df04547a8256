// Session reset: drops what an agent saved of its sessions, once for each reset that somebody asked for.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareFolders, type UnitPaths, writeAtomically } from '../unit-folders.ts';

/** `resetAt`: epoch milliseconds. A reset that was carried out before changes nothing; a crash in between repeats it. */
export async function dropSessionsBefore(paths: UnitPaths, resetAt: number): Promise<void> {
  const mark = join(paths.run, 'session-reset');
  if ((await readMark(mark)) >= resetAt) return;
  await rm(paths.sessions, { recursive: true, force: true });
  await prepareFolders(paths);
  await writeAtomically(mark, String(resetAt), 0o600);
}

async function readMark(path: string): Promise<number> {
  try {
    return Number(await readFile(path, 'utf8')) || 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
