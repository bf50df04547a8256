// Memory backfill: `npm run memory:backfill -- --dry-run|--apply|--verify|--rollback` brings in the memories of an older table or file.

import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
requireNode();
await ensureInstalled(ROOT, () => console.log('installing packages …'));
const main = join(ROOT, 'tooling/memory-backfill/main.ts');
spawn(process.execPath, ['--import', 'tsx', main, ...process.argv.slice(2)], { stdio: 'inherit' }).on(
  'exit',
  (code) => process.exit(code ?? 1),
);
