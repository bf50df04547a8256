// Bench: `npm run bench -- <name>` runs bench/<name>.bench.ts against a fresh build; without a name it lists them.

import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStale } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';
import { runCommand } from './run-command.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDER = join(ROOT, 'bench');
const LIMIT_MS = 60 * 60_000;

requireNode();
const [name, ...rest] = process.argv.slice(2);
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length));
if (name === undefined || !/^[\w-]+$/.test(name) || !existsSync(join(FOLDER, `${name}.bench.ts`))) {
  console.log(`benches: ${names.join(', ') || 'none'}; run one with: npm run bench -- <name>`);
  process.exit(name === undefined ? 0 : 1);
}
await ensureInstalled(ROOT, () => console.log('installing packages …'));
await buildStale({ onBuild: (target) => console.log(`building ${target} …`) });
const { code } = await runCommand(
  process.execPath,
  ['--import', 'tsx', join(FOLDER, `${name}.bench.ts`), ...rest],
  { cwd: ROOT, isShown: true, limitMs: LIMIT_MS },
);
process.exit(code);
