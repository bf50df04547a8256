// Memory conformance: `npm run memory:conformance -- <url>` tries a memory plugin against the contract.

import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
requireNode();
await ensureInstalled(ROOT, () => console.log('installing packages …'));
const main = join(ROOT, 'tooling/memory-conformance/main.ts');
spawn(process.execPath, ['--import', 'tsx', main, ...process.argv.slice(2)], { stdio: 'inherit' }).on(
  'exit',
  (code) => process.exit(code ?? 1),
);
