// Canvas attachments: files go with a message and come back from a role, are there after a reload, and are refused in words.

import { readFile } from 'node:fs/promises';
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

const HOSTILE_NAME = '<img src=x onerror=hit()>\u202Egnp.html';
const HOSTILE_TEXT = '<script>hit()</script>';

withBrowser('a person with files', () => {
  it(verifies(
    'canvas.attachments',
    'attaches, removes, sends and downloads them by keyboard, and gets those that a role sends',
  ), async () => {
    const name = 'Porter';
    const { id, token } = await addExternalAgent(tenant, name);
    const { page, problems } = await openCanvas(browser, tenant, 'light', name);
    await openTab(page, name, 'Chat');
    const attach = page.getByRole('button', { name: 'Attach files' });
    const choose = async (...files: { name: string; mimeType: string; buffer: Buffer }[]) => {
      const chooser = page.waitForEvent('filechooser');
      await attach.focus();
      await page.keyboard.press('Enter');
      await (await chooser).setFiles(files);
    };
    await choose(
      { name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('Carry it upstairs.') },
      { name: HOSTILE_NAME, mimeType: 'text/html', buffer: Buffer.from(HOSTILE_TEXT) },
      { name: 'huge.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(25 * 1024 * 1024 + 1) },
    );
    const waiting = page.getByRole('list', { name: 'Files to send' });
    await waiting.getByText('ready to send').nth(1).waitFor(SOON);
    await waiting.getByText('Larger than 25 MB, so it is not attached.').waitFor(SOON);
    await lookInBoth(page, 'attachments-waiting');
    await page.getByRole('button', { name: 'Remove huge.bin' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel(`Message to ${name}`).evaluate(paste, 'pasted.txt');
    await waiting.getByText('ready to send').nth(2).waitFor(SOON);
    await page.getByLabel(`Message to ${name}`).focus();
    await page.keyboard.type('Here are the papers');
    await page.keyboard.press('Enter');
    const log = page.getByRole('log');
    await log.getByText('Here are the papers').waitFor(SOON);
    await waiting.waitFor({ state: 'detached', ...SOON });

    await tellPerson(id, token);
    await log.getByText('Here is the receipt').waitFor(SOON);
    await page.reload();
    await openTab(page, name, 'Chat');
    for (const file of ['plan.txt', 'pasted.txt', 'receipt.txt']) {
      await log.getByRole('link', { name: `Download ${file}` }).waitFor(SOON);
    }
    await log.getByText('elsewhere.html').waitFor(SOON);
    expect(await log.getByRole('link', { name: /elsewhere/ }).count()).toBe(0);
    await lookInBoth(page, 'attachments');

    expect(await fetched('Download plan.txt')).toBe('Carry it upstairs.');
    expect(await fetched('Download receipt.txt')).toBe('Paid.');
    expect(await fetched(/onerror/)).toBe(HOSTILE_TEXT);
    expect(await page.evaluate('document.querySelectorAll("[onerror]").length')).toBe(0);
    expect(problems).toEqual([]);
    await page.context().close();

    async function fetched(link: string | RegExp): Promise<string> {
      const download = page.waitForEvent('download');
      await log.getByRole('link', { name: link }).focus();
      await page.keyboard.press('Enter');
      return await readFile(await (await download).path(), 'utf8');
    }
  }, 120_000);
});

withBrowser('an upload under faults', () => {
  it(verifies(
    'canvas.attachments',
    'says what stopped it: too many requests, or a lost network',
  ), async () => {
    await addExternalAgent(tenant, 'Leaver');
    const { page } = await openCanvas(browser, tenant, 'light', 'Leaver');
    await openTab(page, 'Leaver', 'Chat');
    await page.route('**/chat/uploads', (route) =>
      route.fulfill({ status: 429, json: { error: 'slow down' } }),
    );
    const input = page.getByLabel('Files to attach');
    await input.setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') });
    await page.getByText('Too many requests. Attach it again in a minute.').waitFor(SOON);
    await page.unroute('**/chat/uploads');
    await page.route('**/chat/uploads', (route) => route.abort());
    await input.setInputFiles({ name: 'b.txt', mimeType: 'text/plain', buffer: Buffer.from('b') });
    await page.getByText('The upload broke off. Remove it and attach it again.').waitFor(SOON);
    await page.unroute('**/chat/uploads');
    await page.context().close();
  }, 60_000);
});

/** Runs in the page: a paste of a file. */
function paste(field: unknown, name: string): void {
  const page = globalThis as unknown as {
    DataTransfer: new () => { items: { add(file: File): void } };
    ClipboardEvent: new (type: string, init: object) => Event;
  };
  const clipboardData = new page.DataTransfer();
  clipboardData.items.add(new File(['Pasted.'], name, { type: 'text/plain' }));
  const event = new page.ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
  (field as EventTarget).dispatchEvent(event);
}

/** An agent sends one file that it uploaded, and one whose address is none of its folder. */
async function tellPerson(id: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const form = new FormData();
  form.append('files', new Blob(['Paid.'], { type: 'text/plain' }), 'receipt.txt');
  const answer = await fetch(`${tenant.url}/workspaces/${id}/chat/uploads`, {
    method: 'POST',
    headers,
    body: form,
  });
  const { files } = (await answer.json()) as { files: object[] };
  const elsewhere = { uri: 'javascript:hit()', name: 'elsewhere.html' };
  const told = await tenant.call(`/workspaces/${id}/notify`, {
    method: 'POST',
    headers,
    body: { message: 'Here is the receipt', attachments: [...files, elsewhere] },
  });
  expect(told.status).toBe(200);
}
