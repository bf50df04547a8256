// Own folders: gives the folders of a process unit to the user that its agent runs as, and keeps everybody else out.
//
//   O1. Root alone enters the unit's root, its record and its log; the agent's group may pass through the root.
//   O2. A tree is handed over once: its top folder changes hands last, so that a crash in between repeats it.
//   O3. A file with a second name is left alone: the other name may be somebody else's.

import { chmod, chown, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnitPaths } from '../unit-folders.ts';

/** `uid` null: everything belongs to the server again. While the agent does not run. */
export async function handOver(paths: UnitPaths, uid: number | null): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const owner = uid ?? 0;
  await chown(paths.root, 0, owner);
  await chmod(paths.root, uid === null ? 0o700 : 0o710);
  for (const folder of [paths.configs, paths.workspace, paths.sessions]) {
    if ((await lstat(folder)).uid !== owner) await handTree(folder, owner);
  }
}

/** O2: the next hand-over goes through the whole tree. */
export async function takeBack(folder: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(folder, 0, 0);
}

async function handTree(path: string, owner: number): Promise<void> {
  const stat = await lstat(path);
  if (stat.isDirectory()) {
    for (const name of await readdir(path)) await handTree(join(path, name), owner);
  } else if (stat.nlink > 1) return;
  await lchown(path, owner, owner);
}
