// Look: opens the built canvas against the fake tenant in Chromium, walks through its states, and stores pictures.
// Usage: tsx dev/look.ts <folder>. Fails on any page error or refused resource, so a broken content policy shows.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type FakeTenant, startFakeTenant } from './fake-tenant.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const folder = process.argv[2] ?? 'test-results/look';
mkdirSync(folder, { recursive: true });
const problems: string[] = [];

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
try {
  for (const theme of ['light', 'dark'] as const) {
    await walk(browser, theme, { width: 1440, height: 900 }, 'wide');
    await walk(browser, theme, { width: 390, height: 844 }, 'narrow');
  }
} finally {
  await browser.close();
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}

async function walk(
  chrome: Browser,
  theme: 'light' | 'dark',
  viewport: { width: number; height: number },
  name: string,
): Promise<void> {
  const token = 'look-at-me';
  const tenant = await startFakeTenant({ token, stepMs: 700 });
  const context = await chrome.newContext({ viewport, colorScheme: theme });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (
      message.type() === 'error' &&
      !/status of (401|503)|ERR_CONNECTION|WebSocket connection/.test(message.text())
    ) {
      problems.push(`${name} ${theme}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => problems.push(`${name} ${theme}: ${error.stack}`));
  const shoot = async (what: string) => {
    await page.screenshot({ path: join(folder, `${name}-${theme}-${what}.png`), animations: 'disabled' });
  };
  await page.goto(tenant.url);
  await page.getByLabel('Admin token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await shoot('1-sign-in');
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Start the demo organisation' }).waitFor();
  await shoot('2-empty');
  await page.getByRole('button', { name: 'Start the demo organisation' }).click();
  await page.getByText('Suggested first task').waitFor();
  await shoot('3-started');
  await demoTask(page, shoot, name);
  await panels(page, shoot, name);
  await broken(page, tenant, shoot);
  await context.close();
  await tenant.close();
}

async function demoTask(page: Page, shoot: (what: string) => Promise<void>, name: string): Promise<void> {
  await page.getByText('Suggested first task').click();
  await page.getByLabel(/^Message to/).press('Enter');
  if (name === 'wide') {
    await page.locator('.hop[data-open="true"]').nth(2).waitFor();
    await shoot('4-working');
  }
  await page.getByText('these are counts and checks only').waitFor({ timeout: 30_000 });
  await shoot('5-answered');
}

async function panels(page: Page, shoot: (what: string) => Promise<void>, name: string): Promise<void> {
  await page.getByRole('button', { name: 'With other roles' }).click();
  await shoot('6-peers');
  await page.getByRole('tab', { name: 'Activity' }).click();
  await shoot('7-activity');
  await page.getByRole('tab', { name: 'Details' }).click();
  await shoot('8-details');
  await page.getByRole('button', { name: 'Remove' }).click();
  await shoot('9-remove');
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Close the panel' }).click();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Find a role or do something').fill('fact');
  await shoot('a-palette');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await shoot('b-keys');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Activity of the organisation' }).click();
  await shoot('c-feed');
  if (name === 'narrow') await page.getByRole('button', { name: 'Close the panel' }).click();
}

async function broken(page: Page, tenant: FakeTenant, shoot: (what: string) => Promise<void>): Promise<void> {
  const { state } = tenant;
  const set = (roleName: string, status: 'failed' | 'paused' | 'degraded' | 'hibernated') => {
    const role = state.byName(roleName);
    role.status = status;
    if (status === 'failed') {
      role.status_reason = 'crash_loop';
      role.status_detail =
        'The agent stopped 5 times within 10 minutes: config.yaml names an unknown engine "modle".';
    }
    const events = {
      failed: 'WORKSPACE_PROVISION_FAILED',
      paused: 'WORKSPACE_PAUSED',
      degraded: 'WORKSPACE_DEGRADED',
      hibernated: 'WORKSPACE_HIBERNATED',
    } as const;
    state.store(events[status], role.id, { error: role.status_detail, name: roleName });
  };
  set('Numbers Checker', 'failed');
  set('Style Checker', 'paused');
  set('Terms Indexer', 'degraded');
  set('Readability Analyst', 'hibernated');
  await page.getByText('Asleep').first().waitFor();
  await shoot('d-troubles');
  await tenant.close();
  await page.getByText('The server does not answer').waitFor();
  await shoot('e-reconnecting');
  const again = await startFakeTenant({ port: tenant.port, state, token: 'look-at-me' });
  state.online(state.byName('Style Checker'));
  await page.getByText('The server does not answer').waitFor({ state: 'detached', timeout: 20_000 });
  await page.getByText('Paused', { exact: true }).first().waitFor({ state: 'detached' });
  await again.close();
}
