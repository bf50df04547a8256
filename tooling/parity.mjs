// Parity: `npm run parity` runs the suite of the backends and the scenarios that name a cell of the matrix, on every backend,
// prints features × backends and writes docs/parity.md. It needs a container engine, as `npm test` does.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStale } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { findMachineNeeds } from './machine-needs.mjs';
import { requireNode } from './node-version.mjs';
import { runCommand } from './run-command.mjs';
import { sayStep } from './steps.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LIMIT_MS = 15 * 60_000;
/** Where the marks stand. */
const SOURCES = {
  unit: [
    'packages/backends/src/process',
    'packages/backends/src/cloud',
    'packages/backends/src/fake',
    'packages/backends/src/external',
  ],
  docker: ['packages/backends/src/docker/docker-backend.docker.test.ts'],
  e2e: ['e2e/parity.scenario.ts', 'e2e/switch-backend.scenario.ts'],
};

requireNode();
await ensureInstalled(ROOT, () => sayStep('installing packages …'));
await buildStale({ onBuild: (target) => sayStep(`building ${target} …`) });
const env = { ...process.env };
for (const { variable, value } of findMachineNeeds(process.env)) if (value) env[variable] = value;
if (!env.MOLECULE_TEST_DOCKER) {
  process.stderr.write('no container engine answers (DOCKER_HOST): its column cannot be filled\n');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'molecule-parity-'));
const reports = [];
let isRed = false;
for (const [project, files] of Object.entries(SOURCES)) {
  sayStep(`running the ${project} tests of the backends …`);
  const report = join(folder, `${project}.json`);
  reports.push(report);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--project', project, '--reporter=json', `--outputFile.json=${report}`, ...files];
  const { code } = await runCommand(process.execPath, [vitest, ...args], {
    cwd: ROOT,
    env,
    limitMs: LIMIT_MS,
  });
  if (code !== 0) {
    isRed = true;
    for (const name of failedIn(report)) console.log(`failed: ${name}`);
  }
}
const script = join(ROOT, 'tooling/parity/run.ts');
const { code } = await runCommand(process.execPath, ['--import', 'tsx', script, ...reports], {
  cwd: ROOT,
  isShown: true,
  limitMs: 60_000,
});
rmSync(folder, { recursive: true, force: true });
process.exit(code === 0 && !isRed ? 0 : 1);

function failedIn(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    );
  } catch (error) {
    return [`the run left no report (${error.message})`];
  }
}
