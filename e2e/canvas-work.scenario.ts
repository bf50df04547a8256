// Canvas work: what a person does beside chatting: decides requests, in light and dark, readable by everybody. With
// MOLECULE_LOOKS naming a folder, it leaves a picture of each surface there.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { lookInBoth, openCanvas } from './support/canvas.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const withBrowser = describe.skipIf(chromiumPath() === null);
const SOON = { timeout: 30_000 };
let browser: Browser;
let tenant: ScenarioTenant;
let outside: ExternalAgent;

beforeAll(async () => {
  browser = await launchChromium();
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
  const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
    method: 'POST',
    body: { name: 'Desk', runtime: 'rehearsal', role: 'works here' },
  });
  outside = await addExternalAgent(tenant, 'Courier', made.id);
  await until(
    'the desk is online',
    async () => (await tenant.asAdmin(`/workspaces/${made.id}`)).status === 'online',
    60_000,
  );
});

afterAll(async () => {
  await browser?.close();
  await tenant?.stop();
});

async function ask(action: string, reason?: string): Promise<string> {
  const answer = await tenant.call(`/workspaces/${outside.id}/approvals`, {
    method: 'POST',
    headers: { authorization: `Bearer ${outside.token}` },
    body: { action, reason },
  });
  return (JSON.parse(answer.text) as { approval_id: string }).approval_id;
}

const statusOf = async (id: string) =>
  (await tenant.asAdmin<{ id: string; status: string }[]>(`/workspaces/${outside.id}/approvals`)).find(
    (row) => row.id === id,
  )?.status;

withBrowser('a person at work', () => {
  it(verifies(
    'canvas.approvals',
    'sees requests as they come, and decides them by keyboard and many at once',
  ), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Desk');
    await page.getByRole('button', { name: 'Approvals: nothing waits' }).click(SOON);
    await page.getByText('Nothing waits for you').waitFor(SOON);
    await lookInBoth(page, 'approvals-empty');
    const first = await ask('Send the parcel', 'The customer has paid and waits since Monday.');
    const card = page.locator(`[data-approval-id="${first}"]`);
    await card.waitFor(SOON);
    await page.getByRole('button', { name: 'Approvals: 1 wait for a decision' }).waitFor(SOON);
    await card.focus();
    await page.keyboard.press('y');
    await until('it is approved', async () => (await statusOf(first)) === 'approved');
    await card.waitFor({ state: 'detached', ...SOON });

    const others = [await ask('Open the depot', 'It is raining.'), await ask('Drive at night')];
    await page.getByText('All 2').click(SOON);
    await lookInBoth(page, 'approvals');
    await page.getByRole('button', { name: 'Deny chosen' }).click();
    await page.getByRole('dialog').waitFor(SOON);
    await lookInBoth(page, 'approvals-confirm');
    await page.getByRole('button', { name: 'Deny 2' }).click();
    for (const id of others) await until('it is denied', async () => (await statusOf(id)) === 'denied');

    const last = await ask('Change the route', 'The bridge is closed.');
    await page.getByText('Courier', { exact: true }).first().click();
    await page.getByText('A request waits for your decision').click(SOON);
    await page.getByRole('region', { name: 'Approvals' }).getByText('Change the route').first().waitFor(SOON);
    await lookInBoth(page, 'approvals-role');
    await page.locator(`[data-approval-id="${last}"]`).getByRole('button', { name: 'Approve' }).click();
    await until('it is approved', async () => (await statusOf(last)) === 'approved');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);

  it(verifies('canvas.units', 'reads a log as it grows and works in a terminal'), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Desk');
    await page.getByText('Desk', { exact: true }).first().click();
    await page.getByRole('tab', { name: 'Logs' }).click(SOON);
    await page.getByRole('button', { name: 'Start' }).click();
    await page
      .getByRole('region', { name: 'Log' })
      .getByText(/started pid/)
      .first()
      .waitFor(SOON);
    await lookInBoth(page, 'logs');
    await page.getByRole('tab', { name: 'Terminal' }).click();
    await lookInBoth(page, 'terminal-closed');
    await page.getByRole('button', { name: 'Open a terminal' }).click();
    await page.getByText('Connected', { exact: true }).waitFor(SOON);
    await page.keyboard.type('echo $((6 * 7)) is the answer; ls --color=always -la\n');
    await page.getByText('42 is the answer').first().waitFor(SOON);
    await lookInBoth(page, 'terminal');
    await page.keyboard.press('Escape');
    await page.keyboard.type('\nexit\n');
    await page.getByText('The shell ended.').waitFor(SOON);
    await page.getByRole('button', { name: 'Open again' }).click();
    await page.getByText('Connected', { exact: true }).waitFor(SOON);
    await page.keyboard.press('F6');
    await expect.poll(() => page.evaluate('document.activeElement.textContent'), SOON).toBe('Terminal');

    await page.getByText('Courier', { exact: true }).first().click();
    await page.getByRole('tab', { name: 'Logs' }).click(SOON);
    await page.getByText('The log cannot be reached from here').waitFor(SOON);
    await lookInBoth(page, 'logs-external');
    expect(problems.filter((text) => !text.includes('501'))).toEqual([]);
    await page.context().close();
  }, 120_000);
});
