// Count tests: adds up the reports that vitest wrote. A file that fails before its first test counts as one failure.

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

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

/** The full names of the tests that failed, each with its file and the first line of why; a file that failed whole, too. */
export function nameFailed(report, root) {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const path = relative(root, name);
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `${path}: ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`);
    return failed.length > 0 || status !== 'failed' ? failed : [`${path}: ${firstLine(message)}`];
  });
}

/** The full names of the tests that failed at first and passed when they were tried again. */
export function nameSecondAttempts(report, root) {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, meta }) => status === 'passed' && meta?.failedAttempts > 0)
      .map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
  );
}

/** What vitest writes there of a test that took too long. */
const OVER_TIME = 'Error: STACK_TRACE_ERROR';
const firstLine = (text) => firstOf(text).replace(OVER_TIME, 'it took longer than it may');
const firstOf = (text) =>
  stripVTControlCharacters(text ?? '')
    .split('\n', 1)[0]
    .slice(0, 300);

/** What one run of vitest came to. `exitCode` counts: an error outside every test fails the run without failing a test. */
export function judgeRun({ reportPath, exitCode, root = '.' }) {
  let counts;
  try {
    const report = JSON.parse(readFileSync(reportPath, 'utf8'));
    counts = {
      ...countReport(report),
      skippedNames: nameSkipped(report, root),
      failedNames: nameFailed(report, root),
      secondAttempts: nameSecondAttempts(report, root),
    };
  } catch (error) {
    return { ...NONE, failed: 1, why: `the run left no report (${error.message})` };
  }
  if (counts.passed + counts.failed === 0) return { ...counts, failed: 1, why: 'no test ran' };
  if (exitCode !== 0 && counts.failed === 0)
    return { ...counts, failed: 1, why: `vitest ended with ${exitCode}` };
  return { ...counts, why: null };
}
