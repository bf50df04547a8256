// Platform: one command, sign up, an organisation with its own tenant under its own name; and what a crash of the control
// plane changes for it: nothing.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { until } from './support/api.ts';
import { chromiumPath, launchChromium } from './support/browser.ts';
import { cookieOf, type ScenarioPlatform, startPlatform } from './support/platform.ts';
import { commandOf, processesOf } from './support/processes.ts';

const BOOT_LIMIT_MS = 240_000;
const STEPS = [
  'check_capacity',
  'claim_resources',
  'write_credentials',
  'start_tenant',
  'wait_platform_health',
  'prove_hostname',
];

let platform: ScenarioPlatform;
let owner: string;

beforeAll(async () => {
  platform = await startPlatform();
  owner = await platform.signUp('owner@example.test');
});
afterAll(() => platform?.stop());

const asOwner = (path: string, method = 'GET', body?: unknown) =>
  platform.call(path, { method, headers: { cookie: owner }, body });

async function untilRunning(slug: string): Promise<void> {
  await until(
    `${slug} runs`,
    async () => {
      const { body } = await asOwner(`/cp/orgs/${slug}/provision-status`);
      if (body.status === 'failed') throw new Error(`it failed: ${body.error}`);
      return body.status === 'running';
    },
    BOOT_LIMIT_MS,
  );
}

describe.skipIf(chromiumPath() === null)('a new customer', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it(
    verifies('platform.journey', 'signs up in the browser, makes an organisation and lands on its canvas'),
    async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      await page.goto(platform.url);
      await page.getByRole('heading', { name: 'Sign up' }).waitFor({ timeout: 30_000 });
      await page.getByLabel('E-mail').fill('journey@example.test');
      await page.getByLabel('Password, 10 characters or more').fill('a long password');
      await page.getByRole('checkbox').check();
      await page.getByRole('button', { name: 'Sign up' }).click();
      await page.getByLabel('Name', { exact: true }).fill('Journey Works');
      await page.getByLabel('Short name, for its address').fill('journey');
      await page.getByText(`It will live at journey.localhost:${platform.port}`).waitFor();
      await page.getByRole('button', { name: 'Create organisation' }).click();
      for (const step of STEPS) await page.locator(`[data-step=${step}]`).waitFor({ timeout: 30_000 });
      await page.waitForURL(`http://journey.localhost:${platform.port}/**`, { timeout: BOOT_LIMIT_MS });
      await page.getByText('9 of 9 online').waitFor({ timeout: BOOT_LIMIT_MS });
      expect(problems).toEqual([]);
      await context.close();
    },
    2 * BOOT_LIMIT_MS,
  );
});

