// Everyone at once: an agent, a poller and a client that speak the published wire, an A2A client of another vendor and a
// browser use one fresh tenant while its server and its Postgres are killed. At the end the books balance.
//
//   E1. What was acknowledged is there, once. What was not is tried again under the same id.
//   E2. Nobody but the browser sees a person: each speaks its own protocol and keeps its own books.

import { ClientFactory, ClientFactoryOptions, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPostmasterPid } from '../bench/crash-killer.ts';
import { endProcess, startTenantProcess, type TenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { apiOf, until } from './support/api.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import {
  delegate,
  insisting,
  pause,
  type ReferenceAgent,
  type ReferencePoller,
  sendAs,
  sendMessage,
  startReferenceAgent,
  startReferencePoller,
} from './support/reference-clients.ts';

type Row = { status: string };

const ENV = { MOLECULE_ENV: 'development', RATE_LIMIT: '100000000' };
const BETWEEN_KILLS_MS = 2_000;
const SOON = { timeout: 60_000 };

let browser: Browser;
let tenant: TenantProcess;
const leaving: (() => void)[] = [];

beforeAll(async () => {
  browser = await launchChromium();
  tenant = await startTenantProcess(ENV);
});

afterAll(async () => {
  for (const leave of leaving) leave();
  await browser?.close();
  await tenant?.stop();
});

async function member(name: string, url?: string) {
  const made = await apiOf(tenant)('POST', '/workspaces', { name, external: true, ...(url ? { url } : {}) });
  expect(made.status, made.text).toBe(201);
  const { auth_token: token } = made.body.connection as { auth_token: string };
  return { id: String(made.body.id), send: sendAs(tenant.url, String(made.body.id), token) };
}

describe.skipIf(chromiumPath() === null)('a fresh tenant with everyone at once, under kills', () => {
  it(verifies(
    ['wire.everyone', 'kill.nothing-lost', 'delegation.ends'],
    'answers each in its own protocol, and the books balance at the end',
  ), async () => {
    const call = apiOf(tenant);
    const clerk = String(
      (await call('POST', '/workspaces', { name: 'Clerk', runtime: 'rehearsal' })).body.id,
    );
    const [a, b, c] = [await member('Agent'), await member('Poller'), await member('Client')];
    const agent: ReferenceAgent = await startReferenceAgent(a.send, a.id);
    const poller: ReferencePoller = await startReferencePoller(b.send, b.id);
    leaving.push(agent.stop, poller.stop);
    await until('the clerk is online', async () => {
      const row = (await call('GET', `/workspaces/${clerk}`)).body;
      return row.status === 'online';
    });
    const page = await openChat();

    let isOver = false;
    const books = { delegated: new Map<string, string>(), polled: [] as string[], vendor: [] as string[] };
    const repeat = async (name: string, once: (key: string) => Promise<void>) => {
      for (let n = 0; !isOver; n++, console.log(Date.now(), name, n))
        await once(`${name} ${n} ${crypto.randomUUID()}`).then(() => pause(50));
    };
    const lanes = [
      repeat('delegation', async (key) => {
        books.delegated.set(key, await delegate(c.send, c.id, agent.id, key));
      }),
      repeat('message', async (key) => {
        const { body } = await sendMessage(c.send, poller.id, key);
        expect(body).toMatchObject({ status: 'queued', delivery_mode: 'poll' });
        books.polled.push(key);
      }),
      repeat('vendor', async (key) => {
        await sendAsVendor(agent.id, key);
        books.vendor.push(key);
      }),
    ];
    const said: string[] = [];
    for (const kill of [killServer, killPostgres, killServer]) {
      said.push(`question ${said.length}`);
      await say(page, said.at(-1) ?? '');
      await kill();
      await settle(page, said.at(-1) ?? '');
      await pause(BETWEEN_KILLS_MS);
    }
    isOver = true;
    await Promise.all(lanes);

    for (const kept of [books.delegated.size, books.polled.length, books.vendor.length])
      expect(kept).toBeGreaterThan(10);
    await until('every message reached the poller', async () => poller.heard.length >= books.polled.length);
    expect(poller.heard).toEqual(books.polled);
    const timesDone = (keys: readonly string[]) =>
      countOf(
        [...agent.effects.values()].map(({ text }) => text),
        keys,
      );
    const delegated = [...books.delegated.keys()];
    await until('every delegation had its effect', async () => !timesDone(delegated).includes(0), 120_000);
    expect([timesDone(delegated), timesDone(books.vendor)]).toEqual([[1], [1]]);
    await until('every delegation ended', async () => {
      const rows = (await c.send('GET', `/workspaces/${c.id}/delegations`))?.body as unknown as Row[];
      return rows.length > 0 && rows.every(({ status }) => status === 'completed');
    });
    expect(new Set(books.delegated.values()).size).toBe(books.delegated.size);
    const seen = await wholeTurns(page);
    expect(seen).toBeGreaterThanOrEqual(said.length);
    await page.reload();
    await openRole(page);
    for (const text of said) await questions(page, text).first().waitFor(SOON);
    expect(await wholeTurns(page)).toBeGreaterThanOrEqual(seen);
  }, 240_000);
});

