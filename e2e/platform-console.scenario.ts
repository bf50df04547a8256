// Platform console: an operator in a browser: signs in with the token, sees the fleet, an organisation with its boot log, holds
// and suspends it, upgrades the fleet, reads the audit; in light and dark, by everybody, and nothing is kept behind.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { until } from './support/api.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { lookInBoth, openPage, SOON } from './support/canvas.ts';
import { type ScenarioPlatform, startPlatform } from './support/platform.ts';

let browser: Browser;
let platform: ScenarioPlatform;
let page: Page;
let problems: string[];

const stateOf = async (slug: string) => (await platform.asOperator(`/cp/orgs/${slug}`)).body.status;

describe.skipIf(chromiumPath() === null)('an operator', () => {
  beforeAll(async () => {
    browser = await launchChromium();
    platform = await startPlatform({ PLACEMENT_DRIVER: 'fake' });
    const cookie = await platform.signUp('owner@example.test');
    for (const slug of ['acme', 'globex']) {
      const body = { slug, name: slug };
      await platform.call('/cp/orgs', { method: 'POST', headers: { cookie }, body });
      await until(`${slug} runs`, async () => (await stateOf(slug)) === 'running', 60_000);
    }
    ({ page, problems } = await openPage(browser, 'light', 'en-US'));
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
  });

  it(verifies('platform.console', 'is let in by the token alone, which stays in the tab'), async () => {
    await page.goto(`${platform.url}/operate`);
    await page.getByLabel('Operator’s token').fill('not-the-token-of-this-platform-at-all');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the operator’s token.').waitFor(SOON);
    await lookInBoth(page, 'operate-sign-in');
    await page.getByLabel('Operator’s token').fill(platform.adminToken);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Fleet' }).waitFor(SOON);
    await lookInBoth(page, 'operate-fleet');
    expect(await page.evaluate<string>('JSON.stringify(localStorage) + document.cookie')).not.toContain(
      platform.adminToken,
    );
    expect(await page.content()).not.toContain(platform.adminToken);
  });

  it(
    verifies(
      'platform.console',
      'sees an organisation, holds it, stops and starts it, suspends and opens it',
    ),
    async () => {
      await page.getByRole('link', { name: 'Organisations' }).click();
      await page.getByRole('link', { name: 'acme', exact: true }).click(SOON);
      await page.getByRole('heading', { name: 'acme' }).waitFor(SOON);
      await page.getByText('wait_platform_health').waitFor(SOON);
      await lookInBoth(page, 'operate-org');

      await page.getByRole('button', { name: 'Hold on its image' }).click();
      await page.getByLabel('Why, for the audit').fill('waits for its own release');
      await page.getByRole('button', { name: 'Hold it' }).click();
      await page.getByText('acme is held').waitFor(SOON);

      await page.getByRole('button', { name: 'Suspend' }).click();
      const go = page.getByRole('button', { name: 'Suspend it' });
      expect(await go.isDisabled()).toBe(true);
      await page.getByLabel('Type acme to go on').fill('acm');
      expect(await go.isDisabled()).toBe(true);
      await page.getByLabel('Type acme to go on').fill('acme');
      await lookInBoth(page, 'operate-suspend');
      await page.keyboard.press('Enter');
      await until('it is suspended', async () => (await stateOf('acme')) === 'suspended', 30_000);
      await page.getByRole('button', { name: 'Open again' }).click(SOON);
      await until('it runs again', async () => (await stateOf('acme')) === 'running', 60_000);
    },
  );

  it(verifies('platform.console', 'upgrades the fleet after seeing whom, and reads the audit'), async () => {
    await page.getByRole('link', { name: 'Upgrades' }).click();
    await page.getByRole('button', { name: 'Upgrade the fleet' }).click(SOON);
    await page.getByLabel(/^Image/).fill('no-such-image');
    await page.getByRole('button', { name: 'Show who is upgraded' }).click();
    await page.getByText(/The upgrade did not begin: /).waitFor(SOON);
    await page.getByRole('button', { name: 'Upgrade the fleet' }).click();
    await page.getByRole('button', { name: 'Show who is upgraded' }).click();
    await page.getByRole('heading', { name: /^Upgrade \d tenants?\?$/ }).waitFor(SOON);
    await lookInBoth(page, 'operate-upgrade');
    await page.getByRole('button', { name: 'Leave it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached', ...SOON });

    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('table').getByText('acme').first().waitFor(SOON);
    await lookInBoth(page, 'operate-audit');
    await page.getByRole('button', { name: 'Forget the token' }).click();
    await page.getByLabel('Operator’s token').waitFor(SOON);
    await page.reload();
    await page.getByLabel('Operator’s token').waitFor(SOON);
    expect(problems).toEqual([]);
  });
});
