// Fuzz API: `npm run fuzz:api` lets schemathesis call a fresh tenant with everything that its OpenAPI document allows and
// forbids. It finds bugs (500), undocumented statuses, and answers of another shape than documented.
//
//   F1. Bounded: the installation within three minutes, the calls within three; the same seed each time.
//   F2. Where the tool cannot be had it says `not run: schemathesis` and counts nothing as passed.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStale } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';
import { runCommand } from './run-command.mjs';
import { sayStep } from './steps.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TOOL = 'schemathesis==4.32.5';
const INSTALL_LIMIT_MS = 180_000;
/** The calls have three minutes of their own; the rest is for starting and stopping a tenant. */
const RUN_LIMIT_MS = 260_000;

requireNode();
await ensureInstalled(ROOT, () => sayStep('installing packages …'));
await buildStale({ onBuild: (target) => sayStep(`building ${target} …`) });

const folder = mkdtempSync(join(tmpdir(), 'molecule-fuzz-'));
const tool = process.env.MOLECULE_TEST_SCHEMATHESIS || (await installTool());
if (tool === null) {
  rmSync(folder, { recursive: true, force: true });
  console.log('not run: schemathesis');
  console.log('0 passed, 0 failed');
  process.exit(0);
}
sayStep('fuzzing the API …');
const { code, isOverTime } = await runCommand(
  process.execPath,
  ['--import', 'tsx', join(ROOT, 'tooling/fuzz-api/run.ts'), tool, folder],
  { cwd: ROOT, isShown: true, limitMs: RUN_LIMIT_MS },
);
rmSync(folder, { recursive: true, force: true });
if (isOverTime) console.log('0 passed, 1 failed');
process.exit(code);

/** The program in an environment of its own, or null with the reason said. */
async function installTool() {
  sayStep(`installing ${TOOL} …`);
  const endAt = Date.now() + INSTALL_LIMIT_MS;
  const steps = [
    ['python3', ['-m', 'venv', join(folder, 'venv')]],
    [join(folder, 'venv/bin/pip'), ['install', '-q', '--disable-pip-version-check', TOOL]],
  ];
  for (const [program, args] of steps) {
    const limitMs = Math.max(1, endAt - Date.now());
    const { code, output } = await runCommand(program, args, { cwd: folder, limitMs });
    if (code !== 0) {
      console.log(output.trim().split('\n').slice(-3).join('\n'));
      return null;
    }
  }
  const program = join(folder, 'venv/bin/schemathesis');
  return existsSync(program) ? program : null;
}
