// Config files: what the tenant puts below /configs for an agent to read.
//
//   F1. Config and token are complete, and the token has mode 0600, before the agent starts.
//   F2. Nothing is read or written outside /configs: paths are checked, and links on the way are not followed.
//   F3. A file that an earlier start wrote and this one does not know is gone; what the agent itself wrote stays.

import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { faults } from '@molecule/domain';
import type { WorkspaceSpec } from '../backend.ts';
import { below, enter, giveTo, openOrNull, withFolder } from '../live-files.ts';
import { prepareFolders, type UnitPaths, writeAtomically } from '../unit-folders.ts';

const MAX_TREE_BYTES = 16 * 1024 * 1024;
const MAX_READ_BYTES = 5 * 1024 * 1024;
const TEXT_WITH_UNIX_LINES = /\.(sh|py|md)$/;
const TOKEN_FILE = '.auth_token';
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
let serial = 0;

type Files = Readonly<Record<string, string>>;

export async function writeConfig(paths: UnitPaths, spec: WorkspaceSpec): Promise<void> {
  if (!spec.configFiles['config.yaml']) throw faults.configMissing('this workspace has no config.yaml');
  await writeConfigFiles(paths, spec.configFiles);
  await dropForgotten(paths, Object.keys(spec.configFiles));
  await writeToken(paths, spec.authToken);
}

export async function writeConfigFiles(paths: UnitPaths, files: Files): Promise<void> {
  const targets = Object.entries(files).map(([path, content]) => ({
    parts: partsOf(paths.configs, path),
    content: TEXT_WITH_UNIX_LINES.test(path) ? content.replaceAll('\r\n', '\n') : content,
  }));
  const bytes = targets.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (bytes > MAX_TREE_BYTES) throw faults.invalidRequest('the /configs tree is larger than 16 MiB');
  await prepareFolders(paths);
  for (const { parts, content } of targets) await writeBelow(paths.configs, parts, content);
}

export async function writeToken(paths: UnitPaths, token: string): Promise<void> {
  await prepareFolders(paths);
  await writeBelow(paths.configs, [TOKEN_FILE], token);
}

/** Null when there is no such file. */
export async function readConfigFile(paths: UnitPaths, path: string): Promise<string | null> {
  const parts = partsOf(paths.configs, path);
  const folder = await enter(paths.configs, parts.slice(0, -1));
  if (!folder) return null;
  return withFolder(folder, async () => {
    const file = await openOrNull(below(folder, parts.at(-1) ?? ''), READ);
    if (!file) return null;
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return null;
      if (stat.size > MAX_READ_BYTES) throw faults.invalidRequest('the file is larger than 5 MiB');
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  });
}

/** Paths below /configs that the next start writes anew, or drops. */
export async function writtenByStart(paths: UnitPaths): Promise<Set<string>> {
  return new Set([...(await readManifest(join(paths.run, 'config-files.json'))), TOKEN_FILE]);
}

function partsOf(root: string, path: string): string[] {
  const inside = relative(root, resolve(root, path));
  const isOutside = inside === '' || inside === '..' || inside.startsWith('../') || isAbsolute(inside);
  if (path === '' || path.includes('\0') || isAbsolute(path) || path.endsWith('/') || isOutside) {
    throw faults.invalidRequest('invalid path');
  }
  return inside.split('/');
}

/** F2, also while the agent runs and moves things: each step is taken below a folder that is held open. */
async function writeBelow(root: string, parts: readonly string[], content: string): Promise<void> {
  const name = parts.at(-1) ?? '';
  const half = `.${process.pid}.${serial++}.new`;
  const folder = await makeFolders(root, parts.slice(0, -1));
  await withFolder(folder, async () => {
    const file = await open(below(folder, half), NEW_FILE, 0o600);
    try {
      await file.writeFile(content);
      await giveTo(folder, file);
      await file.close();
      await rename(below(folder, half), below(folder, name));
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(below(folder, half), { force: true });
      throw error;
    }
  });
}

/** A link or file that an agent put on the way makes room. */
async function makeFolders(root: string, parts: readonly string[]): Promise<FileHandle> {
  let at = await open(root, FOLDER & ~constants.O_NOFOLLOW);
  for (const part of parts) at = await withFolder(at, (folder) => openOrMake(folder, part));
  return at;
}

async function openOrMake(folder: FileHandle, name: string): Promise<FileHandle> {
  const there = await openOrNull(below(folder, name), FOLDER);
  if (there) return there;
  await rm(below(folder, name), { force: true });
  await mkdir(below(folder, name), { mode: 0o700 });
  const made = await open(below(folder, name), FOLDER);
  await giveTo(folder, made);
  return made;
}

async function kindOf(path: string): Promise<'nothing' | 'folder' | 'file' | 'other'> {
  try {
    const stat = await lstat(path);
    return stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'other';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'nothing';
    throw error;
  }
}

/** F3. */
async function dropForgotten(paths: UnitPaths, written: readonly string[]): Promise<void> {
  const manifest = join(paths.run, 'config-files.json');
  const known = new Set(written.map((path) => partsOf(paths.configs, path).join('/')));
  for (const path of await readManifest(manifest)) {
    if (known.has(path)) continue;
    const parts = partsOf(paths.configs, path);
    const isPlain = await everyFolder(paths.configs, parts.slice(0, -1));
    if (isPlain) await rm(join(paths.configs, ...parts), { force: true, recursive: true });
  }
  await writeAtomically(manifest, JSON.stringify([...known]), 0o600);
}

async function everyFolder(root: string, parts: readonly string[]): Promise<boolean> {
  for (let i = 1; i <= parts.length; i++) {
    if ((await kindOf(join(root, ...parts.slice(0, i)))) !== 'folder') return false;
  }
  return true;
}

async function readManifest(path: string): Promise<string[]> {
  try {
    const list: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return [];
    throw error;
  }
}
