// Count tests: adds up the reports that vitest wrote. A file that fails before its first test counts as one failure.

import { readFileSync } from 'node:fs';

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

/** What one run of vitest came to. `exitCode` counts: an error outside every test fails the run without failing a test. */
export function judgeRun({ reportPath, exitCode }) {
  let counts;
  try {
    counts = countReport(JSON.parse(readFileSync(reportPath, 'utf8')));
  } catch (error) {
    return { ...NONE, failed: 1, why: `the run left no report (${error.message})` };
  }
  if (counts.passed + counts.failed === 0) return { ...counts, failed: 1, why: 'no test ran' };
  if (exitCode !== 0 && counts.failed === 0)
    return { ...counts, failed: 1, why: `vitest ended with ${exitCode}` };
  return { ...counts, why: null };
}
