// Canvas skills: what a role says that it can do is read on the canvas, and follows its card as it changes.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { lookInBoth, openCanvas, openTab, SOON } from './support/canvas.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';

const withBrowser = describe.skipIf(chromiumPath() === null);
let browser: Browser;
let tenant: ScenarioTenant;

beforeAll(async () => {
  browser = await launchChromium();
  tenant = await startScenarioTenant({});
});

afterAll(async () => {
  await browser?.close();
  await tenant?.stop();
});

withBrowser('the skills of a role', () => {
  it(verifies('canvas.skills', 'are read by keyboard and follow the card of the agent'), async () => {
    const name = 'Cook';
    const { id, token } = await addExternalAgent(tenant, name);
    const { page, problems } = await openCanvas(browser, tenant, 'light', name);
    await openTab(page, name, 'Chat');
    await page.getByRole('tab', { name: 'Secrets', exact: true }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText('No skills are named').waitFor(SOON);
    await lookInBoth(page, 'skills-empty');

    const hostile = '<img src=x onerror=hit()>';
    const skills = [
      { id: 'bake', name: 'Baking', description: 'Bread, in small numbers.', tags: ['flour', 'oven'] },
      { id: 'evil', name: hostile, description: hostile, tags: [] },
    ];
    const told = await tenant.call('/registry/update-card', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: { workspace_id: id, agent_card: { name, skills } },
    });
    expect(told.status).toBe(200);
    const list = page.getByRole('region', { name: `Skills of ${name}` });
    await list.getByRole('heading', { name: 'Baking' }).waitFor(SOON);
    await list.getByText('flour · oven').waitFor(SOON);
    await list.getByRole('heading', { name: hostile }).waitFor(SOON);
    expect(await page.evaluate('document.querySelectorAll("[onerror]").length')).toBe(0);
    await lookInBoth(page, 'skills');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 90_000);
});
