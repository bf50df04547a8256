// Live files: list, read, write and delete in the folders of a process unit, whatever the agent put there.
//
//   V1. Each step of a path is opened below the folder opened before it, and no link is followed: an agent that swaps
//       a folder for a link at any moment leads nowhere outside the root.
//   V2. A write is there whole or not at all.
//   V3. A list is cut at LIMITS.filesListed entries.
//   V4. What is written belongs to whom the folder above it belongs to.

import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { faults, LIMITS } from '@molecule/domain';
import { type FileEntry, folderParts, isEntered, isHidden, type OpenFile, pathParts } from './unit-file.ts';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
let serial = 0;

/** Null: there is no such folder. */
export async function listFolder(root: string, path: string, depth: number): Promise<FileEntry[] | null> {
  const folder = await enter(root, folderParts(path));
  if (!folder) return null;
  const found: FileEntry[] = [];
  await withFolder(folder, () => collect(folder, '', depth, found));
  return found;
}

/** Null: there is no such file. A folder, a link or a device is refused. */
export async function openFile(root: string, path: string): Promise<OpenFile | null> {
  const parts = pathParts(path);
  const folder = await enter(root, parts.slice(0, -1));
  if (!folder) return null;
  return withFolder(folder, async () => {
    const file = await openChild(folder, parts.at(-1) ?? '', FILE);
    if (!file) return null;
    const stat = await file.stat();
    if (!stat.isFile()) {
      await file.close();
      throw notRegular();
    }
    return { sizeBytes: stat.size, content: file.createReadStream({ end: Math.max(stat.size - 1, 0) }) };
  });
}

/** V2. Makes the folders on the way; mode 0644, as far as the folder above lets anybody in. */
export async function writeLiveFile(root: string, path: string, content: Uint8Array): Promise<void> {
  const parts = pathParts(path);
  const name = parts.at(-1) ?? '';
  const folder = await enterOrMake(root, parts.slice(0, -1));
  await withFolder(folder, async () => {
    const half = `.${process.pid}.${serial++}.new`;
    const file = await open(below(folder, half), NEW_FILE, 0o644);
    try {
      await file.writeFile(content);
      await giveTo(folder, file);
      await file.close();
      await rename(below(folder, half), below(folder, name));
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(below(folder, half), { force: true });
      if (isCode(error, 'EISDIR', 'ENOTEMPTY', 'EEXIST')) throw notRegular();
      throw error;
    }
  });
}

/** Says whether there was something. A folder goes with what is in it. */
export async function deleteLiveFile(root: string, path: string): Promise<boolean> {
  const parts = pathParts(path);
  const folder = await enter(root, parts.slice(0, -1));
  if (!folder) return false;
  return withFolder(folder, async () => {
    const target = below(folder, parts.at(-1) ?? '');
    try {
      await lstat(target);
    } catch (error) {
      if (isCode(error, 'ENOENT')) return false;
      throw error;
    }
    await removeTree(folder, parts.at(-1) ?? '');
    return true;
  });
}

/** V1: also what is swapped for a link meanwhile is not entered. */
async function removeTree(folder: FileHandle, name: string): Promise<void> {
  const inner = await openOrNull(below(folder, name), FOLDER);
  if (!inner) return rm(below(folder, name), { force: true });
  await withFolder(inner, async () => {
    for (const entry of await readdir(`/proc/self/fd/${inner.fd}`)) await removeTree(inner, entry);
  });
  try {
    await rmdir(below(folder, name));
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

/** V1. */
export async function enter(root: string, parts: readonly string[]): Promise<FileHandle | null> {
  let at = await openOrNull(root, FOLDER & ~constants.O_NOFOLLOW);
  for (const part of parts) {
    if (!at) return null;
    at = await step(at, part);
  }
  return at;
}

export async function enterOrMake(root: string, parts: readonly string[], mode = 0o755): Promise<FileHandle> {
  let at = await open(root, FOLDER & ~constants.O_NOFOLLOW);
  for (const part of parts) at = await withFolder(at, (folder) => stepOrMake(folder, part, mode));
  return at;
}

async function stepOrMake(folder: FileHandle, name: string, mode: number): Promise<FileHandle> {
  let isNew = true;
  try {
    await mkdir(below(folder, name), { mode });
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    isNew = false;
  }
  const next = await openOrNull(below(folder, name), FOLDER);
  if (!next) throw faults.invalidRequest('invalid path');
  if (isNew) await giveTo(folder, next);
  return next;
}

/** V4: only root can, and only root has to. */
export async function giveTo(folder: FileHandle, made: FileHandle): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await folder.stat();
  if ((await made.stat()).uid !== uid) await made.chown(uid, gid);
}

async function step(folder: FileHandle, name: string): Promise<FileHandle | null> {
  return withFolder(folder, () => openOrNull(below(folder, name), FOLDER));
}

async function openChild(folder: FileHandle, name: string, flags: number): Promise<FileHandle | null> {
  try {
    return await open(below(folder, name), flags);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
    if (isCode(error, 'ELOOP', 'ENXIO')) throw notRegular();
    throw error;
  }
}

export async function openOrNull(path: string, flags: number): Promise<FileHandle | null> {
  try {
    return await open(path, flags);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null;
    throw error;
  }
}

async function collect(folder: FileHandle, prefix: string, depth: number, found: FileEntry[]): Promise<void> {
  const entries = await readdir(`/proc/self/fd/${folder.fd}`, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (found.length >= LIMITS.filesListed) return;
    if (isHidden(entry.name)) continue;
    const path = `${prefix}${entry.name}`;
    if (!entry.isDirectory()) {
      found.push({ path, sizeBytes: await sizeOf(folder, entry.name), isFolder: false });
      continue;
    }
    found.push({ path, sizeBytes: 0, isFolder: true });
    if (depth <= 1 || !isEntered(entry.name)) continue;
    const inner = await openOrNull(below(folder, entry.name), FOLDER);
    if (inner) await withFolder(inner, () => collect(inner, `${path}/`, depth - 1, found));
  }
}

async function sizeOf(folder: FileHandle, name: string): Promise<number> {
  try {
    return (await lstat(below(folder, name))).size;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return 0;
    throw error;
  }
}

export async function withFolder<T>(folder: FileHandle, act: (folder: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await act(folder);
  } finally {
    await folder.close();
  }
}

/** A name below a folder that is held open, whatever happens to the folder's own name meanwhile. */
export function below(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

function notRegular() {
  return faults.invalidRequest('path is not a regular file');
}

export function isCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
