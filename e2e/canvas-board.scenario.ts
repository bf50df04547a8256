// Canvas board: a person reorganises: by pointer and by key, on the board and in the outline, with undo; finds and chooses.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { lookInBoth, openCanvas, SOON } from './support/canvas.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const withBrowser = describe.skipIf(chromiumPath() === null);
let browser: Browser;
let tenant: ScenarioTenant;
const ids: Record<string, string> = {};
const tokens: Record<string, string> = {};

beforeAll(async () => {
  browser = await launchChromium();
  tenant = await startScenarioTenant();
  const add = async (name: string, manager?: string) => {
    const agent = await addExternalAgent(tenant, name, manager ? ids[manager] : undefined);
    ids[name] = agent.id;
    tokens[name] = agent.token;
  };
  await add('Boss');
  await add('Sales', 'Boss');
  await add('Tech', 'Boss');
  await add('Ann', 'Sales');
  await add('Ben', 'Sales');
  await add('Cleo', 'Tech');
});

afterAll(async () => {
  await browser?.close();
  await tenant?.stop();
});

const managerOf = async (name: string) =>
  (await tenant.asAdmin<{ parent_id: string | null }>(`/workspaces/${ids[name]}`)).parent_id;
const movedBelow = (name: string, manager: string) =>
  until(`${name} is below ${manager}`, async () => (await managerOf(name)) === ids[manager]);
const cardOf = (page: Page, name: string) => page.locator(`[data-role-id="${ids[name]}"]`).first();

const REST_MS = 800;

/** Once the card stands: the board fits itself to its chart while that is still coming in. */
async function centreOf(page: Page, name: string): Promise<{ x: number; y: number }> {
  let at = { x: Number.NaN, y: Number.NaN };
  await until(`${name} stands`, async () => {
    const box = await cardOf(page, name).boundingBox();
    if (!box) return false;
    const before = at;
    at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    if (at.x === before.x && at.y === before.y) return true;
    await page.waitForTimeout(REST_MS);
    return false;
  });
  return at;
}

/** By the palette. */
async function choose(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(words);
  await page.locator('[role="option"][aria-selected="true"]', { hasText: words }).waitFor(SOON);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached', ...SOON });
}

withBrowser('a person who reorganises', () => {
  it(verifies(
    'canvas.move',
    'drags a role onto another, sees what it changes, moves, undoes and redoes',
  ), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Cleo');
    const from = await centreOf(page, 'Ann');
    const to = await centreOf(page, 'Tech');
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 8 });
    await page.mouse.move(to.x, to.y, { steps: 8 });
    await lookInBoth(page, 'board-drop');
    await page.mouse.up();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('May talk from then on').waitFor(SOON);
    await dialog.getByText('Tech, Cleo').or(dialog.getByText('Cleo, Tech')).first().waitFor(SOON);
    await dialog.getByText('May not talk any more').waitFor(SOON);
    await dialog.getByText('Memory gained').waitFor(SOON);
    await dialog.getByText('reads and writes the team memory of Tech').waitFor(SOON);
    await dialog.getByText('reads and writes the team memory of Sales').waitFor(SOON);
    await lookInBoth(page, 'board-move');
    await dialog.getByRole('button', { name: 'Move', exact: true }).click();
    await movedBelow('Ann', 'Tech');
    await dialog.waitFor({ state: 'detached', ...SOON });
    await page.keyboard.press('Control+z');
    await movedBelow('Ann', 'Sales');
    await page.keyboard.press('Control+Shift+z');
    await movedBelow('Ann', 'Tech');
    await page.getByRole('button', { name: /^Undo: Ann moved below Tech/ }).click(SOON);
    await movedBelow('Ann', 'Sales');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);

  it.each(['board', 'outline'])(
    verifies('canvas.move', 'moves, finds and chooses many by keyboard alone, on the %s'),
    async (view) => {
      const { page, problems } = await openCanvas(browser, tenant, 'light', 'Cleo');
      if (view === 'outline') await page.keyboard.press('o');
      await cardOf(page, 'Sales').waitFor(SOON);
      await cardOf(page, 'Sales').focus();
      await page.keyboard.press('m');
      await page.getByLabel('Reports to').selectOption({ label: '\u2003\u2003Ann' });
      await page.getByText(/the two can’t be above each other/).waitFor(SOON);
      await lookInBoth(page, `${view}-refused`);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached', ...SOON });

      await page.keyboard.press('f');
      await page.keyboard.type('be');
      await page.getByText('1 of 6').waitFor(SOON);
      await lookInBoth(page, `${view}-found`);
      await page.keyboard.press('Escape');

      await cardOf(page, 'Ann').focus();
      await page.keyboard.press('x');
      await cardOf(page, 'Ben').focus();
      await page.keyboard.press('x');
      await page.getByText('2 chosen').waitFor(SOON);
      await lookInBoth(page, `${view}-chosen`);
      await page.keyboard.press('m');
      await page.getByLabel('Reports to').selectOption({ label: '\u2003Tech' });
      await page.getByRole('dialog').getByRole('button', { name: 'Move', exact: true }).press('Enter');
      await movedBelow('Ann', 'Tech');
      await movedBelow('Ben', 'Tech');
      await page.getByRole('dialog').waitFor({ state: 'detached', ...SOON });
      await page.keyboard.press('Control+z');
      await movedBelow('Ann', 'Sales');
      await movedBelow('Ben', 'Sales');

      await cardOf(page, 'Ben').click({ modifiers: ['Shift'] });
      await page.getByText('1 chosen').waitFor(SOON);
      await page.getByRole('button', { name: 'Pause' }).click();
      const isPaused = async () => (await tenant.asAdmin(`/workspaces/${ids.Ben}`)).status === 'paused';
      await until('Ben is paused', isPaused);
      await page
        .getByRole('toolbar', { name: 'What is chosen' })
        .getByRole('button', { name: 'Resume' })
        .click(SOON);
      await until('Ben is resumed', async () => !(await isPaused()));
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByText('Remove 1 role?').waitFor(SOON);
      await lookInBoth(page, `${view}-remove`);
      await page.getByRole('button', { name: 'Keep them' }).click();
      expect(problems).toEqual([]);
      await page.context().close();
    },
    120_000,
  );

  it(verifies(
    'canvas.collapse',
    'collapses and expands teams by pointer and by key, which everybody sees and keeps',
  ), async () => {
    const { page, problems } = await openCanvas(browser, tenant, 'light', 'Cleo');
    const isCollapsed = async (name: string) =>
      (await tenant.asAdmin<{ collapsed: boolean }>(`/workspaces/${ids[name]}`)).collapsed;
    const other = await openCanvas(browser, tenant, 'light', 'Cleo');
    await page.getByRole('button', { name: 'Collapse the team of Sales', exact: true }).click(SOON);
    await cardOf(page, 'Ann').waitFor({ state: 'detached', ...SOON });
    await cardOf(page, 'Sales').getByText('2 roles hidden').waitFor(SOON);
    await cardOf(other.page, 'Ann').waitFor({ state: 'detached', ...SOON });
    await other.page.context().close();
    await lookInBoth(page, 'board-collapsed');

    await page.keyboard.press('f');
    await page.keyboard.type('ann');
    await page.getByText('1 of 6').waitFor(SOON);
    expect(await cardOf(page, 'Sales').locator('..').getAttribute('class')).not.toContain('opacity');
    expect(await cardOf(page, 'Tech').locator('..').getAttribute('class')).toContain('opacity');
    await page.keyboard.press('Escape');

    await page.reload();
    await cardOf(page, 'Sales').getByText('2 roles hidden').waitFor(SOON);
    await page.keyboard.press('b');
    await cardOf(page, 'Boss').focus();
    await page.keyboard.press('c');
    await cardOf(page, 'Boss').getByText('5 roles hidden').waitFor(SOON);
    await until('it is kept', () => isCollapsed('Boss'));

    await page.keyboard.press('o');
    await cardOf(page, 'Boss').focus();
    expect(await cardOf(page, 'Boss').getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('ArrowRight');
    await cardOf(page, 'Tech').waitFor(SOON);
    await lookInBoth(page, 'outline-collapsed');
    await page.keyboard.press('ArrowLeft');
    await cardOf(page, 'Tech').waitFor({ state: 'detached', ...SOON });
    await page.keyboard.press('o');

    await choose(page, 'Ben');
    await cardOf(page, 'Ben').waitFor(SOON);
    await until(
      'what hid Ben is expanded',
      async () => !(await isCollapsed('Boss')) && !(await isCollapsed('Sales')),
    );

    await choose(page, 'Collapse all teams');
    await cardOf(page, 'Cleo').waitFor({ state: 'detached', ...SOON });
    await choose(page, 'Expand all teams');
    await cardOf(page, 'Cleo').waitFor(SOON);
    await until(
      'nothing is collapsed',
      async () => !(await isCollapsed('Sales')) && !(await isCollapsed('Tech')),
    );
    expect(problems).toEqual([]);
    await page.context().close();
  }, 120_000);
});

