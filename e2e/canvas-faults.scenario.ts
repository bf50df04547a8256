// Canvas faults: what a person sees when things break under a chat: the server is killed in the middle, the agent hangs, its
// money is used up, and the person's own permission is taken away.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { lookInBoth, openCanvas, openTab, SOON } from './support/canvas.ts';
import { type ScriptedAgent, said, startScriptedAgent } from './support/scripted-agent.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const ENV = { MOLECULE_ENV: 'development', A2A_IDLE_TIMEOUT_SECONDS: '2' };
let browser: Browser;
let tenant: ScenarioTenant;
let agent: ScriptedAgent;
let page: Page;
let id: string;

const questions = () =>
  agent.heard.filter(({ body }) => body.method === 'message/stream' || body.method === 'message/send');
const messageIds = () =>
  questions().map(({ body }) => (body.params as { message: { messageId: string } }).message.messageId);

async function ask(words: string): Promise<void> {
  await page.getByLabel('Message to Clerk').fill(words);
  await page.keyboard.press('Enter');
}

describe.skipIf(chromiumPath() === null)('a person whose chat breaks', () => {
  beforeAll(async () => {
    browser = await launchChromium();
    agent = await startScriptedAgent();
    tenant = await startScenarioTenant(ENV);
    const made = await tenant.asAdmin<{ id: string; connection: { auth_token: string } }>('/workspaces', {
      method: 'POST',
      body: { name: 'Clerk', external: true },
    });
    ({ id } = made);
    await tenant.asAdmin('/registry/register', {
      method: 'POST',
      headers: { authorization: `Bearer ${made.connection.auth_token}` },
      body: { id, url: agent.url, agent_card: { name: 'Clerk' } },
    });
    await until('online', async () => (await tenant.asAdmin(`/workspaces/${id}`)).status === 'online');
    ({ page } = await openCanvas(browser, tenant, 'light', 'Clerk'));
    await openTab(page, 'Clerk', 'Chat');
  });
  afterAll(async () => {
    await browser?.close();
    await tenant?.stop();
    await agent?.stop();
  });

  it(verifies('canvas.faults', 'is told that the agent hangs, and can send again'), async () => {
    agent.answer(() => new Promise(() => {}));
    await ask('Count the chairs');
    await page.getByRole('alert').waitFor(SOON);
    await lookInBoth(page, 'faults-hanging');
    agent.answer(() => ({ body: said('Nine chairs.') }));
    await page.getByRole('button', { name: 'Send again' }).click(SOON);
    await page.getByText('Nine chairs.').waitFor(SOON);
  });

  it(verifies('canvas.faults', 'is told that the money is used up, and led to the limit'), async () => {
    await tenant.asAdmin(`/workspaces/${id}/budget`, { method: 'PATCH', body: { budget_limit: 0 } });
    const before = questions().length;
    await ask('Count the tables');
    await page.getByText('This role has spent its limit').waitFor(SOON);
    await lookInBoth(page, 'faults-quota');
    expect(questions().length).toBe(before);
    await page.getByRole('alert').getByRole('button', { name: 'Change the limit' }).click();
    await page.getByRole('tab', { name: 'Details', selected: true }).waitFor(SOON);
    await page.getByRole('button', { name: 'Change the limit' }).click(SOON);
    await page.getByLabel('US dollars a month').fill('');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached', ...SOON });
    await page.getByRole('tab', { name: 'Chat', exact: true }).click();
    agent.answer(() => ({ body: said('Four tables.') }));
    await page.getByRole('button', { name: 'Send again' }).last().click(SOON);
    await page.getByText('Four tables.').waitFor(SOON);
  });

  it(
    verifies('canvas.faults', 'keeps the question when the server is killed, and sends the very same again'),
    async () => {
      agent.answer(() => new Promise(() => {}));
      const before = messageIds().length;
      await ask('Count the lamps');
      await until('the agent has it', () => messageIds().length > before);
      tenant.child.kill('SIGKILL');
      await page.getByText('The server was not reached').first().waitFor(SOON);
      await page.getByText('Live', { exact: true }).waitFor({ state: 'hidden', ...SOON });
      await lookInBoth(page, 'faults-server');
      await page.getByLabel('Message to Clerk').fill('What I was writing');
      const { port } = new URL(tenant.url);
      tenant = await startScenarioTenant({ ...ENV, PORT: port }, { dataDir: tenant.dataDir });
      await page.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 });
      agent.answer(() => ({ body: said('Six lamps.') }));
      await page.getByRole('button', { name: 'Send again' }).last().click(SOON);
      await page.getByText('Six lamps.').waitFor(SOON);
      const sent = messageIds().slice(before);
      expect(new Set(sent).size).toBe(1);
      expect(await page.getByLabel('Message to Clerk').inputValue()).toBe('What I was writing');
    },
  );

  it(verifies('canvas.faults', 'is led to sign in when the permission is taken away'), async () => {
    const guarded = await startScenarioTenant();
    try {
      await addExternalAgent(guarded, 'Clerk');
      ({ page } = await openCanvas(browser, guarded, 'light', 'Clerk'));
      const { sessions } = await guarded.asAdmin<{ sessions: { id: string }[] }>('/admin/sessions');
      expect(sessions).toHaveLength(1);
      await guarded.asAdmin(`/admin/sessions/${sessions[0]?.id}`, { method: 'DELETE' });
      await page
        .getByText(/admin token/i)
        .first()
        .waitFor(SOON);
      await lookInBoth(page, 'faults-signed-out');
      expect(await page.getByText('Clerk').count()).toBe(0);
    } finally {
      await guarded.stop();
    }
  });
});
