// Repository files: the files that are, or are about to be, part of the repository; build results and installs are not.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MAX_TEXT_BYTES = 2_000_000;

/** Tracked files and new ones that git does not ignore, with `/` between folders. */
export function listFiles(root: string): string[] {
  const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = new Set(output.split('\0').filter((path) => path !== ''));
  return [...files].filter((path) => isFile(join(root, path))).sort();
}

/** Text of a file, or null for binary and very large ones. */
export function readText(root: string, path: string): string | null {
  const full = join(root, path);
  if (statSync(full).size > MAX_TEXT_BYTES) return null;
  const bytes = readFileSync(full);
  return bytes.includes(0) ? null : bytes.toString('utf8');
}

export const isTypeScript = (path: string): boolean => /\.tsx?$/.test(path) && !path.endsWith('.d.ts');

/** Tests, their own support folders, and the folders that exist for tests and measurements only. */
export function isTestCode(path: string): boolean {
  return (
    /\.(test|contract|scenario|bench)\.tsx?$/.test(path) ||
    /(^|\/)testing\//.test(path) ||
    /^(e2e|bench|tooling|packages\/testkit)\//.test(path) ||
    /(^|\/)vite(st)?\.config\.ts$/.test(path)
  );
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
