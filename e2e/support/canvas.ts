// Canvas: a signed-in page of a tenant, and a look at what it shows: readable by everybody, and with MOLECULE_LOOKS naming
// a folder, kept there as a picture. With MOLECULE_SCREENSHOTS=1 the pictures of the guide are renewed.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { seriousViolations } from './accessibility.ts';
import type { ScenarioTenant } from './tenant.ts';

export type Scheme = 'light' | 'dark';
export const SOON = { timeout: 30_000 };

/** Opened when the role of that name is to be seen. `problems`: what the page itself complained about. */
export async function openCanvas(
  browser: Browser,
  tenant: ScenarioTenant,
  scheme: Scheme,
  roleName: string,
  locale = 'en-US',
): Promise<{ page: Page; problems: string[] }> {
  const { page, problems } = await openPage(browser, scheme, locale);
  const { url } = await tenant.asAdmin<{ url: string }>('/admin/sign-in-links', { method: 'POST' });
  await page.goto(url);
  await page
    .getByText(roleName, { exact: true })
    .first()
    .waitFor(SOON)
    .catch(async (error: unknown) => {
      throw new Error(`${roleName} does not show; ${await describePage(page)}; ${problems.join('; ')}`, {
        cause: error,
      });
    });
  return { page, problems };
}

/** What somebody who looks at the page would tell. */
async function describePage(page: Page): Promise<string> {
  const [body, cards] = await Promise.all([
    page.locator('body').innerText(),
    page.locator('[data-role-id]').evaluateAll((all) => all.map((card) => card.getAttribute('aria-label'))),
  ]);
  return `${page.url()} says ${JSON.stringify(body.slice(0, 600))} and has the cards ${JSON.stringify(cards)}`;
}

/** An empty page of a browser that speaks `locale`. */
export async function openPage(
  browser: Browser,
  scheme: Scheme,
  locale: string,
): Promise<{ page: Page; problems: string[] }> {
  const viewport = { width: 1440, height: 900 };
  const context = await browser.newContext({ viewport, colorScheme: scheme, locale });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Error:/.test(message.text()))
      problems.push(message.text());
  });
  return { page, problems };
}

const GUIDE = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'docs/images/canvas');
/** The looks that docs/guides/canvas.md shows, in light and dark. */
export const GUIDE_PICTURES: readonly string[] = [
  'approvals',
  'board-collapsed',
  'board-move',
  'config-form',
  'events-audit',
  'files-work',
  'logs',
  'memory-search',
  'newcomer-activity',
  'newcomer-answer',
  'newcomer-details',
  'newcomer-spend',
  'newcomer-team',
  'newcomer-why',
  'outline-collapsed',
  'secrets',
  'skills',
  'terminal',
];

export async function look(page: Page, scheme: string, name: string): Promise<void> {
  expect(await seriousViolations(page), `${name}, ${scheme}`).toEqual([]);
  const folder = process.env.MOLECULE_LOOKS;
  if (folder) await page.screenshot({ path: join(folder, `${name}-${scheme}.png`) });
  if (process.env.MOLECULE_SCREENSHOTS !== '1' || !GUIDE_PICTURES.includes(name)) return;
  const path = join(GUIDE, `${name}-${scheme}.jpg`);
  await page.screenshot({ path, type: 'jpeg', quality: 62 });
}

/** The same state of one page in light and in dark. */
export async function lookInBoth(page: Page, name: string): Promise<void> {
  for (const scheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    // Colours change over a moment.
    await page.waitForTimeout(300);
    await look(page, scheme, name);
  }
}

/** Opens a tab of a role. */
export async function openTab(page: Page, roleName: string, tab: string): Promise<void> {
  await page.getByText(roleName, { exact: true }).first().click(SOON);
  await page.getByRole('tab', { name: tab, exact: true }).click(SOON);
}
