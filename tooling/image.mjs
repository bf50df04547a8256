// Image: `npm run image` builds the image of workspace containers on the engine of this machine. No registry is asked.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStale } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';
import { runCommand } from './run-command.mjs';
import { sayStep } from './steps.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

requireNode();
await ensureInstalled(ROOT, () => sayStep('installing packages …'));
try {
  await buildStale({
    only: ['workspace-runtime', 'unit-program'],
    onBuild: (name) => sayStep(`building ${name} …`),
  });
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
const script = join(ROOT, 'tooling/image/run.ts');
const { code } = await runCommand(process.execPath, ['--import', 'tsx', script], {
  cwd: ROOT,
  isShown: true,
  limitMs: 300_000,
});
process.exit(code);
