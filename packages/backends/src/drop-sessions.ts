// Drop sessions: what an agent saved of its sessions goes, once for each reset that somebody asked for. The mark of the
// last reset lies with the sessions, so that it moves with them.

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from './unit-folders.ts';

const MARK = '.reset';

/** `resetAt`: epoch milliseconds. A reset that was carried out before changes nothing; a crash in between repeats it. */
export async function dropSessionsBefore(folder: string, resetAt: number): Promise<void> {
  const mark = join(folder, MARK);
  if ((await readMark(mark)) >= resetAt) return;
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
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
