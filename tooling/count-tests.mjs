// Count tests: adds up the reports that vitest wrote. A file that fails before its first test counts as one failure.

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const NONE = { passed: 0, failed: 0, skipped: 0 };

/** One report in vitest's JSON form. */
export function countReport(report) {
  const total = { ...NONE };
  for (const file of report.testResults) {
    let failedHere = 0;
    for (const { status } of file.assertionResults) {
      if (status === 'passed') total.passed++;
      else if (status === 'failed') failedHere++;
      else total.skipped++;
    }
    total.failed += file.status === 'failed' ? Math.max(1, failedHere) : failedHere;
  }
  return total;
}

/** The full names of the tests that stepped aside, each with its file. */
export function nameSkipped(report, root) {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => !['passed', 'failed'].includes(status))
      .map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
  );
}

/** What one run of vitest came to. `exitCode` counts: an error outside every test fails the run without failing a test. */
export function judgeRun({ reportPath, exitCode, root = '.' }) {
  let counts;
  try {
    const report = JSON.parse(readFileSync(reportPath, 'utf8'));
    counts = { ...countReport(report), skippedNames: nameSkipped(report, root) };
  } catch (error) {
    return { ...NONE, failed: 1, why: `the run left no report (${error.message})` };
  }
  if (counts.passed + counts.failed === 0) return { ...counts, failed: 1, why: 'no test ran' };
  if (exitCode !== 0 && counts.failed === 0)
    return { ...counts, failed: 1, why: `vitest ended with ${exitCode}` };
  return { ...counts, why: null };
}
