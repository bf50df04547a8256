// Start: `npm start` on a fresh clone or an old one. Installs, builds what is stale, then becomes the server.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { requireNode } from './node-version.mjs';

requireNode();

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { sayStep, STARTED_AT } = await import('./steps.mjs');
const { ensureInstalled } = await import('./install.mjs');
const { buildStale } = await import('./build.mjs');
const { countRepeatedSignalsOnce } = await import('./repeated-signals.mjs');

await ensureInstalled(ROOT, () => sayStep('installing packages (once; a minute or so) …'));
try {
  await buildStale({ onBuild: (name) => sayStep(`building ${name} …`) });
} catch (error) {
  process.stderr.write(`\n${error.message}\n`);
  process.exit(1);
}
const main = join(ROOT, 'apps/workspace-server/dist/main.js');
if (!existsSync(main)) throw new Error(`the build left no ${main}`);
globalThis.moleculeStartedAt = STARTED_AT;
countRepeatedSignalsOnce();
await import(pathToFileURL(main).href);
