// Writes docs/parity.md from the reports of a test run; with --check it only compares. Arguments: [--check] REPORT…

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildMatrix, printMatrix, type ReportedTest } from './matrix.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FILE = join(ROOT, 'docs/parity.md');

const [isCheck, paths] =
  process.argv[2] === '--check' ? [true, process.argv.slice(3)] : [false, process.argv.slice(2)];
const tests = paths.filter(existsSync).flatMap(readReport);
const matrix = buildMatrix(tests);
const text = printMatrix(matrix);
const problems = [...matrix.problems];
if (isCheck && (!existsSync(FILE) || shapeOf(readFileSync(FILE, 'utf8')) !== shapeOf(text))) {
  problems.push('docs/parity.md is not what the tests say now; run `npm run parity`');
}
if (!isCheck) {
  console.log(text);
  writeFileSync(FILE, text);
}
for (const problem of problems) console.log(`parity: ${problem}`);
console.log(`parity: ${matrix.cells.size} cells, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

/** Without the counts: one test more behind a cell makes no document wrong. */
function shapeOf(document: string): string {
  return document.replace(/(\| |: )\d+(?= \|)/g, '$1n');
}

function readReport(path: string): ReportedTest[] {
  const report = JSON.parse(readFileSync(path, 'utf8')) as {
    testResults: { assertionResults: ReportedTest[] }[];
  };
  return report.testResults.flatMap(({ assertionResults }) => assertionResults);
}