/** How often each text was worked on, as the set of counts: `[1]` is what everybody hopes for. */
function countOf(done: readonly string[], wanted: readonly string[]): number[] {
  const counts = new Map<string, number>();
  for (const text of done) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...new Set(wanted.map((text) => counts.get(text) ?? 0))];
}

async function killServer(): Promise<void> {
  const { child, dataDir, url } = tenant;
  await endProcess(child, 'SIGKILL');
  tenant = await startTenantProcess({ ...ENV, PORT: new URL(url).port }, { dataDir, limitMs: 60_000 });
}

async function killPostgres(): Promise<void> {
  const before = await readPostmasterPid(tenant.dataDir);
  if (before === null) throw new Error('there is no postmaster to kill');
  process.kill(before, 'SIGKILL');
  await until('another postmaster', async () => {
    const now = await readPostmasterPid(tenant.dataDir);
    return now !== null && now !== before;
  });
}

async function sendAsVendor(workspaceId: string, key: string): Promise<void> {
  const message = { messageId: key, role: 1, parts: [{ content: { $case: 'text', value: key } }] };
  for (const insist = insisting(); ; ) {
    let heard: unknown = null;
    try {
      const factory = new ClientFactory(
        ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
          transports: [new JsonRpcTransportFactory({ fetchImpl: fetch, legacyCompat: { enabled: true } })],
        }),
      );
      const card = await fetch(`${tenant.url}/workspaces/${workspaceId}/.well-known/agent-card.json`);
      if (card.ok) {
        const client = await factory.createFromAgentCard((await card.json()) as never);
        await client.sendMessage({ message } as never);
        return;
      }
    } catch (error) {
      // E1: a connection that was cut and a typed refusal both say "again".
      heard = String(error);
    }
    await insist(heard);
  }
}

const isWhole = (turn: string) => turn.includes('no model was asked') && !turn.includes('broke off');

/** What stands in the conversation and was said to its end. */
async function wholeTurns(page: Page): Promise<number> {
  return (await page.getByRole('log').locator('article').allTextContents()).filter(isWhole).length;
}

/** The words before it are for screen readers. */
const questions = (page: Page, text: string) => page.getByRole('log').getByText(new RegExp(`: ${text}$`));

async function openRole(page: Page): Promise<void> {
  await page.getByText('Clerk', { exact: true }).first().click(SOON);
  await page.getByRole('textbox', { name: 'Message to Clerk' }).waitFor(SOON);
}

async function openChat(): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(tenant.url);
  await openRole(page);
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Message to Clerk' });
  await field.fill(text);
  await field.press('Enter');
}

/** A person who sees that a message failed tries it again, or leaves it in the queue. */
async function settle(page: Page, text: string): Promise<void> {
  const last = page.getByRole('log').locator('article').last();
  await until(
    `"${text}" is answered`,
    async () => {
      const shown = (await last.textContent()) ?? '';
      if (shown.includes(text) && isWhole(shown)) return true;
      const again = last.getByRole('button', { name: /Send again|queue/i }).first();
      if (await again.isEnabled({ timeout: 100 }).catch(() => false)) await again.click();
      return false;
    },
    90_000,
  );
}
