// Install: makes node_modules hold what package-lock.json names, and costs a millisecond when it does already.
//
//   I1. node_modules/.molecule-lock is the digest of the lock that was installed in full; it is written last.
//   I2. A node_modules that npm filled by hand and that holds everything the lock names is accepted as it is.
//   I3. A failed install is tried once more: registries have bad moments.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';

const ATTEMPTS = 2;
const LIMIT_MS = 10 * 60_000;

/** Installs when needed. `onInstall` is told first; answers whether anything was installed. */
export async function ensureInstalled(root, onInstall = () => {}) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex');
  const stamp = join(root, 'node_modules/.molecule-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return false;
  const isNeeded = !holdsEverything(root, lock);
  if (isNeeded) {
    onInstall();
    await install(root);
  }
  writeFileSync(stamp, digest);
  return isNeeded;
}

async function install(root) {
  // NODE_ENV=production and the like would leave out the tools that build.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--fetch-retries=4'];
  const npm = process.env.npm_execpath;
  const [command, before] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  let result;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    result = await runCommand(command, [...before, ...args], { cwd: root, limitMs: LIMIT_MS });
    if (result.code === 0) return;
  }
  const tail = result.output.split('\n').slice(-30).join('\n');
  const why = result.isOverTime ? 'took longer than ten minutes' : 'failed';
  process.stderr.write(`${tail}\nnpm ci ${why}. Is the npm registry reachable? Try again with: npm ci\n`);
  process.exit(1);
}

/** True when npm's own record of node_modules names the same packages as the lock; optional ones may be absent. */
function holdsEverything(root, lock) {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(lock.toString('utf8')).packages;
  const present = JSON.parse(readFileSync(record, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue;
    const found = present[path];
    if (found ? found.version !== entry.version : !entry.optional) return false;
    if (found && !existsSync(join(root, path, entry.link ? '.' : 'package.json'))) return false;
  }
  return true;
}
