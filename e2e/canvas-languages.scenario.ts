// Canvas languages: a page speaks the language of its browser or the chosen one. In the pseudo-language nothing that it shows
// stands outside of a catalogue, and nothing is cut off though every text is a third longer.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { look, openCanvas, openPage, SOON } from './support/canvas.ts';
import { cutOff, speak, unbracketed, wordsOf } from './support/page-words.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const withBrowser = describe.skipIf(chromiumPath() === null);
let browser: Browser;
let tenant: ScenarioTenant;
let id: string;

const HEAD = 'Keeper';
const REPORT = 'Second Keeper';
/** What people wrote, and names that are the same in every language. */
const DATA = [
  REPORT,
  HEAD,
  'keeps things',
  'Deutsch',
  '简体中文',
  'English',
  'config.yaml',
  'ANTHROPIC_API_KEY',
  'notes.md',
  'process',
  'docker',
];
const strange = (key: Parameters<typeof wordsOf>[1]) => wordsOf('en-XA', key);

beforeAll(async () => {
  browser = await launchChromium();
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
});

afterAll(async () => {
  await browser?.close();
  await tenant?.stop();
});

async function makeRole(name: string, parent: string | null): Promise<string> {
  const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
    method: 'POST',
    body: { name, runtime: 'rehearsal', role: 'keeps things', ...(parent ? { parent_id: parent } : {}) },
  });
  await until(
    `${name} is online`,
    async () => (await tenant.asAdmin(`/workspaces/${made.id}`)).status === 'online',
    60_000,
  );
  return made.id;
}

/** Everything on it is from a catalogue, fits, and can be read by everybody. */
async function inspect(page: Page, name: string): Promise<void> {
  await look(page, 'light', `words-${name}`);
  expect.soft(await unbracketed(page, [...DATA, id, tenant.url]), `${name}: from no catalogue`).toEqual([]);
  expect.soft(await cutOff(page), `${name}: cut off`).toEqual([]);
}

async function signInLink(): Promise<string> {
  return (await tenant.asAdmin<{ url: string }>('/admin/sign-in-links', { method: 'POST' })).url;
}

withBrowser('a page in the pseudo-language', () => {
  it(verifies(
    'canvas.languages',
    'shows nothing that is in no catalogue, and cuts nothing off',
  ), async () => {
    const { page, problems } = await openPage(browser, 'light', 'en-US');
    id = '';
    await speak(page, 'en-XA');
    await page.goto(tenant.url);
    await page.getByText(strange('session.signInToMolecule')).waitFor(SOON);
    await inspect(page, 'sign-in');
    await page.goto(await signInLink());
    await page.getByText(strange('firstRun.nobodyWorksHereYet')).waitFor(SOON);
    await inspect(page, 'first-run');

    id = await makeRole(HEAD, null);
    await makeRole(REPORT, id);
    await page.getByText(REPORT, { exact: true }).first().waitFor(SOON);
    expect(await page.getAttribute('html', 'lang')).toBe('en-XA');
    await inspect(page, 'board');
    await page.getByRole('button', { name: strange('shell.showTheOutline') }).click();
    await page.getByRole('tree').waitFor(SOON);
    await inspect(page, 'outline');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor(SOON);
    await inspect(page, 'cheat-sheet');
    await page.keyboard.press('Escape');

    await page.getByRole('treeitem').first().click();
    for (const tab of TABS) {
      await page.getByRole('tab', { name: strange(`panel.${tab}`), exact: true }).click(SOON);
      await page
        .locator('.pulse')
        .first()
        .waitFor({ state: 'detached', ...SOON });
      await inspect(page, `tab-${tab}`);
    }
    for (const [button, name] of DIALOGS) {
      await page
        .getByRole('tabpanel')
        .getByRole('button', { name: strange(button), exact: true })
        .click(SOON);
      await page.getByRole('dialog').waitFor(SOON);
      await inspect(page, name);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached', ...SOON });
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor(SOON);
    await inspect(page, 'palette');
    await page.keyboard.press('Escape');
    for (const [button, name] of PANELS) {
      await page.getByRole('button', { name: strange(button), exact: true }).click(SOON);
      await page.getByRole('complementary').waitFor(SOON);
      await inspect(page, name);
    }
    const activity = strange('shell.activityOfTheOrganisation');
    await page.getByRole('button', { name: activity, exact: true }).click(SOON);
    await page.getByRole('button', { name: strange('spend.tab'), exact: true }).click(SOON);
    await page.getByRole('table').waitFor(SOON);
    await inspect(page, 'panel-spend');
    // As a language that is written from right to left would have it.
    await page.evaluate("document.documentElement.dir = 'rtl'");
    await inspect(page, 'mirrored-outline');
    await page.keyboard.press('o');
    await page.locator('[data-role-id]').first().waitFor(SOON);
    await inspect(page, 'mirrored-board');
    const [panel, board] = await Promise.all([
      page.getByRole('complementary').boundingBox(),
      page.locator('[data-board]').boundingBox(),
    ]);
    expect(panel?.x, 'the panel stands at the other side').toBeLessThan(board?.x ?? 0);
    expect(problems).toEqual([]);
    await page.context().close();
  }, 240_000);
});

const TABS = [
  'chat',
  'activity',
  'logs',
  'terminal',
  'files',
  'memory',
  'config',
  'secrets',
  'events',
  'details',
] as const;
const DIALOGS = [
  ['workspaces.rename', 'dialog-rename'],
  ['workspaces.move', 'dialog-move'],
  ['workspaces.remove', 'dialog-remove'],
  ['newRole.report', 'dialog-new-role'],
  ['spend.changeLimit', 'dialog-limit'],
] as const;
const PANELS = [
  ['approvals.approvalsNothingWaits', 'panel-approvals'],
  ['shell.activityOfTheOrganisation', 'panel-activity'],
  ['shell.secretsAndTokens', 'panel-keys'],
] as const;

withBrowser.each([
  ['de-AT', 'de', '2 von 2 online'],
  ['zh-CN', 'zh-Hans', '2 / 2 在线'],
] as const)('a browser that speaks %s', (locale, tag, census) => {
  it(verifies('canvas.languages', 'is answered in its language'), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', REPORT, locale);
    expect(await page.getAttribute('html', 'lang')).toBe(tag);
    expect(await page.getAttribute('html', 'dir')).toBe('ltr');
    await page.getByText(census).waitFor(SOON);
    await page.getByText(HEAD, { exact: true }).first().click();
    await page.getByRole('tab', { name: wordsOf(tag, 'panel.details'), exact: true }).click(SOON);
    await page.getByText(wordsOf(tag, 'workspaces.lastHeartbeat')).waitFor(SOON);
    await look(page, 'light', `language-${tag}`);
    expect(await cutOff(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);
});

withBrowser('a person who chooses another language', () => {
  it(verifies('canvas.languages', 'gets it at once, keeps what is open, and finds it again'), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', HEAD);
    await page.getByText(HEAD, { exact: true }).first().click();
    await page.getByRole('textbox', { name: `Message to ${HEAD}` }).fill('half a thought');
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder(wordsOf('en', 'palette.findARoleOr')).fill('deutsch');
    await page.keyboard.press('Enter');
    const field = page.getByRole('textbox', { name: `Nachricht an ${HEAD}` });
    await field.waitFor(SOON);
    expect(await field.inputValue()).toBe('half a thought');
    await field.fill('');
    await page.reload();
    await page.getByRole('button', { name: wordsOf('de', 'shell.showTheOutline') }).waitFor(SOON);
    expect(await page.getAttribute('html', 'lang')).toBe('de');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);
});
