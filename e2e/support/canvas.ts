// Canvas: a signed-in page of a tenant, and a look at what it shows: readable by everybody, and with MOLECULE_LOOKS naming
// a folder, kept there as a picture.

import { join } from 'node:path';
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
  await page.getByText(roleName, { exact: true }).first().waitFor(SOON);
  return { page, problems };
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

export async function look(page: Page, scheme: string, name: string): Promise<void> {
  expect(await seriousViolations(page), `${name}, ${scheme}`).toEqual([]);
  const folder = process.env.MOLECULE_LOOKS;
  if (folder) await page.screenshot({ path: join(folder, `${name}-${scheme}.png`) });
}

/** Opens a tab of a role. */
export async function openTab(page: Page, roleName: string, tab: string): Promise<void> {
  await page.getByText(roleName, { exact: true }).first().click(SOON);
  await page.getByRole('tab', { name: tab, exact: true }).click(SOON);
}
