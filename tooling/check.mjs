// Check: `npm run check`: format and lint, types, and the gates of the house, two at a time.
// `npm run check -- house` runs one group only.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';
import { runCommand } from './run-command.mjs';
import { sayStep } from './steps.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SIDE_BY_SIDE = 2;
const SHOWN_PROBLEMS = 60;

const JOBS = [
  { name: 'types', run: () => runGates('types') },
  { name: 'types-canvas', run: () => runGates('types-canvas') },
  { name: 'lint', run: runLint },
  { name: 'house', run: () => runGates('house') },
];

requireNode();
const asked = process.argv.slice(2);
const jobs = JOBS.filter(({ name }) => asked.length === 0 || asked.includes(name));
if (jobs.length === 0) {
  process.stderr.write(`there is no such check; choose from ${JOBS.map(({ name }) => name).join(', ')}\n`);
  process.exit(1);
}
await ensureInstalled(ROOT, () => sayStep('installing packages …'));

let passed = 0;
let failed = 0;
const waiting = [...jobs];
await Promise.all(
  Array.from({ length: SIDE_BY_SIDE }, async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) (await job.run()).forEach(show);
  }),
);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function show({ name, problems }) {
  if (problems.length === 0) {
    passed++;
    sayStep(`ok    ${name}`);
    return;
  }
  failed++;
  sayStep(`FAIL  ${name}`);
  for (const problem of problems.slice(0, SHOWN_PROBLEMS))
    console.log(`      ${problem.replace(/\n/g, '\n      ')}`);
  if (problems.length > SHOWN_PROBLEMS) console.log(`      … and ${problems.length - SHOWN_PROBLEMS} more`);
}

async function runLint() {
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const args = ['check', '--error-on-warnings', '--max-diagnostics=30', '--colors=off', '.'];
  const { code, output } = await runCommand(process.execPath, [biome, ...args], {
    cwd: ROOT,
    limitMs: 120_000,
  });
  return [
    { name: 'format and lint (npm run format mends most)', problems: code === 0 ? [] : [output.trim()] },
  ];
}

async function runGates(group) {
  const script = join(ROOT, 'tooling/gates/run.ts');
  const { code, output } = await runCommand(process.execPath, ['--import', 'tsx', script, group], {
    cwd: ROOT,
    limitMs: 300_000,
  });
  const last = output.trim().split('\n').at(-1) ?? '';
  if (code === 0 && last.startsWith('[')) return JSON.parse(last);
  return [{ name: group, problems: [`the check itself broke (${code}):\n${output.slice(-4_000)}`] }];
}
