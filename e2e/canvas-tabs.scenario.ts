// Canvas tabs: secrets, tokens, configuration, memory and events of a role, as a person works with them, in light and dark.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { lookInBoth, openCanvas, openTab, SOON } from './support/canvas.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const withBrowser = describe.skipIf(chromiumPath() === null);
let browser: Browser;
let tenant: ScenarioTenant;
let id: string;

beforeAll(async () => {
  browser = await launchChromium();
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
  ({ id } = await tenant.asAdmin<{ id: string }>('/workspaces', {
    method: 'POST',
    body: { name: 'Keeper', runtime: 'rehearsal', role: 'keeps things' },
  }));
  await until('the keeper is online', isOnline, 60_000);
});

afterAll(async () => {
  await browser?.close();
  await tenant?.stop();
});

const isOnline = async () => (await tenant.asAdmin(`/workspaces/${id}`)).status === 'online';
const secretRows = () => tenant.asAdmin<{ key: string; scope: string }[]>(`/workspaces/${id}/secrets`);

withBrowser('a person who keeps a role', () => {
  it(verifies('canvas.secrets', 'sets, overrides and deletes secrets, and never sees a value'), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Keeper');
    const name = 'SHARED_PLACE';
    await page.getByRole('button', { name: 'Secrets and tokens' }).click();
    await page.getByRole('button', { name: 'New secret' }).click(SOON);
    await page.getByLabel('Name', { exact: true }).fill('A=B');
    await page.getByLabel('Value', { exact: true }).fill('x');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('A name holds no =').waitFor(SOON);
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Value', { exact: true }).fill('shared-value');
    await lookInBoth(page, 'secret-new');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(name, { exact: true }).waitFor(SOON);
    await lookInBoth(page, 'secrets-shared');

    await openTab(page, 'Keeper', 'Secrets');
    await page.getByRole('button', { name: `Override ${name} here` }).click(SOON);
    await page.getByLabel('Value', { exact: true }).fill('own-value');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Of this role, before the one for every role').first().waitFor(SOON);
    await page.getByRole('button', { name: 'New secret' }).click();
    await page.getByLabel('Name', { exact: true }).fill('OPENAI_API_KEY');
    await page.getByLabel('Value', { exact: true }).fill('no key at all');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/Is it right\?/).waitFor(SOON);
    await lookInBoth(page, 'secret-doubt');
    await page.getByRole('button', { name: 'Save it anyway' }).click();
    await page.getByText('OPENAI_API_KEY', { exact: true }).waitFor(SOON);
    await lookInBoth(page, 'secrets');
    expect(await page.content()).not.toMatch(/(shared|own)-value/);
    for (const gone of [name, 'OPENAI_API_KEY']) {
      await page.getByRole('button', { name: `Delete ${gone}` }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click(SOON);
      await page.getByRole('dialog').waitFor({ state: 'detached', ...SOON });
    }
    expect((await secretRows()).find((row) => row.key === name)?.scope).toBe('global');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);

  it(verifies('canvas.tokens', 'makes a token that works, sees it once, and revokes it'), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Keeper');
    await page.getByRole('button', { name: 'Secrets and tokens' }).click();
    await page.getByRole('button', { name: 'Tokens', exact: true }).click(SOON);
    await page.getByText('No tokens').waitFor(SOON);
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel('What is it for?').fill('Nightly report');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByText('Take it now').waitFor(SOON);
    const token = await page.getByRole('dialog').locator('code').innerText();
    const list = () =>
      tenant
        .call('/workspaces', { headers: { authorization: `Bearer ${token}` } })
        .then(({ status }) => status);
    expect(await list()).toBe(200);
    await lookInBoth(page, 'token-once');
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByText('Nightly report').waitFor(SOON);
    expect(await page.content()).not.toContain(token);
    await lookInBoth(page, 'tokens');
    await page.getByRole('button', { name: 'Revoke Nightly report' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click(SOON);
    await until('it is refused', async () => (await list()) === 401);
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);

  it(verifies('canvas.sessions', 'sees which browsers are signed in, and signs one out'), async () => {
    const signedIn = await tenant.call('/auth/sign-in', {
      method: 'POST',
      headers: { 'user-agent': 'Lost Laptop' },
      body: { token: tenant.adminToken },
    });
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const status = async () => (await tenant.call('/admin/sessions', { headers: { cookie } })).status;
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Keeper');
    await page.getByRole('button', { name: 'Secrets and tokens' }).click();
    await page.getByRole('button', { name: 'Sessions', exact: true }).click(SOON);
    await page.getByText('This browser').waitFor(SOON);
    expect(await status()).toBe(200);
    await lookInBoth(page, 'sessions');
    await page.getByRole('button', { name: /^Sign out Lost Laptop/ }).click();
    await lookInBoth(page, 'session-out');
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click(SOON);
    await page.getByText('Lost Laptop').waitFor({ state: 'detached', ...SOON });
    expect(await status()).toBe(401);
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);

  it(verifies(
    'canvas.config',
    'changes a configuration by form and text, sees the diff, and restarts',
  ), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Keeper');
    await until('the keeper is online', isOnline, 60_000);
    await openTab(page, 'Keeper', 'Config');
    await page.getByLabel('Description').fill('Keeps things, tidily');
    await page.getByLabel('Tasks at once').fill('1000');
    await page.getByText('must be a number from 1 to 64').waitFor(SOON);
    await lookInBoth(page, 'config-trouble');
    await page.getByLabel('Tasks at once').fill('2');
    await page.getByText('must be a number from 1 to 64').waitFor({ state: 'detached', ...SOON });
    await lookInBoth(page, 'config-form');
    await page.getByRole('button', { name: 'Review and save' }).click(SOON);
    await page.getByRole('dialog').getByText('Keeps things, tidily').waitFor(SOON);
    await lookInBoth(page, 'config-diff');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('is saved, but the agent still runs').waitFor(SOON);
    await page.getByText('How it came about').click();
    await lookInBoth(page, 'config-drift');
    await page.getByRole('button', { name: 'YAML' }).click();
    await page.getByLabel('Text of config.yaml').click(SOON);
    await page.keyboard.press('Control+Home');
    await page.keyboard.type(`# kept by hand\n`);
    await lookInBoth(page, 'config-yaml');
    await page.getByRole('button', { name: 'Review and save' }).click(SOON);
    await page.getByRole('button', { name: 'Save and restart' }).click(SOON);
    await page.getByText('is in force.').waitFor({ timeout: 60_000 });
    const { content } = await tenant.asAdmin<{ content: string }>(`/workspaces/${id}/files/config.yaml`);
    expect(content).toContain('# kept by hand');
    expect(content).toContain('max_concurrent_tasks: 2');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 180_000);

  it(verifies('canvas.memory', 'reads, searches, writes and forgets what a role remembers'), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Keeper');
    await openTab(page, 'Keeper', 'Memory');
    await page.getByRole('button', { name: 'Remember' }).click(SOON);
    await page.getByLabel('What', { exact: true }).fill('The depot opens at seven');
    await page.getByLabel('Pinned: it comes first').check();
    await lookInBoth(page, 'memory-remember');
    await page.getByRole('dialog').getByRole('button', { name: 'Remember' }).click();
    const card = page.getByRole('listitem').filter({ hasText: 'at seven' });
    await card.getByText('Pinned').waitFor(SOON);
    await tenant.asAdmin(`/workspaces/${id}/v2/memories`, {
      method: 'POST',
      body: { content: 'Parcels wait behind the gate' },
    });
    await page.getByText('behind the gate').waitFor(SOON);
    await page.getByLabel('Search the memories').fill('depot');
    await card.getByText(/^Score/).waitFor(SOON);
    await lookInBoth(page, 'memory-search');
    await card.getByRole('button', { name: 'Unpin it' }).click();
    await card.getByRole('button', { name: 'Pin it' }).waitFor(SOON);
    await card.getByRole('button', { name: 'Forget it' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget' }).click(SOON);
    await card.waitFor({ state: 'detached', ...SOON });

    await page.getByRole('button', { name: 'Notes by key' }).click();
    await page.getByRole('button', { name: 'New note' }).click(SOON);
    await page.getByLabel('Key', { exact: true }).fill('stop');
    await page.getByLabel('Value: JSON, or any text').fill('{"page": 7}');
    await page.getByLabel('Kept for').selectOption('3600');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/Version 1 .* until/).waitFor(SOON);
    await lookInBoth(page, 'memory-notes');
    await page.getByRole('button', { name: 'Change stop' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Value: JSON, or any text').fill('{"page": 8}');
    await lookInBoth(page, 'memory-note-change');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/Version 2 .* until/).waitFor(SOON);
    await tenant.asAdmin(`/workspaces/${id}/memory`, {
      method: 'POST',
      body: { key: 'told', value: 'by an agent' },
    });
    await page.getByText('told', { exact: true }).waitFor(SOON);
    await page.getByRole('button', { name: 'Delete stop' }).click();
    await page.getByRole('button', { name: 'Undo', exact: true }).click(SOON);
    await until('it is back', async () => {
      const rows = await tenant.asAdmin<{ key: string; value: unknown; expires_at?: string }[]>(
        `/workspaces/${id}/memory`,
      );
      return rows.some(({ key, expires_at }) => key === 'stop' && expires_at !== undefined);
    });
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);

  it(verifies(
    'canvas.memory',
    'keeps the memory of the organisation: suggestions, forgetting, receipts',
  ), async () => {
    const commit = (content: string, provenance?: object) =>
      tenant.asAdmin<{ id: string }>(`/workspaces/${id}/v2/memories`, {
        method: 'POST',
        body: { content, ...(provenance ? { provenance } : {}) },
      });
    const twice = 'The gate code changes on the first Monday of a month';
    await commit(twice);
    await commit(twice.toUpperCase());
    await commit('Mr Quill prefers letters', {
      file: 'letters.pdf',
      url: 'https://quill.example/',
      subjects: ['Quill'],
    });
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Keeper');
    await openTab(page, 'Keeper', 'Memory');
    const quill = page.getByRole('listitem').filter({ hasText: 'prefers letters' });
    await quill.getByText('From outside').waitFor(SOON);
    await quill.getByText('from the file letters.pdf').waitFor(SOON);
    await lookInBoth(page, 'memory-sources');
    await page.getByRole('button', { name: 'Memory of the organisation' }).click();
    await page.getByRole('button', { name: 'Look now' }).click(SOON);
    const suggestion = page
      .getByRole('listitem')
      .filter({ hasText: 'Says the same as another one' })
      .filter({ hasText: 'FIRST MONDAY' });
    await suggestion.getByRole('checkbox').check(SOON);
    await lookInBoth(page, 'memory-suggestions');
    await page.getByRole('button', { name: 'Accept' }).click();
    await suggestion.waitFor({ state: 'detached', ...SOON });

    await page.getByRole('button', { name: 'Forget', exact: true }).click();
    await page.getByRole('textbox', { name: 'All that says this' }).fill('quill PREFERS letters');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: '1 thing would go' }).waitFor(SOON);
    await lookInBoth(page, 'memory-forget');
    await page.getByRole('dialog').getByRole('button', { name: 'Forget it' }).click();
    await page.getByText('1 memory, 0 notes, 0 quotes').first().waitFor(SOON);
    await lookInBoth(page, 'memory-receipts');
    const left = await tenant.asAdmin<{ content: string }[]>('/admin/memories/export');
    expect(left.map(({ content }) => content)).toContain(twice);
    expect(left.map(({ content }) => content)).not.toContain(twice.toUpperCase());
    expect(left.map(({ content }) => content)).not.toContain('Mr Quill prefers letters');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);

  it(verifies('canvas.events', 'reads what was stored, and the audit among it, as it happens'), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Keeper');
    await openTab(page, 'Keeper', 'Events');
    await page.getByText('Workspace online').first().waitFor(SOON);
    const name = 'AUDIT_PLACE';
    await lookInBoth(page, 'events');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Activity of the organisation' }).click();
    await page.getByRole('button', { name: 'Events and audit' }).click(SOON);
    await page
      .getByText(/· Keeper/)
      .first()
      .waitFor(SOON);
    await lookInBoth(page, 'events-all');
    await page.getByRole('button', { name: 'Audit', exact: true }).click(SOON);
    await tenant.asAdmin('/settings/secrets', { method: 'PUT', body: { key: name, value: 'v' } });
    const line = page.getByRole('listitem').filter({ hasText: name }).first();
    await line.waitFor(SOON);
    await line.getByText('All of it').click();
    await lookInBoth(page, 'events-audit');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);
});
