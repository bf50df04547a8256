// Canvas declined: what a backend cannot do for a role is said where a person would look for it, with the reason, and
// nothing is shown in its place.

import type { FakeControlPlane } from '@molecule/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { look, openCanvas, openTab, SOON } from './support/canvas.ts';
import { cloudSettings, ORG_HEADERS, startPlaneWithAgents } from './support/cloud-tenant.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const START_MS = 60_000;
let plane: FakeControlPlane;
let tenant: ScenarioTenant;
let browser: Browser;
let page: Page;
let problems: string[];
let id: string;

describe.skipIf(chromiumPath() === null)('a role on an instance of the control plane, on the canvas', () => {
  beforeAll(async () => {
    plane = await startPlaneWithAgents();
    browser = await launchChromium();
    tenant = await startScenarioTenant(
      { ...(await cloudSettings(plane)), WORKSPACE_BACKEND: 'cloud', WORKSPACE_BACKENDS: 'process' },
      { headers: ORG_HEADERS },
    );
    ({ id } = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { name: 'Away', runtime: 'rehearsal', tier: 2 },
    }));
    const status = async () => (await tenant.asAdmin<{ status: string }>(`/workspaces/${id}`)).status;
    await until('online', async () => (await status()) === 'online', START_MS);
    ({ page, problems } = await openCanvas(browser, tenant, 'light', 'Away'));
  }, 2 * START_MS);
  afterAll(async () => {
    await browser?.close();
    await tenant?.stop();
    await plane?.close();
  });

  it('says in the log why there is none', async () => {
    await openTab(page, 'Away', 'Logs');
    await page.getByText('The log cannot be reached from here').waitFor(SOON);
    await page.getByText(/no way to what an agent on its instance prints/).waitFor(SOON);
    await look(page, 'light', 'declined-logs');
  });

  it('shows the configuration, and says of other folders why they are not there', async () => {
    await page.getByRole('tab', { name: 'Files', exact: true }).click(SOON);
    await page.getByRole('treeitem', { name: 'config.yaml' }).waitFor(SOON);
    await page.getByLabel('Root').selectOption('/workspace');
    await page.getByText('This folder cannot be reached from here').waitFor(SOON);
    await page.getByText(/no way to the files of the instance/).waitFor(SOON);
  });

  it('says in the terminal why it did not open', async () => {
    await page.getByRole('tab', { name: 'Terminal', exact: true }).click(SOON);
    await page.getByRole('button', { name: 'Open a terminal' }).click(SOON);
    await page.getByText(/no way into the instance/).waitFor(SOON);
  });

  it('says of a move why it was not made, and the role stays as it was', async () => {
    await page.getByRole('tab', { name: 'Details', exact: true }).click(SOON);
    const choice = page.getByLabel('Where Away runs');
    await choice.selectOption('process');
    const notices = page.getByRole('region', { name: /Notifications/ });
    await notices.getByText(/no way to what an instance keeps/).waitFor(SOON);
    expect(await choice.inputValue()).toBe('cloud');
    const row = await tenant.asAdmin<{ backend: string; status: string }>(`/workspaces/${id}`);
    expect(row).toMatchObject({ backend: 'cloud', status: 'online' });
    await look(page, 'light', 'declined-move');
    expect(problems).toEqual([]);
  });
});
