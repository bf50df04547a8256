// Read folder: the text files of one template folder, within bounds. Paths enter through one check: relative, inside the
// root, symbolic links resolved.

import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

const MAX_FILES = 200;
const MAX_FILE_BYTES = 1024 * 1024;
/** Never part of a template: values of secrets and the history of an author. */
const LEFT_OUT = new Set(['.env', '.git']);

export class FolderTooLarge extends Error {
  override readonly name = 'FolderTooLarge';
}

/** The real path of `path` below `root`, or null when it leaves the root or does not exist. */
export async function insideRoot(root: string, path: string): Promise<string | null> {
  if (path === '' || isAbsolute(path) || path.includes('\0')) return null;
  try {
    const realRoot = await realpath(root);
    const real = await realpath(resolve(realRoot, path));
    const inside = relative(realRoot, real);
    return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? null : real;
  } catch {
    return null;
  }
}

/** Every text file below an absolute folder, by relative path. Links, `.env` and `.git` are left out. Throws FolderTooLarge. */
export async function readFolder(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const walk = async (at: string): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isSymbolicLink() || LEFT_OUT.has(entry.name)) continue;
      if (entry.isDirectory()) {
        await walk(path);
        continue;
      }
      if (!entry.isFile()) continue;
      if (Object.keys(files).length >= MAX_FILES || (await stat(path)).size > MAX_FILE_BYTES) {
        throw new FolderTooLarge(`more than ${MAX_FILES} files, or one beyond ${MAX_FILE_BYTES} bytes`);
      }
      files[relative(folder, path).split(sep).join('/')] = await readFile(path, 'utf8');
    }
  };
  await walk(folder);
  return files;
}
