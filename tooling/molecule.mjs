// Molecule: `npm run -s molecule -- <verb>` builds the command when its sources changed, and becomes it.

import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildStale } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
requireNode();
await ensureInstalled(ROOT, () => console.error('installing packages …'));
try {
  await buildStale({ only: ['cli'], onBuild: () => console.error('building the command …') });
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
await import(pathToFileURL(join(ROOT, 'apps/cli/dist/main.js')).href);
