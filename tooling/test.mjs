// Test: `npm test`. Installs what npm can, runs every test that this machine allows, and names what it left out.
// Words after `--` choose files (`npm test -- packages/kit`); `--project unit` chooses a kind of test.
// With CI=true or --strict, leaving anything out is a failure, but for what MOLECULE_TEST_EXCUSED names (`Docker`, say):
// what a machine cannot have. It is named all the same.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildStale } from './build.mjs';
import { judgeRun } from './count-tests.mjs';
import { ensureInstalled } from './install.mjs';
import { findMachineNeeds } from './machine-needs.mjs';
import { requireNode } from './node-version.mjs';
import { runCommand } from './run-command.mjs';
import { sayStep } from './steps.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** One stage after the other. The lanes of a stage run beside each other, the projects of a lane in their order. */
const STAGES = [
  [[{ name: 'unit', limitMs: 15 * 60_000, needsBuild: false }]],
  [
    [{ name: 'db', limitMs: 15 * 60_000, needsBuild: false }],
    [{ name: 'docker', limitMs: 15 * 60_000, needsBuild: true, needs: 'MOLECULE_TEST_DOCKER' }],
  ],
  [
    [{ name: 'e2e', limitMs: 45 * 60_000, needsBuild: true }],
    [
      { name: 'e2e-containers', limitMs: 35 * 60_000, needsBuild: true },
      { name: 'e2e-waiting', limitMs: 10 * 60_000, needsBuild: true },
    ],
  ],
];
const PROJECTS = STAGES.flat(2);

/** So many tests that step aside are named; the rest is counted. */
const SHOWN_NAMES = 40;

requireNode();
const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: { strict: { type: 'boolean' }, project: { type: 'string', multiple: true } },
});
const isStrict = options.strict === true || /^(1|true)$/i.test(process.env.CI ?? '');
const chosen = PROJECTS.filter(({ name }) => !options.project || options.project.includes(name));
if (chosen.length === 0) {
  process.stderr.write(
    `there is no such project; choose from ${PROJECTS.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(1);
}

await ensureInstalled(ROOT, () => sayStep('installing packages …'));
const needs = findMachineNeeds(process.env);
const env = { ...process.env };
for (const { variable, value } of needs) if (value) env[variable] = value;
const excused = new Set((process.env.MOLECULE_TEST_EXCUSED ?? '').split(',').filter(Boolean));
const isMissing = (variable) => needs.some((need) => need.variable === variable && !need.value);

const folder = mkdtempSync(join(tmpdir(), 'molecule-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const steppedAside = [];
const failed = [];
const secondAttempts = [];
for (const stage of STAGES) {
  const lanes = stage.map((lane) =>
    lane.filter((project) => chosen.includes(project) && !(project.needs && isMissing(project.needs))),
  );
  if (!(await isBuilt(lanes.flat()))) continue;
  await Promise.all(
    lanes.map(async (lane) => {
      for (const project of lane) await runAndCount(project);
    }),
  );
}
if (filters.length === 0 && chosen.length === PROJECTS.length && !isMissing('MOLECULE_TEST_DOCKER')) {
  if (await isParityBroken()) total.failed++;
  else total.passed++;
}
rmSync(folder, { recursive: true, force: true });
if (total.passed + total.failed === 0) {
  console.log('no test ran');
  total.failed = 1;
}
const { leftOut, notRun } = listLeftOut();
for (const line of secondAttempts) console.log(`passed when tried again: ${line}`);
for (const line of failed) console.log(`failed: ${line}`);
for (const line of notRun) console.log(`not run: ${line}`);
for (const line of leftOut) console.log(`left out: ${line}`);
const isGreen = total.failed === 0 && !(isStrict && leftOut.length > 0);
if (isStrict && leftOut.length > 0) console.log('failed, because something was left out');
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(isGreen ? 0 : 1);

/** False, said and counted as a failure, where what the projects need cannot be built. */
async function isBuilt(projects) {
  if (!projects.some(({ needsBuild }) => needsBuild)) return true;
  try {
    await buildStale({ onBuild: (target) => sayStep(`building ${target} …`) });
    return true;
  } catch (error) {
    console.log(error.message);
    sayStep(`${projects.map(({ name }) => name).join(', ')}: the build failed`);
    total.failed += projects.length;
    return false;
  }
}

async function runAndCount(project) {
  const {
    why,
    skippedNames = [],
    failedNames = [],
    secondAttempts: again = [],
    ...counts
  } = await runProject(project);
  steppedAside.push(...skippedNames);
  secondAttempts.push(...again);
  failed.push(...failedNames);
  if (counts.failed > failedNames.length) failed.push(`${project.name}: ${why ?? 'see above'}`);
  for (const key of Object.keys(total)) total[key] += counts[key];
  sayStep(`${project.name}: ${counts.passed} passed, ${counts.failed} failed${why ? ` (${why})` : ''}`);
}

async function runProject({ name, limitMs }) {
  sayStep(`running the ${name} tests …`);
  const reportPath = join(folder, `${name}.json`);
  const { code, isOverTime } = await runCommand(
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      name,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportPath}`,
      ...(filters.length > 0 ? ['--passWithNoTests'] : []),
      ...filters,
    ],
    { cwd: ROOT, env, isShown: true, limitMs },
  );
  if (isOverTime)
    return { passed: 0, failed: 1, skipped: 0, why: `not done after ${limitMs / 60_000} minutes` };
  const judged = judgeRun({ reportPath, exitCode: code, root: ROOT });
  const isNothingChosen = filters.length > 0 && judged.why === 'no test ran' && code === 0;
  return isNothingChosen ? { ...judged, failed: 0, why: 'nothing matches' } : judged;
}

