// Proves that a fuzz report is counted by operation: failures and errors with their text, skipped ones not at all.

import { describe, expect, it } from 'vitest';
import { readReport } from './read-report.ts';

const REPORT = `<?xml version="1.0" encoding="utf-8"?>
<testsuites tests="4"><testsuite name="schemathesis">
  <testcase name="GET /health" time="0.1" />
  <testcase name="POST /org/import" time="1.8">
    <failure type="failure" message="ST103">- Undocumented status code &lt;501&gt; &amp; more</failure>
    <failure type="failure" message="ST101">- Server error</failure>
  </testcase>
  <testcase name="GET /ws" time="0"><skipped message="not chosen" /></testcase>
  <testcase name="GET /broken" time="0"><error type="error" message="boom">it broke</error></testcase>
  <testcase name="GET /workspaces" time="0.2"></testcase>
</testsuite></testsuites>`;

describe('a fuzz report', () => {
  it('is counted by operation', () => {
    expect(readReport(REPORT)).toEqual({
      passed: 2,
      failures: [
        { name: 'POST /org/import', text: '- Undocumented status code <501> & more\n- Server error' },
        { name: 'GET /broken', text: 'it broke' },
      ],
    });
  });

  it('of nothing counts nothing', () => {
    expect(readReport('<testsuites tests="0" />')).toEqual({ passed: 0, failures: [] });
  });
});
