// Canvas hostile: texts that would run as scripts, in every field that agents and people can fill. None runs, and none even
// gets as far as the content policy.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { openCanvas, openTab, SOON } from './support/canvas.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';
import { XSS_CORPUS } from './support/xss-corpus.ts';

const withBrowser = describe.skipIf(chromiumPath() === null);
const NAMED = 40;
let browser: Browser;
let tenant: ScenarioTenant;
let id: string;
let token: string;

beforeAll(async () => {
  browser = await launchChromium();
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
  const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
    method: 'POST',
    body: { name: 'Target', runtime: 'rehearsal', role: 'is written to by strangers' },
  });
  ({ id, token } = await addExternalAgent(tenant, 'Hostile', made.id));
  await fill(made.id);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await tenant?.stop();
});

/** Some doors refuse some of them; what they let in must stay text. */
async function fill(hostedId: string): Promise<void> {
  const admin = { authorization: `Bearer ${tenant.adminToken}` };
  const agent = { authorization: `Bearer ${token}` };
  const post = async (path: string, headers: Record<string, string>, body: unknown, method = 'POST') =>
    (await tenant.call(path, { method, headers, body })).status < 300;
  const entered = { values: 0, told: 0, activity: 0, approvals: 0, secrets: 0 };
  for (const [i, text] of XSS_CORPUS.entries()) {
    entered.values += Number(await post(`/workspaces/${id}/memory`, admin, { key: `k${i}`, value: text }));
    entered.told += Number(await post(`/workspaces/${id}/notify`, agent, { message: text }));
    const log = { activity_type: 'agent_log', summary: text, request_body: { text }, method: text };
    entered.activity += Number(await post(`/workspaces/${id}/activity`, agent, log));
    if (i % 5 !== 0) continue;
    entered.approvals += Number(
      await post(`/workspaces/${id}/approvals`, agent, { action: text, reason: text }),
    );
    await post(`/workspaces/${hostedId}/v2/memories`, admin, { content: text });
    await post('/org/tokens', admin, { name: text.slice(0, 100) });
  }
  for (const text of XSS_CORPUS.slice(0, NAMED)) {
    await post('/workspaces', admin, { name: text.slice(0, 200), role: text, external: true, parent_id: id });
  }
  const files = { 'notes/<img src=x onerror=hit()>.md': XSS_CORPUS.join('\n\n') };
  await post(`/workspaces/${hostedId}/files`, admin, { files }, 'PUT');
  for (const text of XSS_CORPUS.slice(0, 10)) {
    const key = text.replaceAll('=', '').slice(0, 80);
    entered.secrets += Number(await post('/settings/secrets', admin, { key, value: text }, 'PUT'));
  }
  expect(entered.values).toBe(XSS_CORPUS.length);
  expect(entered.told).toBe(XSS_CORPUS.length);
  expect(entered.activity).toBe(XSS_CORPUS.length);
  expect(entered.approvals).toBeGreaterThan(10);
}

const TABS = [
  'Chat',
  'Activity',
  'Logs',
  'Files',
  'Memory',
  'Config',
  'Secrets',
  'Skills',
  'Events',
  'Details',
];

async function visitEverything(page: Page): Promise<void> {
  for (const role of ['Hostile', 'Target']) {
    for (const tab of TABS) {
      await openTab(page, role, tab);
      await page.getByRole('tabpanel').first().waitFor(SOON);
      await page.waitForLoadState('networkidle');
    }
  }
  await openTab(page, 'Target', 'Files');
  await page.getByRole('treeitem', { name: 'notes' }).click(SOON);
  await page.getByRole('treeitem', { name: /onerror/ }).click(SOON);
  await page.getByLabel(/^Text of notes/).waitFor(SOON);
  await openTab(page, 'Hostile', 'Memory');
  await page.getByRole('button', { name: 'Notes by key' }).click();
  await page.getByText('k199', { exact: true }).waitFor(SOON);
  for (const panel of ['Activity of the organisation', 'Secrets and tokens']) {
    await page.getByRole('button', { name: panel }).click();
    await page.waitForLoadState('networkidle');
  }
  await page.getByRole('button', { name: 'Tokens', exact: true }).click();
  await page.getByRole('button', { name: /^Approvals/ }).click();
  await page.waitForLoadState('networkidle');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Find a role or do something').fill('onerror');
  await page.keyboard.press('Escape');
  await page.keyboard.press('o');
  await page.getByRole('tree', { name: 'Org chart' }).waitFor(SOON);
}

withBrowser('hostile texts', () => {
  it(verifies('canvas.hostile', 'stay texts in every tab, panel and view'), async () => {
    expect(XSS_CORPUS).toHaveLength(200);
    expect(new Set(XSS_CORPUS).size).toBe(200);
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Target');
    let dialogs = 0;
    page.on('dialog', (dialog) => {
      dialogs++;
      void dialog.dismiss();
    });
    await page.evaluate('globalThis.hits = 0; globalThis.hit = () => { globalThis.hits++; return "" };');
    await visitEverything(page);
    expect(await page.evaluate('globalThis.hits')).toBe(0);
    expect(dialogs).toBe(0);
    expect(problems).toEqual([]);
    const strange = await page.evaluate(
      'document.querySelectorAll(\'[onerror],[onload],[onfocus],[onmouseover],a[href^="javascript:" i],iframe,object,embed\').length',
    );
    expect(strange).toBe(0);
    await page.context().close();
  }, 180_000);
});