/** The matrix of the backends, out of the reports of this run, is whole and as docs/parity.md says. */
async function isParityBroken() {
  const reports = PROJECTS.map(({ name }) => join(folder, `${name}.json`));
  const { code } = await runCommand(
    process.execPath,
    ['--import', 'tsx', join(ROOT, 'tooling/parity/run.ts'), '--check', ...reports],
    { cwd: ROOT, isShown: true, limitMs: 60_000 },
  );
  return code !== 0;
}

function listLeftOut() {
  const lines = PROJECTS.filter((project) => !chosen.includes(project)).map(
    ({ name }) => `the ${name} tests (not asked for)`,
  );
  if (filters.length > 0) lines.push(`everything that does not match ${filters.join(' ')}`);
  const sources = testSources();
  const notRun = [];
  const isExcused = [];
  for (const { name, variable, value, isAskedForIn } of needs) {
    const asking = sources.filter(({ text }) => isAskedForIn(text));
    if (value || asking.length === 0) continue;
    if (excused.has(name)) {
      notRun.push(`${name.toLowerCase()} (${asking.length} files ask for it)`);
      isExcused.push(...asking.map(({ path }) => `${path}: `));
    } else lines.push(`what needs ${name} (${asking.length} files ask for it; ${variable} says where it is)`);
  }
  const aside = steppedAside.filter((test) => !isExcused.some((file) => test.startsWith(file)));
  lines.push(...aside.slice(0, SHOWN_NAMES));
  const more = aside.length - SHOWN_NAMES;
  if (more > 0) lines.push(`${more} more tests that step aside`);
  return { leftOut: lines, notRun };
}

function testSources() {
  const files = [];
  const visit = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (['node_modules', 'dist'].includes(entry.name)) continue;
      const inner = join(path, entry.name);
      if (entry.isDirectory()) visit(inner);
      else if (/\.tsx?$/.test(entry.name))
        files.push({ path: relative(ROOT, inner), text: readFileSync(inner, 'utf8') });
    }
  };
  for (const folderName of ['packages', 'apps', 'e2e']) visit(join(ROOT, folderName));
  return files;
}
