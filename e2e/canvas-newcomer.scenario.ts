// Canvas newcomer: somebody who has never seen the canvas, without a mouse: builds a team of three levels, gives it work,
// finds out why two agents may not talk, mends a configuration, approves a request, and reads who spent what.

import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { lookInBoth, openPage, SOON } from './support/canvas.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const withBrowser = describe.skipIf(chromiumPath() === null);
const START = { timeout: 60_000 };
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

interface Row {
  id: string;
  name: string;
  parent_id: string | null;
  status: string;
  config_generation?: { wanted: number };
  budget_limit: number | null;
}

const rowOf = async (name: string) =>
  (await tenant.asAdmin<Row[]>('/workspaces')).find((row) => row.name === name);

const focused = (page: Page, at: Locator) => at.and(page.locator(':focus')).count();

/** As a person without a mouse gets there: by Tab, or back by Shift Tab. */
async function tabTo(page: Page, at: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await at.first().waitFor(SOON);
  for (let step = 0; step < 80; step++) {
    if ((await focused(page, at)) > 0) return;
    await page.keyboard.press(key);
  }
  throw new Error(`Tab does not lead to ${at}`);
}

async function press(page: Page, at: Locator): Promise<void> {
  await tabTo(page, at);
  await page.keyboard.press('Enter');
}

async function choose(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor(SOON);
  await page.keyboard.type(words);
  await page.locator('[role="option"][aria-selected="true"]', { hasText: words }).waitFor(SOON);
  await page.keyboard.press('Enter');
  await page.getByPlaceholder('Find a role or').waitFor({ state: 'detached', ...SOON });
}

async function addRole(page: Page, name: string, purpose: string, manager: string | null): Promise<void> {
  await choose(page, manager ? `New role below ${manager}` : 'New role');
  const dialog = page.getByRole('dialog');
  await tabTo(page, dialog.getByLabel('Name'));
  await page.keyboard.type(name);
  await page.keyboard.press('Tab');
  await page.keyboard.type(purpose);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached', ...SOON });
  await page.getByRole('heading', { name, exact: true }).waitFor(SOON);
}

