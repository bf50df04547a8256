// Canvas journey: what a new user does. Start, see the roles come online, give the top role a task, watch it go down the
// chart and come back; then a restart of the server under the open page. With MOLECULE_SCREENSHOTS=1 it renews the
// pictures of the README.

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTenantProcess, type TenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const IMAGES = join(ROOT, 'docs/images');
const ROLES = [
  'Managing Editor',
  'Facts Lead',
  'Language Lead',
  'Report Assembler',
  'Fact Finder',
  'Numbers Checker',
];

const withBrowser = describe.skipIf(chromiumPath() === null);
let browser: Browser;
let tenant: TenantProcess;

beforeAll(async () => {
  browser = await launchChromium();
  tenant = await startTenantProcess({ MOLECULE_EMPTY: '' });
});

afterAll(async () => {
  await browser?.close();
  await tenant?.stop();
});

async function signedInPage(): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // A refused policy or a script error is a fault of ours; a lost connection is part of the journey.
    if (
      message.type() === 'error' &&
      /Content Security Policy|TypeError|ReferenceError/.test(message.text())
    ) {
      problems.push(message.text());
    }
  });
  const response = await fetch(`${tenant.url}/admin/sign-in-links`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.adminToken}` },
  });
  const { url } = (await response.json()) as { url: string };
  await page.goto(url);
  return { page, problems };
}

async function shoot(page: Page, name: string): Promise<void> {
  if (process.env.MOLECULE_SCREENSHOTS !== '1') return;
  await mkdir(IMAGES, { recursive: true });
  for (const scheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    // Colours change over a moment.
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(IMAGES, `${name}-${scheme}.png`) });
  }
}

withBrowser('a new user', () => {
  it(
    verifies(
      'canvas.journey',
      'signs in by the printed link, sees every role online, sends a task and reads the report',
    ),
    async () => {
      const { page, problems } = await signedInPage();
      for (const role of ROLES)
        await page.getByText(role, { exact: true }).first().waitFor({ timeout: 20_000 });
      await page.getByText('9 of 9 online').waitFor({ timeout: 30_000 });

      await page.getByText('Managing Editor', { exact: true }).first().click();
      const input = page.getByRole('textbox').last();
      await input.fill('Review the sample text.');
      await input.press('Enter');
      // The work goes down the chart: a lead, then a specialist below it, show what they do.
      await page
        .getByText(/working/)
        .first()
        .waitFor({ timeout: 15_000 });
      await page
        .getByText(/Reading for style|Doing the sums again|Measuring|Indexing terms/)
        .first()
        .waitFor({ timeout: 15_000 });
      await shoot(page, 'board');
      await page.getByText('rehearsal engine: no model was asked').last().waitFor({ timeout: 30_000 });
      const report = await page.getByText(/Harbour Ferry Pilot/).count();
      expect(report).toBeGreaterThan(0);
      await page.waitForTimeout(300);
      await shoot(page, 'report');
      expect(problems).toEqual([]);
      await page.context().close();
    },
  );
});

withBrowser('an open board', () => {
  it(verifies('canvas.keyboard', 'opens a role by Enter and closes it by Escape'), async () => {
    const { page } = await signedInPage();
    await page.getByText('9 of 9 online').waitFor({ timeout: 30_000 });
    const role = page.locator('[data-role-id]').first();
    await role.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Chat' }).waitFor({ timeout: 5_000 });
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('tab', { name: 'Chat' }).count(), { timeout: 5_000 }).toBe(0);
    await page.context().close();
  });

  it(
    verifies(
      ['access.why', 'canvas.keyboard'],
      'says why the open role may talk to the one pointed at or focused',
    ),
    async () => {
      const { page } = await signedInPage();
      await page.getByText('9 of 9 online').waitFor({ timeout: 30_000 });
      const role = (name: string) => page.locator('[data-role-id]').filter({ hasText: name }).first();
      const why = page.getByRole('status').filter({ hasText: /may (not )?talk/ });
      for (const view of ['board', 'outline']) {
        if (view === 'outline') await page.keyboard.press('o');
        await role('Fact Finder').focus();
        await page.keyboard.press('Enter');
        // The board may still be moving into its frame when the pointer comes.
        const pointed = async () => {
          await page.mouse.move(0, 0);
          await role('Language Lead').hover();
          return why.textContent({ timeout: 1_000 }).catch(() => '');
        };
        await expect
          .poll(pointed, { timeout: 15_000 })
          .toMatch(/^Fact Finder and Language Lead may not talk: .*Facts Lead may talk to both\.$/);
        await page.mouse.move(0, 0);
        await role('Fact Finder').focus();
        await page.keyboard.press('ArrowUp');
        await why.getByText('Facts Lead stands above Fact Finder').waitFor({ timeout: 5_000 });
        await page.keyboard.press('Escape');
      }
      await page.context().close();
    },
  );

  it(verifies('canvas.restart', 'survives a kill and restart of the server and catches up'), async () => {
    const { page } = await signedInPage();
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 });
    tenant.child.kill('SIGKILL');
    await page.getByText('Live', { exact: true }).waitFor({ state: 'hidden', timeout: 30_000 });
    const port = new URL(tenant.url).port;
    tenant = await startTenantProcess({ PORT: port, MOLECULE_EMPTY: '' }, { dataDir: tenant.dataDir });
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByText('9 of 9 online').waitFor({ timeout: 30_000 });
    await page.context().close();
  });

  it(
    verifies('auth.closed', 'asks for the admin token where there is no session, and refuses a wrong one'),
    async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(tenant.url);
      const input = page.locator('input').first();
      await input.waitFor({ timeout: 15_000 });
      await input.fill('not-the-token');
      await input.press('Enter');
      await page.getByText(/not the token of this server/).waitFor({ timeout: 5_000 });
      await input.fill(tenant.adminToken);
      await input.press('Enter');
      await page.getByText('Managing Editor', { exact: true }).first().waitFor({ timeout: 15_000 });
      await context.close();
    },
  );
});

withBrowser('an empty tenant', () => {
  it(verifies('canvas.empty', 'offers the demo organisation in one click'), async () => {
    const empty = await startTenantProcess({ MOLECULE_EMPTY: '1' });
    try {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      await page.goto(empty.url);
      const input = page.locator('input').first();
      await input.waitFor({ timeout: 15_000 });
      await input.fill(empty.adminToken);
      await input.press('Enter');
      await page.getByRole('button', { name: /demo/i }).first().click({ timeout: 15_000 });
      await page.getByText('9 of 9 online').waitFor({ timeout: 40_000 });
      await context.close();
    } finally {
      await empty.stop();
    }
  });
});
