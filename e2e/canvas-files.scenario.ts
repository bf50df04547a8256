// Canvas files: a person reads, writes, uploads, downloads and deletes the files of a role, in light and dark.

import { readFile } from 'node:fs/promises';
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
    body: { name: 'Scribe', runtime: 'rehearsal', role: 'writes things down' },
  }));
  await until(
    'the scribe is online',
    async () => (await tenant.asAdmin(`/workspaces/${id}`)).status === 'online',
    60_000,
  );
});

afterAll(async () => {
  await browser?.close();
  await tenant?.stop();
});

async function contentOf(path: string, root = '/configs'): Promise<string | undefined> {
  const answer = await tenant.call(`/workspaces/${id}/files/${path}?root=${root}`, {
    headers: { authorization: `Bearer ${tenant.adminToken}` },
  });
  return (JSON.parse(answer.text) as { content?: string }).content;
}

withBrowser('a person among the files of a role', () => {
  it(verifies(
    'canvas.files',
    'reads, writes, uploads, downloads and deletes, and undoes a deletion',
  ), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Scribe');
    const folder = 'notes';
    await openTab(page, 'Scribe', 'Files');
    await page.getByRole('treeitem', { name: 'config.yaml' }).waitFor(SOON);
    await page.getByRole('button', { name: 'New file' }).click();
    await page.getByLabel('Name, in /configs').fill('../escape.md');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByText('The name must not hold "..".').waitFor(SOON);
    await lookInBoth(page, 'files-new');
    await page.getByLabel('Name, in /configs').fill(`${folder}/plan.md`);
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByLabel(`Text of ${folder}/plan.md`).click(SOON);
    await page.keyboard.type('# Plan\n\nWrite **it** down, then `read` it.');
    await page.getByText('not saved').waitFor(SOON);
    await lookInBoth(page, 'files-draft');
    await page.keyboard.press('Control+s');
    await until(
      'it is saved',
      async () => (await contentOf(`${folder}/plan.md`))?.startsWith('# Plan') ?? false,
    );
    await page.getByText('The agent reads it at its next start.').waitFor(SOON);

    await tenant.asAdmin(`/workspaces/${id}/files/${folder}/plan.md`, {
      method: 'PUT',
      body: { content: '# Plan of somebody else\n' },
    });
    await page.getByLabel(`Text of ${folder}/plan.md`).click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('\nMore.');
    await page.keyboard.press('Control+s');
    await page.getByText('Somebody else changed it meanwhile').waitFor(SOON);
    await page.getByRole('dialog').getByText('Plan of somebody else').waitFor(SOON);
    await lookInBoth(page, 'files-conflict');
    await page.getByRole('button', { name: 'Take theirs' }).click();
    await page.getByLabel(`Text of ${folder}/plan.md`).getByText('Plan of somebody else').waitFor(SOON);

    const [download] = await Promise.all([
      page.waitForEvent('download', SOON),
      page.getByRole('link', { name: 'Download plan.md' }).click(),
    ]);
    expect(await readFile(await download.path(), 'utf8')).toBe('# Plan of somebody else\n');

    await page.getByRole('button', { name: 'Delete plan.md' }).click();
    await page.getByText(`${folder}/plan.md was deleted`, { exact: true }).waitFor(SOON);
    await until('it is deleted', async () => (await contentOf(`${folder}/plan.md`)) === undefined);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await until('it is back', async () => (await contentOf(`${folder}/plan.md`)) !== undefined);

    await page.getByLabel('Root').selectOption('/workspace');
    await page
      .getByText('Nothing is here yet')
      .or(page.getByRole('tree', { name: 'Files' }))
      .first()
      .waitFor(SOON);
    await page.getByLabel('Files to upload').setInputFiles([
      { name: 'here.txt', mimeType: 'text/plain', buffer: Buffer.from('from here') },
      { name: 'here.bin', mimeType: 'application/octet-stream', buffer: Buffer.from([0xff, 0, 0xfe]) },
    ]);
    await page
      .getByText(/It is no text, so it is kept as/)
      .first()
      .waitFor(SOON);
    await until('it is uploaded', async () => (await contentOf('here.txt', '/workspace')) === 'from here');
    await page.getByRole('treeitem', { name: 'here.txt' }).waitFor(SOON);
    await lookInBoth(page, 'files-work');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);

  it(verifies('canvas.files', 'is done by keyboard alone, with what is out of reach said'), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Scribe');
    await tenant.asAdmin(`/workspaces/${id}/files/keys/one.json`, {
      method: 'PUT',
      body: { content: '{ "a": [1, true, null], "b": "text" }\n' },
    });
    await openTab(page, 'Scribe', 'Files');
    await page.getByRole('treeitem', { name: 'keys' }).focus(SOON);
    await page.keyboard.press('ArrowRight');
    await page.getByRole('treeitem', { name: 'one.json' }).waitFor(SOON);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByLabel('Text of keys/one.json').waitFor(SOON);
    await lookInBoth(page, 'files-json');
    await page.getByRole('treeitem', { name: 'one.json' }).focus();
    await page.keyboard.press('Delete');
    await until('it is deleted', async () => (await contentOf('keys/one.json')) === undefined);
    await page.getByLabel('Root').selectOption('/plugins');
    await page
      .getByText(/cannot be reached|could not be read|Nothing is here yet/)
      .first()
      .waitFor(SOON);
    await lookInBoth(page, 'files-away');
    expect(problems.filter((text) => !/501|404|409/.test(text))).toEqual([]);
    await page.context().close();
  }, 120_000);
});