withBrowser('a newcomer without a mouse', () => {
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    ({ page, problems } = await openPage(browser, 'light', 'en-US'));
    const { url } = await tenant.asAdmin<{ url: string }>('/admin/sign-in-links', { method: 'POST' });
    await page.goto(url);
  });

  it(verifies('canvas.newcomer', 'builds a team of three levels'), async () => {
    await press(page, page.getByRole('button', { name: 'Blank workspace' }));
    await page.getByRole('tab', { name: 'Chat' }).waitFor(SOON);
    await choose(page, 'Details of');
    await page.getByText('Online').first().waitFor(START);
    await lookInBoth(page, 'newcomer-details');
    await press(page, page.getByRole('button', { name: 'Rename' }));
    await page.getByRole('dialog').waitFor(SOON);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('Chief');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Chief', exact: true }).waitFor(SOON);

    await addRole(page, 'Lead', 'plans what is built', 'Chief');
    await addRole(page, 'Maker', 'builds it', 'Lead');
    await choose(page, 'Chief');
    await page.getByRole('heading', { name: 'Chief', exact: true }).waitFor(SOON);
    await addRole(page, 'Scout', 'looks around', 'Chief');
    await lookInBoth(page, 'newcomer-team');
    const [chief, lead, maker, scout] = await Promise.all(['Chief', 'Lead', 'Maker', 'Scout'].map(rowOf));
    expect([chief?.parent_id, lead?.parent_id, maker?.parent_id, scout?.parent_id]).toEqual([
      null,
      chief?.id,
      lead?.id,
      chief?.id,
    ]);
    await page.getByText('4 of 4 online').waitFor(START);
  });

  it(verifies('canvas.newcomer', 'gives it work and reads the answer'), async () => {
    await choose(page, 'Chief');
    await page.getByRole('heading', { name: 'Chief', exact: true }).waitFor(SOON);
    await tabTo(page, page.getByRole('textbox', { name: /message|write/i }));
    await page.keyboard.type('How many words are in this sentence?');
    await page.keyboard.press('Enter');
    await page.getByText('rehearsal engine: no model was asked').first().waitFor(START);
    await lookInBoth(page, 'newcomer-answer');
  });

  it(verifies('canvas.newcomer', 'finds out why an agent may not talk to another'), async () => {
    await choose(page, 'Maker');
    await page.getByRole('heading', { name: 'Maker', exact: true }).waitFor(SOON);
    const card = (name: string) => page.locator('[data-role-id]').filter({ hasText: name }).first();
    await page.keyboard.press('Escape');
    await page.keyboard.press('b');
    await until('the keyboard is on the card', async () => (await focused(page, card('Maker'))) > 0);
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Chat', selected: true }).waitFor(SOON);
    await tabTo(page, card('Maker'), 'Shift+Tab');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowRight');
    await until('it is on the other one', async () => (await focused(page, card('Scout'))) > 0);
    const why = page.getByRole('status').filter({ hasText: /may not talk/ });
    await why.waitFor(SOON);
    expect(await why.textContent()).toMatch(/^Maker and Scout may not talk: .*Lead may talk to both\.$/);
    await lookInBoth(page, 'newcomer-why');
  });

  it(verifies('canvas.newcomer', 'mends a configuration and restarts the role with it'), async () => {
    const before = (await rowOf('Maker'))?.config_generation?.wanted ?? 0;
    await choose(page, 'Config of Maker');
    await tabTo(page, page.getByRole('tabpanel').getByRole('textbox').first());
    await page.keyboard.press('End');
    await page.keyboard.type(' well');
    await press(page, page.getByRole('button', { name: 'Review and save' }));
    const dialog = page.getByRole('dialog');
    await dialog.waitFor(SOON);
    await lookInBoth(page, 'newcomer-config');
    await press(page, dialog.getByRole('button', { name: 'Save and restart' }));
    await dialog.waitFor({ state: 'detached', ...SOON });
    await until(
      'there is a new number',
      async () => ((await rowOf('Maker'))?.config_generation?.wanted ?? 0) > before,
    );
    await until('it runs again', async () => (await rowOf('Maker'))?.status === 'online', 60_000);
  });

  it(verifies('canvas.newcomer', 'approves a request'), async () => {
    const maker = await rowOf('Maker');
    const { approval_id } = await tenant.asAdmin<{ approval_id: string }>(
      `/workspaces/${maker?.id}/approvals`,
      {
        method: 'POST',
        body: { action: 'Publish the page', reason: 'It is done.' },
      },
    );
    await page.keyboard.press('Escape');
    await page.keyboard.press('i');
    await tabTo(page, page.locator(`[data-approval-id="${approval_id}"]`));
    await page.keyboard.press('y');
    await until('it is approved', async () =>
      (await tenant.asAdmin<{ id: string; status: string }[]>(`/workspaces/${maker?.id}/approvals`)).some(
        ({ id, status }) => id === approval_id && status === 'approved',
      ),
    );
  });

  it(verifies('canvas.newcomer', 'reads who spent what, and sets a limit that can be undone'), async () => {
    for (const [name, cents] of [
      ['Maker', 1234],
      ['Scout', 50],
    ] as const) {
      const workspace = await rowOf(name);
      const beat = { workspace_id: workspace?.id, monthly_spend: cents };
      await tenant.asAdmin('/registry/heartbeat', { method: 'POST', body: beat });
    }
    await choose(page, 'Who spent what');
    const table = page.getByRole('table');
    await table.getByText('$12.34').waitFor(SOON);
    await page.getByText('$12.84 this month').waitFor(SOON);
    expect(await table.getByRole('row').nth(1).textContent()).toContain('Maker');
    await press(page, table.getByRole('button', { name: /^Limit of Maker/ }));
    await page.getByRole('dialog').waitFor(SOON);
    await tabTo(page, page.getByRole('dialog').getByRole('textbox'));
    await page.keyboard.type('ten');
    await page.getByText('Write an amount such as 12.50').waitFor(SOON);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('10');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached', ...SOON });
    await table.getByText('Limit reached: messages are refused').waitFor(SOON);
    expect((await rowOf('Maker'))?.budget_limit).toBe(1000);
    await lookInBoth(page, 'newcomer-spend');
    await page.keyboard.press('Control+z');
    await until('the limit is gone', async () => (await rowOf('Maker'))?.budget_limit === null);
    await press(page, table.getByRole('button', { name: 'Maker', exact: true }));
    await page.getByRole('tab', { name: 'Activity', selected: true }).waitFor(SOON);
    await lookInBoth(page, 'newcomer-activity');
    expect(problems).toEqual([]);
  });
});