withBrowser('a message under way', () => {
  it(
    verifies('canvas.hops', 'is a line that leads to what was said, also from a collapsed team'),
    async () => {
      const { page, problems } = await openCanvas(browser, tenant, 'light', 'Cleo');
      await page.getByText('Live', { exact: true }).waitFor(SOON);
      const answer = await tenant.call(`/workspaces/${ids.Ann}/activity`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens.Ann}` },
        body: {
          activity_type: 'a2a_send',
          target_id: ids.Sales,
          method: 'message/send',
          summary: 'How much is it?',
        },
      });
      expect(answer.status, answer.text).toBeLessThan(300);
      const line = page.locator(`[data-hop="${ids.Ann}>${ids.Sales}"]`);
      await line.waitFor({ state: 'attached', ...SOON });
      await line.dispatchEvent('click');
      await page.getByRole('heading', { name: 'Sales', exact: true }).waitFor(SOON);
      await page.getByText('Messages with Ann').waitFor(SOON);
      await page.getByRole('button', { name: 'Show all' }).click();
      await page.getByText('Messages with Ann').waitFor({ state: 'detached', ...SOON });
      expect(problems).toEqual([]);
      await page.context().close();
    },
  );

  it(verifies('canvas.numbers', 'is counted, and the count leads to who works'), async () => {
    const { page } = await openCanvas(browser, tenant, 'light', 'Cleo');
    const beat = { workspace_id: ids.Ben, active_tasks: 1, current_task: 'adds up' };
    await tenant.asAdmin('/registry/heartbeat', { method: 'POST', body: beat });
    const count = page.getByRole('banner').getByRole('button', { name: /1 working/ });
    await count.click(SOON);
    await page.getByText('1 of 6').waitFor(SOON);
    expect(await count.getAttribute('aria-pressed')).toBe('true');
    expect(await cardOf(page, 'Ann').locator('..').getAttribute('class')).toContain('opacity');
    expect(await cardOf(page, 'Ben').locator('..').getAttribute('class')).not.toContain('opacity');
    await tenant.asAdmin('/registry/heartbeat', {
      method: 'POST',
      body: { ...beat, active_tasks: 0, current_task: '' },
    });
    await page.context().close();
  });
});
