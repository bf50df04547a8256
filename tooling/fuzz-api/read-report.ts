// Read report: the operations of a JUnit file that schemathesis wrote, passed or failed with what was found.

export interface FuzzReport {
  passed: number;
  failures: { name: string; text: string }[];
}

const CASE = /<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const FAILURE = /<(?:failure|error)\b[^>]*?(?:\/>|>([\s\S]*?)<\/(?:failure|error)>)/g;

export function readReport(xml: string): FuzzReport {
  const report: FuzzReport = { passed: 0, failures: [] };
  for (const [, name = '', inside = ''] of xml.matchAll(CASE)) {
    const found = [...inside.matchAll(FAILURE)].map(([, text = '']) => unescapeXml(text));
    if (found.length > 0) report.failures.push({ name: unescapeXml(name), text: found.join('\n') });
    else if (!inside.includes('<skipped')) report.passed++;
  }
  return report;
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
    .trim();
}
