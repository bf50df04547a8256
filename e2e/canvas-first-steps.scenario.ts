// Canvas first steps: a new person starts with nothing, and each step goes on when the thing itself was done.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { look, openCanvas, openPage, SOON } from './support/canvas.ts';
import { type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';

const withBrowser = describe.skipIf(chromiumPath() === null);
let browser: Browser;
let tenant: ScenarioTenant;

beforeAll(async () => {
  browser = await launchChromium();
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
});

afterAll(async () => {
  await browser?.close();
  await tenant?.stop();
});

const steps = (page: Page) => page.getByRole('region', { name: 'First steps' });
const says = (page: Page, words: string) => steps(page).getByText(words).waitFor(SOON);

withBrowser('a new person', () => {
  it(verifies('canvas.first-steps', 'is led by what happens, from nothing to the palette'), async () => {
    const { page, problems } = await openPage(browser, 'light', 'en-US');
    const { url } = await tenant.asAdmin<{ url: string }>('/admin/sign-in-links', { method: 'POST' });
    await page.goto(url);
    await page.getByText('Nobody works here yet').waitFor(SOON);
    expect(await steps(page).count()).toBe(0);
    await page.getByRole('button', { name: 'Blank workspace' }).click();
    await says(page, 'Give it something to do');
    await page.getByText('1 of 1 online').waitFor(SOON);
    await look(page, 'light', 'first-steps');
    await page.getByRole('textbox', { name: /^Message to/ }).fill('Say something.');
    await page.keyboard.press('Enter');
    await says(page, 'Read what everybody did');
    await page.reload();
    await says(page, 'Read what everybody did');
    await steps(page).getByRole('button', { name: 'Show me' }).click();
    await page.getByRole('complementary', { name: 'Activity of the organisation' }).waitFor(SOON);
    await says(page, 'every role and every action is there');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor(SOON);
    await page.keyboard.press('Escape');
    await says(page, 'That is all');
    await look(page, 'light', 'first-steps-done');
    await steps(page).getByRole('button', { name: 'Close' }).click();
    await steps(page).waitFor({ state: 'detached', ...SOON });
    await page.reload();
    await page.getByText('1 of 1 online').waitFor(SOON);
    expect(await steps(page).count()).toBe(0);
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);

  it(verifies(
    'canvas.first-steps',
    'skips them by key, and starts them again from the palette',
  ), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'dark', 'First workspace');
    await says(page, 'Open a role');
    const skip = steps(page).getByRole('button', { name: 'Skip' });
    for (let i = 0; i < 20 && !(await skip.evaluate((one) => one.matches(':focus'))); i++) {
      await page.keyboard.press('Tab');
    }
    await look(page, 'dark', 'first-steps');
    await page.keyboard.press('Enter');
    await steps(page).waitFor({ state: 'detached', ...SOON });
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Find a role or do something').fill('first steps');
    await page.keyboard.press('Enter');
    await says(page, 'Open a role');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 60_000);
});
