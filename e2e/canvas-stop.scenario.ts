// Canvas stop: a person stops an answer whose task has no id yet, and it is ended at the agent as soon as it has one; then
// sends the same again.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { openCanvas, openTab, SOON } from './support/canvas.ts';
import { type ScriptedAgent, said, startScriptedAgent } from './support/scripted-agent.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

let browser: Browser;
let tenant: ScenarioTenant;
let agent: ScriptedAgent;
let page: Page;
let problems: string[];
let id: string;

async function connect(name: string): Promise<string> {
  const made = await tenant.asAdmin<{ id: string; connection: { auth_token: string } }>('/workspaces', {
    method: 'POST',
    body: { name, external: true },
  });
  await tenant.asAdmin('/registry/register', {
    method: 'POST',
    headers: { authorization: `Bearer ${made.connection.auth_token}` },
    body: { id: made.id, url: agent.url, agent_card: { name } },
  });
  return made.id;
}

describe.skipIf(chromiumPath() === null)('a person who stops an answer', () => {
  beforeAll(async () => {
    browser = await launchChromium();
    agent = await startScriptedAgent();
    tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process', MOLECULE_ENV: 'development' });
    id = await connect('Weigher');
    await until('online', async () => (await tenant.asAdmin(`/workspaces/${id}`)).status === 'online');
    ({ page, problems } = await openCanvas(browser, tenant, 'light', 'Weigher'));
    await openTab(page, 'Weigher', 'Chat');
  });
  afterAll(async () => {
    await browser?.close();
    await tenant?.stop();
    await agent?.stop();
  });

  it('ends its task as soon as it has an id, and can send the same again', async () => {
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    agent.answer(async ({ body }) => {
      if (body.method === 'tasks/cancel') return { body: { jsonrpc: '2.0', id: body.id, result: {} } };
      await begun;
      const event = (result: unknown) =>
        `data: ${JSON.stringify({ jsonrpc: '2.0', id: body.id, result })}\n\n`;
      const ids = { taskId: 't-77', contextId: 'c' };
      return {
        headers: { 'content-type': 'text/event-stream' },
        body:
          event({ kind: 'task', id: 't-77', contextId: 'c', status: { state: 'working' } }) +
          event({ kind: 'status-update', ...ids, status: { state: 'canceled' }, final: true }),
      };
    });
    await page.getByLabel('Message to Weigher').fill('Weigh everything');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Stop the answer' }).click(SOON);
    await page.getByText('Stopping as soon as the role has it').waitFor(SOON);
    begin();
    await until('the task was ended', () =>
      agent.heard.some(
        ({ body }) =>
          body.method === 'tasks/cancel' && (body.params as { id: string } | undefined)?.id === 't-77',
      ),
    );
    await page.getByText('Stopped by you').waitFor(SOON);
    agent.answer(() => ({ body: said('All weighed.') }));
    await page.getByRole('button', { name: 'Send again' }).click(SOON);
    await page.getByText('All weighed.').waitFor(SOON);
    const asked = agent.heard.filter(({ body }) => body.method === 'message/stream');
    expect(asked).toHaveLength(2);
    expect(problems).toEqual([]);
  });
});
