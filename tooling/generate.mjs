// Generate: `npm run generate` writes every file that is made from sources.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';
import { runCommand } from './run-command.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

requireNode();
await ensureInstalled(ROOT, () => console.log('installing packages …'));
const script = join(ROOT, 'tooling/generate/run.ts');
const { code } = await runCommand(process.execPath, ['--import', 'tsx', script], {
  cwd: ROOT,
  isShown: true,
  limitMs: 120_000,
});
process.exit(code);
