// Config files: what the tenant puts below /configs for an agent to read.
//
//   F1. Config and token are complete, and the token has mode 0600, before the agent starts.
//   F2. Nothing is read or written outside /configs: paths are checked, and links on the way are not followed.
//   F3. A file that an earlier start wrote and this one does not know is gone; what the agent itself wrote stays.

import { constants } from 'node:fs';
import { lstat, mkdir, open, readFile, rm } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { faults } from '@molecule/domain';
import type { WorkspaceSpec } from '../backend.ts';
import { prepareFolders, type UnitPaths, writeAtomically } from '../unit-folders.ts';

const MAX_TREE_BYTES = 16 * 1024 * 1024;
const MAX_READ_BYTES = 5 * 1024 * 1024;
const TEXT_WITH_UNIX_LINES = /\.(sh|py|md)$/;
const TOKEN_FILE = '.auth_token';

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
  for (const { parts, content } of targets) {
    await makeFolders(paths.configs, parts.slice(0, -1));
    await writeAtomically(join(paths.configs, ...parts), content, 0o600);
  }
}

export async function writeToken(paths: UnitPaths, token: string): Promise<void> {
  await prepareFolders(paths);
  await writeAtomically(join(paths.configs, TOKEN_FILE), token, 0o600);
}

/** Null when there is no such file. */
export async function readConfigFile(paths: UnitPaths, path: string): Promise<string | null> {
  const parts = partsOf(paths.configs, path);
  for (let i = 1; i < parts.length; i++) {
    if ((await kindOf(join(paths.configs, ...parts.slice(0, i)))) !== 'folder') return null;
  }
  const target = join(paths.configs, ...parts);
  if ((await kindOf(target)) !== 'file') return null;
  const file = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    if (size > MAX_READ_BYTES) throw faults.invalidRequest('the file is larger than 5 MiB');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
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

/** Folders on the way; a link or file that an agent put there makes room. */
async function makeFolders(root: string, parts: readonly string[]): Promise<void> {
  let at = root;
  for (const part of parts) {
    at = join(at, part);
    const kind = await kindOf(at);
    if (kind === 'folder') continue;
    if (kind !== 'nothing') await rm(at, { force: true });
    await mkdir(at, { mode: 0o700 });
  }
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
