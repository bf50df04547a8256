// Run: starts a fresh tenant with a few workspaces, lets schemathesis call every operation, and counts operations.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant } from '../../e2e/support/tenant.ts';
import { readReport } from './read-report.ts';

const HOOKS = join(dirname(fileURLToPath(import.meta.url)), 'server_errors.py');
const LIMIT_MS = 180_000;
const SEED = '1';
const EXAMPLES = '6';
const CHECKS = [
  'only_documented_server_errors',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];
/** Their answers have no end; scenarios call them. */
const ENDLESS = ['streamWorkspaceEvents', 'followEvents'];
const SHOWN_CHARACTERS = 12_000;

const [tool = '', folder = ''] = process.argv.slice(2);

async function main(): Promise<number> {
  console.log(`left out: ${ENDLESS.join(', ')} (their answers have no end)`);
  const tenant = await startScenarioTenant();
  try {
    const manager = await addExternalAgent(tenant, 'manager');
    await addExternalAgent(tenant, 'worker', manager.id);
    const { isOverTime, output } = await fuzz(tenant);
    return judge(isOverTime, output);
  } finally {
    await tenant.stop();
  }
}

function fuzz(tenant: ScenarioTenant): Promise<{ isOverTime: boolean; output: string }> {
  const args = [
    'run',
    `${tenant.url}/openapi.json`,
    ...['--header', `Authorization: Bearer ${tenant.adminToken}`],
    ...['--checks', CHECKS.join(',')],
    ...ENDLESS.flatMap((name) => ['--exclude-operation-id', name]),
    ...['--phases', 'examples,coverage,fuzzing', '--max-examples', EXAMPLES, '--seed', SEED],
    ...['--generation-database', 'none', '--request-timeout', '10', '--no-color'],
    ...['--report', 'junit', '--report-dir', folder],
  ];
  const env = { ...process.env, SCHEMATHESIS_HOOKS: HOOKS };
  return new Promise((resolve) => {
    const limits = { timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
    execFile(tool, args, { cwd: folder, env, ...limits }, (error, stdout, stderr) => {
      resolve({ isOverTime: error?.killed === true, output: `${stdout}${stderr}` });
    });
  });
}

function judge(isOverTime: boolean, output: string): number {
  if (isOverTime) return end(0, 1, `not done after ${LIMIT_MS / 1000} s`);
  const file = readdirSync(folder).find((name) => name.startsWith('junit'));
  if (!file) return end(0, 1, `it left no report:\n${output.slice(-SHOWN_CHARACTERS)}`);
  const { passed, failures } = readReport(readFileSync(join(folder, file), 'utf8'));
  const shown = failures.map(({ name, text }) => `FAIL  ${name}\n${text}`).join('\n\n');
  if (passed + failures.length === 0) return end(0, 1, 'no operation was called');
  return end(passed, failures.length, shown.slice(0, SHOWN_CHARACTERS));
}

function end(passed: number, failed: number, why: string): number {
  if (why !== '') console.log(why);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.log(error instanceof Error ? error.stack : String(error));
    console.log('0 passed, 1 failed');
    process.exit(1);
  },
);
