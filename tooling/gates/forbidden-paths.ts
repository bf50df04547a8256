// Forbidden paths: what must never be committed: installs, build results, data folders, logs, credentials, large files.

import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Gate, Violation } from './gate.ts';
import { listFiles } from './repository-files.ts';

const MAX_BYTES = 700_000;

const FORBIDDEN: readonly { pattern: RegExp; message: string }[] = [
  { pattern: /(^|\/)node_modules\//, message: 'belongs to npm' },
  { pattern: /(^|\/)(dist|coverage|test-results)\//, message: 'is a result, built from what is here' },
  { pattern: /(^|\/)\.molecule(\/|$)/, message: 'is a data folder' },
  { pattern: /(^|\/)\.env(\.(?!example$)[^/]+)?$/, message: 'holds settings of one machine' },
  { pattern: /\.log$/, message: 'is a log' },
  {
    pattern: /(^|\/)(admin-token|\.auth_token|\.netrc|\.pgpass|id_(rsa|ed25519|ecdsa))$/,
    message: 'is a credential',
  },
  { pattern: /\.(pem|key|p12|pfx|jks|keystore)$/, message: 'is a key' },
  { pattern: /(^|\/)(postmaster\.pid|PG_VERSION)$/, message: 'belongs to a database' },
  {
    pattern: /(^|\/)\.DS_Store$|\.tsbuildinfo$|\.(sqlite3?|dump|core)$/,
    message: 'is left over from a machine',
  },
];

export const forbiddenPaths: Gate = {
  name: 'nothing is committed that must not be',
  find(root) {
    return [...new Set([...listFiles(root), ...listTracked(root)])].flatMap((path) => judge(root, path));
  },
};

function judge(root: string, path: string): Violation[] {
  const found = FORBIDDEN.filter(({ pattern }) => pattern.test(path)).map(({ message }) => ({
    path,
    message,
  }));
  const bytes = statSync(join(root, path), { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > MAX_BYTES) found.push({ path, message: `has ${bytes} bytes; ${MAX_BYTES} are the limit` });
  return found;
}

/** A file that is ignored can be tracked all the same. */
function listTracked(root: string): string[] {
  const output = execFileSync('git', ['ls-files', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return output.split('\0').filter((path) => path !== '');
}