describe('a control plane that is killed', () => {
  it(
    verifies('platform.crash', 'in the middle of a boot resumes it, and the tenant is started once'),
    async () => {
      const made = await asOwner('/cp/orgs', 'POST', { slug: 'crashed', name: 'Crashed' });
      expect(made.status).toBe(201);
      for (const stage of ['start_tenant', 'wait_platform_health']) {
        await until(
          `the boot is at ${stage} or beyond`,
          async () => {
            const { body } = await asOwner('/cp/orgs/crashed/provision-status');
            const stages = body.stages as { name: string; state: string }[] | undefined;
            return stages?.some(({ name, state }) => name === stage && state !== 'pending');
          },
          BOOT_LIMIT_MS,
        );
        const before = platform.pidOf('control-plane');
        process.kill(before ?? 0, 'SIGKILL');
        await until('it is back', async () => {
          const answer = await platform.call('/health').catch(() => null);
          return answer?.status === 200 && platform.pidOf('control-plane') !== before;
        });
      }
      await untilRunning('crashed');
      const { body } = await asOwner('/cp/orgs/crashed/provision-status');
      expect(
        (body.stages as { name: string; state: string }[]).map(({ name, state }) => `${name} ${state}`),
      ).toEqual(STEPS.map((name) => `${name} ok`));
      const id = (await asOwner('/cp/orgs/crashed')).body.id as string;
      const servers = processesOf(`tenants/${id}`).filter((pid) =>
        commandOf(pid).includes('workspace-server'),
      );
      expect(servers).toHaveLength(1);
    },
    2 * BOOT_LIMIT_MS,
  );

  it(
    verifies('platform.outage', 'leaves tenants reachable under their names, and their agents at work'),
    async () => {
      const host = `crashed.localhost:${platform.port}`;
      expect((await platform.call('/health', { host })).status).toBe(200);
      // Stopped, and not killed: the launcher would bring it back.
      const pid = platform.pidOf('control-plane') ?? 0;
      process.kill(pid, 'SIGSTOP');
      try {
        for (const path of ['/health', '/admin/liveness', '/']) {
          const answer = await platform.call(path, { host });
          expect([path, answer.status]).toEqual([path, path === '/admin/liveness' ? 401 : 200]);
        }
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    },
  );
});

describe('a hand-over', () => {
  const host = () => `crashed.localhost:${platform.port}`;
  const as = (cookie: string) => (path: string, method: string, body?: unknown) =>
    platform.call(path, { method, headers: { cookie }, body });

  /** The path of the link on the tenant's own host. */
  async function handOver(cookie: string): Promise<string> {
    const opened = await as(cookie)('/cp/orgs/crashed/open', 'POST');
    expect([opened.status, opened.text]).toEqual([200, expect.any(String)]);
    const { pathname, search, host: where } = new URL(String(opened.body.url));
    expect([where, pathname]).toEqual([host(), '/auth/link']);
    return pathname + search;
  }

  const sessionsAt = async (cookie: string) => {
    const { body } = await platform.call('/admin/sessions', { host: host(), headers: { cookie } });
    return body.sessions as { id: string; subject?: string; opened_by: string; is_current: boolean }[];
  };
  const statusAt = async (cookie: string) =>
    (await platform.call('/admin/sessions', { host: host(), headers: { cookie } })).status;

  it(
    verifies('core.2.8-hand-over', 'makes a session of the tenant, once, for a member of that moment alone'),
    async () => {
      const path = await handOver(owner);
      const landed = await platform.call(path, { host: host() });
      expect([landed.status, landed.headers.location]).toEqual([303, '/']);
      const [cookieText = ''] = [landed.headers['set-cookie'] ?? []].flat();
      expect(cookieText).toMatch(/^molecule_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict/);
      expect(cookieText).not.toMatch(/domain=/i);
      const cookie = cookieOf(landed);
      const ownerId = (await asOwner('/cp/auth/me')).body.user_id;
      const [session] = await sessionsAt(cookie);
      expect(session).toMatchObject({ subject: ownerId, opened_by: 'platform', is_current: true });

      const again = await platform.call(path, { host: host() });
      expect([again.status, again.headers.location, again.headers['set-cookie']]).toEqual([
        303,
        '/?signin=expired',
        undefined,
      ]);
      // What opens the tenant opens nothing at the platform. The platform's cookie never comes here by itself; where somebody
      // brings it, the platform is asked.
      expect((await platform.call('/cp/auth/me', { headers: { cookie } })).status).toBe(401);
      expect([await statusAt(owner), await statusAt(owner.replace(/=.*/, '=forged'))]).toEqual([200, 401]);
    },
  );

  it(
    verifies(
      'core.2.8-hand-over',
      'is refused to strangers and to those who left, who are out within a second',
    ),
    async () => {
      const stranger = await platform.signUp('stranger@example.test');
      expect((await as(stranger)('/cp/orgs/crashed/open', 'POST')).status).toBe(404);
      expect(await statusAt(stranger)).toBe(401);
      expect((await platform.call('/cp/orgs/crashed/open', { method: 'POST' })).status).toBe(401);

      const invited = await as(owner)('/cp/orgs/crashed/members', 'POST', {
        email: 'stranger@example.test',
        role: 'member',
      });
      const token = String(invited.body.url).split('#')[1];
      expect((await as(stranger)('/cp/invites/accept', 'POST', { token })).status).toBe(200);
      const theirs = cookieOf(await platform.call(await handOver(stranger), { host: host() }));
      const owners = cookieOf(await platform.call(await handOver(owner), { host: host() }));
      expect([await statusAt(theirs), await statusAt(owners)]).toEqual([200, 200]);

      const { user_id: id } = (await as(stranger)('/cp/auth/me', 'GET')).body;
      expect((await as(owner)(`/cp/orgs/crashed/members/${id}`, 'DELETE')).status).toBe(204);
      await until('who was removed is out', async () => (await statusAt(theirs)) === 401, 1_000);
      expect([await statusAt(owners), await statusAt(stranger)]).toEqual([200, 401]);
      expect((await as(stranger)('/cp/orgs/crashed/open', 'POST')).status).toBe(404);
    },
  );
});

describe('a name', () => {
  it(verifies('platform.names', 'that leads to nobody answers like an unknown tenant'), async () => {
    const answers = await Promise.all(
      ['nobody', 'no-such-tenant', 'admin', 'a.b'].map((label) =>
        platform.call('/health', { host: `${label}.localhost:${platform.port}` }),
      ),
    );
    answers.push(await platform.call('/health', { host: 'acme.example' }));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
  });

  it(verifies('platform.names', 'cannot be overruled by headers'), async () => {
    const host = `crashed.localhost:${platform.port}`;
    const forged = {
      'x-molecule-org-id': crypto.randomUUID(),
      'x-molecule-org-slug': 'other',
      'x-molecule-edge': '1.forged',
      'x-forwarded-host': 'localhost',
      'x-forwarded-for': '10.0.0.1',
      forwarded: 'host=localhost',
    };
    const answer = await platform.call('/admin/liveness', { host, headers: forged });
    expect([answer.status, answer.body.code]).toEqual([401, 'auth_required']);
  });
});

describe('Ctrl-C', () => {
  it(
    verifies('platform.stop', 'stops tenants too; the next start brings them back under their names'),
    async () => {
      const { dataDir } = platform;
      await platform.stop({ keepData: true });
      expect(processesOf(dataDir)).toEqual([]);
      platform = await startPlatform({}, { dataDir });
      const host = `crashed.localhost:${platform.port}`;
      await until(
        'the tenant is back',
        async () => (await platform.call('/health', { host }).catch(() => null))?.status === 200,
        BOOT_LIMIT_MS,
      );
    },
    2 * BOOT_LIMIT_MS,
  );
});
