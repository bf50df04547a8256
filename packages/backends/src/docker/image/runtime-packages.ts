// Runtime packages: the files of the packages that the workspace-runtime loads by name, and of what those need, placed
// as they are placed here, so that each finds the same version of what it needs.

import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const USELESS = /\.(map|md|markdown|d\.[cm]?ts|ts)$|(^|\/)(test|tests|docs|examples)\//;

export interface PackageFile {
  /** Below `node_modules` of the image. */
  path: string;
  from: string;
}

/** `names`: which of the dependencies that the folder's own manifest lists. */
export async function runtimePackages(fromDir: string, names: RegExp): Promise<PackageFile[]> {
  const found = new Map<string, string>();
  for (const name of Object.keys(await dependenciesOf(fromDir))) {
    if (names.test(name)) await gather(name, fromDir, found);
  }
  const files: PackageFile[] = [];
  for (const [path, folder] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const file of await filesBelow(folder))
      files.push({ path: `${path}/${file}`, from: join(folder, file) });
  }
  return files;
}

/** A package that is not installed is an optional one; whoever needs it says so when it runs. */
async function gather(name: string, fromDir: string, found: Map<string, string>): Promise<void> {
  const folder = await findPackage(name, fromDir);
  if (!folder) return;
  const path = folder.slice(folder.indexOf('/node_modules/') + '/node_modules/'.length);
  if (found.has(path)) return;
  found.set(path, folder);
  for (const needed of Object.keys(await dependenciesOf(folder))) {
    await gather(needed, folder, found);
  }
}

async function dependenciesOf(folder: string): Promise<Record<string, string>> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
    peerDependencies?: Record<string, string>;
  };
  return { ...manifest.dependencies, ...manifest.peerDependencies };
}

async function findPackage(name: string, fromDir: string): Promise<string | null> {
  for (let at = fromDir; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    try {
      await readFile(join(candidate, 'package.json'));
      return await realpath(candidate);
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    if (at === dirname(at)) return null;
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !USELESS.test(path) && !path.startsWith('node_modules/'))
    .sort();
}
