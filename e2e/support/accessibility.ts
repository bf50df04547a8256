// Accessibility: what axe finds serious or critical on the open page, one line per finding.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What rises or fades in has other colours than it will have. */
const SETTLE = `Promise.all(document.getAnimations()
  .filter((each) => each.effect.getTiming().iterations !== Infinity)
  .map((each) => each.finished.catch(() => undefined))).then(() => undefined)`;

/** axe is put in through the debugger, so that the page's content policy stays as it is. */
export async function seriousViolations(page: Page): Promise<string[]> {
  if (!(await page.evaluate('Boolean(globalThis.axe)'))) await page.evaluate(await readFile(AXE, 'utf8'));
  await page.evaluate(SETTLE);
  const found = await page.evaluate<{ violations: Violation[] }>(
    // It would read style sheets anew and put them into the page, which the page's content policy refuses.
    "axe.run({ resultTypes: ['violations'], preload: false }).then(({ violations }) => ({ violations }))",
  );
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 4).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
}
