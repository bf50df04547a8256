// Source fingerprint: tells whether something was built from exactly the sources that are here now.
// Size and modification time are compared first, which is cheap; a fresh checkout or a touched file changes only those,
// so contents decide before anything is built again.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files that never reach a bundle. */
const TESTS = /\.(test|contract)\.tsx?$|\/testing\//;

function filesOf(root, sources) {
  const files = [];
  const visit = (path) => {
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    if (!stat) return;
    if (stat.isDirectory())
      for (const entry of readdirSync(join(root, path)).sort()) visit(`${path}/${entry}`);
    else if (!TESTS.test(path)) files.push({ path, seen: `${path}:${stat.size}:${stat.mtimeMs}` });
  };
  for (const source of sources) visit(source);
  return files;
}

function digestSeen(files) {
  return createHash('sha256')
    .update(files.map((file) => file.seen).join('\n'))
    .digest('hex');
}

function digestContents(root, files) {
  const hash = createHash('sha256');
  for (const { path } of files)
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  return hash.digest('hex');
}

export function isBuiltFrom(root, sources, stamp) {
  if (!existsSync(stamp)) return false;
  const files = filesOf(root, sources);
  const [seen, contents] = readFileSync(stamp, 'utf8').split('\n');
  if (seen === digestSeen(files)) return true;
  if (contents !== digestContents(root, files)) return false;
  writeFileSync(stamp, `${digestSeen(files)}\n${contents}\n`);
  return true;
}

/** Take it before building: what is edited during a build is then seen as new. */
export function fingerprint(root, sources) {
  const files = filesOf(root, sources);
  return `${digestSeen(files)}\n${digestContents(root, files)}\n`;
}

export function keepBuiltFrom(stamp, fingerprintBefore) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprintBefore);
}
