// Platform API: every family of the control plane's operations through its door, with the driver that starts nothing. What
// each caller may do, what each refusal says, and what a hostile tenant or partner gets.

import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { until } from './support/api.ts';
import { type PlatformAnswer, type ScenarioPlatform, startPlatform } from './support/platform.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const WEBHOOK_SECRET = 'webhook-secret-for-scenarios';
let platform: ScenarioPlatform;
let owner: string;
let other: string;

beforeAll(async () => {
  platform = await startPlatform({
    PLACEMENT_DRIVER: 'fake',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    OIDC_PROVIDERS: 'away',
    OIDC_AWAY_ISSUER: 'http://127.0.0.1:9',
    OIDC_AWAY_CLIENT_ID: 'platform',
    OIDC_AWAY_CLIENT_SECRET: 'client-secret-for-scenarios',
    OIDC_AWAY_TITLE: 'One that is away',
  });
  owner = await platform.signUp('owner@example.test');
  other = await platform.signUp('other@example.test');
  await make('acme');
});
afterAll(() => platform?.stop());

const as =
  (cookie: string) =>
  (path: string, method = 'GET', body?: unknown) =>
    platform.call(path, { method, headers: cookie === '' ? {} : { cookie }, body });
const asOwner = (path: string, method = 'GET', body?: unknown) => as(owner)(path, method, body);
const asOther = (path: string, method = 'GET', body?: unknown) => as(other)(path, method, body);
const asOperator = (path: string, method = 'GET', body?: unknown) =>
  platform.asOperator(path, { method, body });
const asKey =
  (key: string) =>
  (path: string, method = 'GET', body?: unknown) =>
    platform.call(path, { method, headers: { authorization: `Bearer ${key}` }, body });

async function untilStatus(slug: string, status: string): Promise<void> {
  await until(
    `${slug} is ${status}`,
    async () => (await asOperator(`/cp/orgs/${slug}`)).body.status === status,
    60_000,
  );
}

async function make(slug: string): Promise<string> {
  const made = await asOwner('/cp/orgs', 'POST', { slug, name: slug });
  expect([slug, made.status]).toEqual([slug, 201]);
  await untilStatus(slug, 'running');
  return made.body.id as string;
}

const brief = ({ status, body }: PlatformAnswer) => [status, body.code];

describe('an organisation', () => {
  it(
    verifies('platform.orgs', 'is made, listed and read, with its boot steps, under both names of the API'),
    async () => {
      for (const prefix of ['/cp', '/api/v1']) {
        const { body } = await asOwner(`${prefix}/orgs`);
        expect((body.orgs as { slug: string; credits_balance: number }[])[0]).toMatchObject({
          slug: 'acme',
          plan: 'free',
          status: 'running',
          credits_balance: 250,
          plan_monthly_credits: 0,
        });
        expect((await asOwner(`${prefix}/orgs/acme`)).body.slug).toBe('acme');
        const status = await asOwner(`${prefix}/orgs/acme/provision-status`);
        expect((status.body.stages as { state: string }[]).every(({ state }) => state === 'ok')).toBe(true);
      }
      const old = await asOwner('/cp/orgs');
      expect(old.headers.sunset).toMatch(/2028/);
      expect((await asOwner('/api/v1/orgs')).headers.sunset).toBeUndefined();
      const id = (await asOwner('/cp/orgs/acme')).body.id as string;
      expect((await asOwner(`/cp/orgs/${id}/status`)).body.slug).toBe('acme');
    },
  );

  it.each([
    ['ab', 400, 'invalid_request'],
    ['Acme', 400, 'invalid_request'],
    ['admin', 400, 'invalid_request'],
    ['e2e-test', 400, 'invalid_request'],
    ['xn--cme-7cd', 400, 'invalid_request'],
    ['аcme', 400, 'invalid_request'],
    ['acme', 409, 'conflict'],
  ])(verifies('platform.orgs', 'is refused the slug %j'), async (slug, status, code) => {
    expect(brief(await asOwner('/cp/orgs', 'POST', { slug, name: 'x' }))).toEqual([status, code]);
  });

  it(verifies('platform.orgs', 'is not made by who did not accept the terms, until they do'), async () => {
    const answer = await platform.call('/cp/auth/accounts', {
      method: 'POST',
      body: { email: 'terms@example.test', password: 'a password for scenarios' },
    });
    const cookie = String([answer.headers['set-cookie']].flat()[0]).split(';')[0] ?? '';
    const call = as(cookie);
    expect((await call('/cp/auth/terms-status')).body).toEqual({ accepted: false });
    expect(brief(await call('/cp/orgs', 'POST', { slug: 'terms', name: 'x' }))).toEqual([403, 'forbidden']);
    expect((await call('/cp/auth/accept-terms', 'POST')).status).toBe(204);
    expect((await call('/cp/orgs', 'POST', { slug: 'terms', name: 'x' })).status).toBe(201);
  });

  it(verifies('platform.orgs', 'tells the world whether it runs, and nothing that opens it'), async () => {
    const { body } = await as('')('/cp/orgs/acme/instance');
    expect(body).toEqual({
      slug: 'acme',
      status: 'running',
      ip: null,
      region: null,
      upstream: `http://acme.localhost:${platform.port}`,
      slot: 'a',
      generation: 1,
    });
    expect((await as('')('/cp/orgs/nobody/instance')).status).toBe(404);
  });

  it.each(['', '/provision-status', '/usage', '/members', '/export', '/workspaces', '/metrics'])(
    verifies('platform.people', 'looks to a stranger like one that does not exist: GET …%s'),
    async (rest) => {
      const theirs = await asOther(`/cp/orgs/acme${rest}`);
      const nobodys = await asOther(`/cp/orgs/no-such-org${rest}`);
      expect([theirs.status, theirs.text]).toEqual([404, nobodys.text]);
      expect((await as('')(`/cp/orgs/acme${rest}`)).status).toBe(401);
    },
  );

  it(verifies('platform.orgs', 'is changed by name; limits are for operators'), async () => {
    expect((await asOwner('/cp/orgs/acme', 'PATCH', { name: 'Acme Works' })).body.name).toBe('Acme Works');
    expect(brief(await asOwner('/cp/orgs/acme', 'PATCH', { max_tier: 2 }))).toEqual([403, 'forbidden']);
    expect((await asOperator('/cp/orgs/acme', 'PATCH', { max_tier: 2, max_workspaces: 7 })).status).toBe(200);
  });

  it(verifies('platform.orgs', 'shows what it uses, and what only its tenant knows as null'), async () => {
    const usage = await asOwner('/cp/orgs/acme/usage');
    expect(usage.body).toMatchObject({ tokens: { in: 0, out: 0 }, credits: { balance: 250, used: 0 } });
    expect((await asOwner('/cp/orgs/acme/metrics')).body).toEqual({
      total_workspaces: 0,
      active_agents: null,
      avg_response_time_ms: null,
      total_tasks_dispatched: null,
    });
    expect((await asOwner('/cp/orgs/acme/workspaces')).body).toEqual({ org: 'acme', workspaces: [] });
    expect((await asOwner('/cp/orgs/acme/marketplace/install', 'POST', {})).status).toBe(410);
  });

  it(
    verifies('platform.lifecycle', 'is suspended and resumed by operators; its name is closed meanwhile'),
    async () => {
      await make('paused');
      expect((await asOwner('/cp/orgs/paused/suspend', 'POST')).status).toBe(403);
      expect((await asOperator('/cp/orgs/paused/suspend', 'POST')).body).toEqual({ status: 'suspended' });
      expect((await asOperator('/cp/orgs/paused/suspend', 'POST')).status).toBe(409);
      const closed = await platform.call('/', { host: `paused.localhost:${platform.port}` });
      expect(closed.status).toBe(403);
      expect(brief(await asOwner('/cp/orgs/paused/open', 'POST'))).toEqual([409, 'conflict']);
      expect((await asOperator('/cp/orgs/paused/resume', 'POST')).body).toEqual({ status: 'running' });
    },
  );

  it(
    verifies('platform.lifecycle', 'is deleted by who says its name; nothing but the audit is left'),
    async () => {
      const id = await make('doomed');
      expect(brief(await asOwner('/cp/orgs/doomed', 'DELETE', { confirm: 'acme' }))).toEqual([
        400,
        'invalid_request',
      ]);
      expect(brief(await asOwner('/cp/orgs/doomed', 'DELETE', { confirm: true }))).toEqual([
        400,
        'invalid_request',
      ]);
      expect((await asOwner('/cp/orgs/doomed/export')).body).toMatchObject({ org: { slug: 'doomed' } });
      expect((await asOwner('/cp/orgs/doomed', 'DELETE', { confirm: 'doomed' })).status).toBe(204);
      expect((await asOwner('/cp/orgs/doomed')).status).toBe(404);
      expect((await as('')('/cp/orgs/doomed/instance')).status).toBe(404);
      const stats = (await asOperator('/cp/admin/stats')).body;
      expect([stats.orphan_claims, stats.open_purges]).toEqual([0, 0]);
      const { entries } = (await asOperator('/cp/admin/audit')).body as {
        entries: { org_id: string; action: string }[];
      };
      expect(entries.filter(({ org_id }) => org_id === id).map(({ action }) => action)).toEqual([
        'org.delete',
        'org.export',
        'org.create',
      ]);
      // The name may be used again, and leads to the new one.
      expect(await make('doomed')).not.toBe(id);
    },
  );
});

describe('people', () => {
  it.each([
    ['a wrong password', { email: 'owner@example.test', password: 'wrong' }],
    ['an unknown address', { email: 'nobody@example.test', password: 'wrong' }],
  ])(verifies('platform.people', 'are refused with %s, in the same words'), async (_, body) => {
    const answer = await as('')('/cp/auth/sessions', 'POST', body);
    expect([answer.status, answer.body.error]).toEqual([401, 'wrong address or password']);
  });

  it(verifies('platform.people', 'sign in and out; a session that ended opens nothing'), async () => {
    const signedIn = await as('')('/cp/auth/sessions', 'POST', {
      email: 'OWNER@example.test',
      password: 'a password for scenarios',
    });
    const cookie = String([signedIn.headers['set-cookie']].flat()[0]);
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    const call = as(cookie.split(';')[0] ?? '');
    expect((await call('/cp/auth/me')).body.email).toBe('owner@example.test');
    expect((await call('/cp/auth/tenant-member?slug=acme')).body.member).toBe(true);
    expect((await asOther('/cp/auth/tenant-member?slug=acme')).status).toBe(403);
    expect((await call('/cp/auth/logout', 'POST')).status).toBe(204);
    expect((await call('/cp/auth/me')).status).toBe(401);
  });

  it(
    verifies('platform.people', 'keep their session to their own pages: another site gets nothing by it'),
    async () => {
      const foreign: Record<string, string>[] = [
        { origin: 'http://evil.example' },
        { origin: `http://acme.localhost:${platform.port}` },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'cross-site' },
      ];
      for (const headers of foreign) {
        const answer = await platform.call('/cp/auth/me', { headers: { cookie: owner, ...headers } });
        expect(answer.status).toBe(401);
      }
    },
  );

  it.each([
    '//evil.example',
    'https://evil.example/',
    '/\\evil.example',
    'javascript:alert(1)',
    'http://localhost.evil.example/',
  ])(verifies('platform.people', 'are not led to %j after sign-in'), async (address) => {
    const answer = await as('')(`/cp/auth/login?return_to=${encodeURIComponent(address)}`);
    expect(answer.status).toBe(400);
  });

  it(
    verifies('platform.people', 'are told that a provider is away or that their way through it is lost'),
    async () => {
      const listed = await as('')('/cp/auth/providers');
      expect(listed.body).toEqual({ providers: [{ id: 'away', title: 'One that is away' }] });
      const begin = '/cp/auth/providers/away/sign-in';
      const away = await as('')(`${begin}?return_to=/new`);
      expect([away.status, away.headers.location]).toEqual([
        303,
        '/sign-in?trouble=provider_away&return_to=%2Fnew',
      ]);
      expect((await as('')('/cp/auth/providers/nobody/sign-in')).status).toBe(404);
      for (const address of [
        '//evil.example',
        '/\\evil.example',
        'http://localhost/',
        'https://evil.example',
      ])
        expect((await as('')(`${begin}?return_to=${encodeURIComponent(address)}`)).status).toBe(400);
      const lost = await as('')('/cp/auth/callback?code=a-code&state=a-state');
      expect([lost.status, lost.headers.location]).toEqual([
        303,
        '/sign-in?trouble=not_this_browser&return_to=%2F',
      ]);
    },
  );

  it(
    verifies('platform.people', 'come by invitation for their own address, and leave; the last owner stays'),
    async () => {
      const invited = await asOwner('/cp/orgs/acme/members', 'POST', {
        email: 'Other@example.test',
        role: 'member',
      });
      expect(invited.status).toBe(201);
      const token = String(invited.body.url).split('#')[1];
      const wrong = as(await platform.signUp('wrong@example.test'));
      expect((await wrong('/cp/invites/accept', 'POST', { token })).status).toBe(404);
      expect((await asOther('/cp/invites/accept', 'POST', { token })).body).toEqual({
        slug: 'acme',
        role: 'member',
      });
      expect((await asOther('/cp/invites/accept', 'POST', { token })).status).toBe(404);
      expect((await asOther('/cp/orgs/acme')).status).toBe(200);
      expect((await asOther('/cp/orgs/acme/members')).status).toBe(403);
      expect((await asOther('/cp/orgs/acme', 'DELETE', { confirm: 'acme' })).status).toBe(403);
      const ownId = (await asOwner('/cp/auth/me')).body.user_id;
      const otherId = (await asOther('/cp/auth/me')).body.user_id;
      expect(brief(await asOwner(`/cp/orgs/acme/members/${ownId}`, 'DELETE'))).toEqual([409, 'conflict']);
      expect((await asOther(`/cp/orgs/acme/members/${ownId}`, 'DELETE')).status).toBe(403);
      expect((await asOwner(`/cp/orgs/acme/members/${otherId}`, 'DELETE')).status).toBe(204);
      expect((await asOther('/cp/orgs/acme')).status).toBe(404);
    },
  );
});

describe('a partner key', () => {
  const mint = async (scopes: string[], more: Record<string, unknown> = {}) => {
    const made = await asOperator('/cp/admin/partner-keys', 'POST', {
      name: 'k',
      partner_id: 'p1',
      scopes,
      is_test: true,
      ...more,
    });
    expect(made.status).toBe(201);
    return made.body as unknown as { key: string; id: string; key_prefix: string; rate_limit: number };
  };

  it(
    verifies('platform.keys', 'is shown once, opens what its scopes say, and nothing of others'),
    async () => {
      const { key, key_prefix, rate_limit } = await mint([
        'orgs:create',
        'orgs:list',
        'orgs:delete',
        'provision:status',
      ]);
      expect(key).toMatch(/^mol_pk_test_[0-9a-f]{32}$/);
      expect([key.startsWith(key_prefix), key_prefix.length, rate_limit]).toEqual([true, 16, 60]);
      const listed = await asOperator('/cp/admin/partner-keys');
      expect(listed.text).not.toContain(key);
      const call = asKey(key);
      expect((await call('/cp/orgs', 'POST', { slug: 'e2e-partner', name: 'P' })).status).toBe(201);
      await untilStatus('e2e-partner', 'running');
      expect((await call('/cp/orgs')).body.orgs).toHaveLength(1);
      expect((await call('/cp/orgs/e2e-partner/provision-status')).status).toBe(200);
      expect((await call('/cp/orgs/acme')).status).toBe(404);
      const lacks = await call('/cp/orgs/e2e-partner/usage');
      expect([lacks.status, lacks.body.error]).toEqual([403, 'this key lacks the scope billing:read']);
      expect((await call('/cp/admin/orgs')).status).toBe(403);
      expect((await call('/cp/orgs/e2e-partner', 'DELETE', { confirm: true })).status).toBe(204);
    },
  );

  it(verifies('platform.keys', 'grants only what it holds, and may revoke itself'), async () => {
    const { key, id } = await mint(['admin:keys', 'orgs:read']);
    const call = asKey(key);
    const ask = (scopes: string[], partner = 'p1') =>
      call('/cp/admin/partner-keys', 'POST', { name: 'sub', partner_id: partner, scopes });
    expect((await ask(['orgs:read'])).status).toBe(201);
    expect((await ask(['orgs:delete'])).status).toBe(403);
    expect((await ask(['orgs:read'], 'p2')).status).toBe(403);
    expect((await call(`/cp/admin/partner-keys/${id}`, 'DELETE')).status).toBe(204);
    expect((await call('/cp/orgs')).status).toBe(401);
  });

  it(verifies('platform.keys', 'is slowed at its own rate, with the seconds to wait'), async () => {
    const { key } = await mint(['orgs:read'], { rate_limit: 2 });
    const call = asKey(key);
    for (let i = 0; i < 2; i++) expect((await call('/cp/orgs')).status).toBe(200);
    const slowed = await call('/cp/orgs');
    expect([slowed.status, slowed.body.error, typeof slowed.body.retry_after]).toEqual([
      429,
      'rate limit exceeded',
      'number',
    ]);
  });

  it.each(['mol_pk_live_00000000000000000000000000000000', 'nonsense', 'a.b'])(
    verifies('platform.keys', 'that is unknown is refused: %s'),
    async (key) => {
      expect(brief(await asKey(key)('/cp/orgs'))).toEqual([401, 'invalid_credential']);
    },
  );
});

describe('a tenant', () => {
  it.each([
    ['GET', '/cp/tenants/config'],
    ['GET', '/cp/tenants/entitlements'],
    ['POST', '/cp/tenants/boot-event'],
    ['POST', '/cp/tenants/backup-report'],
    ['POST', '/cp/llm-usage-events'],
    ['POST', '/cp/workspaces/provision'],
    ['GET', `/cp/workspaces/${crypto.randomUUID()}/status`],
    ['POST', '/cp/internal/llm/v1/messages'],
  ])(verifies('platform.tenants', 'is asked for its own token at %s %s'), async (method, path) => {
    const body = method === 'GET' ? undefined : {};
    expect((await as('')(path, method, body)).status).toBe(401);
    expect((await asOwner(path, method, body)).status).toBe(403);
    const lie = await platform.call(path, {
      method,
      body,
      headers: { authorization: 'Bearer some-token', 'x-molecule-org-id': crypto.randomUUID() },
    });
    expect(lie.status).toBe(401);
  });
});

describe('billing', () => {
  const pay = (body: Record<string, unknown>) => asOwner('/cp/billing/checkout', 'POST', body);
  const local = () => `http://localhost:${platform.port}/`;

  it(
    verifies(
      'platform.billing',
      'holds a plan at once where nobody takes money, and leads back to our own pages only',
    ),
    async () => {
      const urls = { success_url: local(), cancel_url: local() };
      expect((await pay({ org_slug: 'acme', plan: 'starter', ...urls })).body).toEqual({ url: local() });
      expect((await asOwner('/cp/orgs/acme')).body).toMatchObject({
        plan: 'starter',
        plan_monthly_credits: 5_000,
      });
      const away = { success_url: 'https://evil.example/', cancel_url: local() };
      expect((await pay({ org_slug: 'acme', plan: 'pro', ...away })).status).toBe(400);
      expect(
        (await asOther('/cp/billing/checkout', 'POST', { org_slug: 'acme', plan: 'pro', ...urls })).status,
      ).toBe(404);
      const portal = await asOwner('/cp/billing/portal', 'POST', { org_slug: 'acme', return_url: local() });
      expect(portal.body).toEqual({ url: local() });
    },
  );

  const send = (event: unknown, options: { secret?: string; ageSeconds?: number } = {}) => {
    const raw = JSON.stringify(event);
    const seconds = Math.floor(Date.now() / 1000) - (options.ageSeconds ?? 0);
    const mac = createHmac('sha256', options.secret ?? WEBHOOK_SECRET)
      .update(`${seconds}.${raw}`)
      .digest('hex');
    return platform.call('/webhooks/stripe', {
      method: 'POST',
      body: raw,
      headers: { 'stripe-signature': `t=${seconds},v1=${mac}` },
    });
  };

  it(verifies('platform.billing', 'acts on a signed event once, and on the newest state'), async () => {
    const id = (await asOwner('/cp/orgs/acme')).body.id;
    const created = Math.floor(Date.now() / 1000) + 100;
    const event = (eventId: string, plan: string, at: number, type = 'customer.subscription.updated') => ({
      id: eventId,
      type,
      created: at,
      data: { object: { id: 'sub_1', customer: 'cus_1', status: 'active', metadata: { org_id: id, plan } } },
    });
    expect((await send(event('evt_new', 'pro', created))).body).toEqual({ received: true });
    expect((await asOwner('/cp/orgs/acme')).body.plan).toBe('pro');
    // Late, and replayed with another content: neither changes anything.
    expect((await send(event('evt_old', 'starter', created - 60))).status).toBe(200);
    expect((await send(event('evt_new', 'starter', created + 60))).status).toBe(200);
    expect((await asOwner('/cp/orgs/acme')).body.plan).toBe('pro');
    expect((await send(event('evt_end', 'pro', created + 90, 'customer.subscription.deleted'))).status).toBe(
      200,
    );
    expect((await asOwner('/cp/orgs/acme')).body.plan).toBe('free');
  });

  it.each([
    ['another secret', { secret: 'other' }],
    ['an old time', { ageSeconds: 400 }],
  ])(verifies('platform.billing', 'refuses an event signed with %s'), async (_, options) => {
    const answer = await send({ id: 'x', type: 'x', created: 1, data: { object: {} } }, options);
    expect(brief(answer)).toEqual([400, 'invalid_request']);
  });
});

describe('an operator', () => {
  it(verifies('platform.admin', 'makes organisations for others and sees both of their states'), async () => {
    const userId = (await asOther('/cp/auth/me')).body.user_id;
    const body = { slug: 'e2e-admin', name: 'A', owner_user_id: userId };
    expect((await asOperator('/cp/admin/orgs', 'POST', { ...body, surprise: 1 })).status).toBe(400);
    expect((await asOperator('/cp/admin/orgs', 'POST', body)).status).toBe(201);
    await untilStatus('e2e-admin', 'running');
    const { orgs } = (await asOperator('/cp/admin/orgs?limit=500')).body as {
      orgs: Record<string, unknown>[];
    };
    expect(orgs.find(({ slug }) => slug === 'e2e-admin')).toMatchObject({
      status: 'running',
      instance_status: 'running',
    });
    expect((await asOther('/cp/orgs/e2e-admin')).status).toBe(200);
    expect(brief(await asOperator('/cp/admin/orgs/e2e-admin/canary', 'POST', { is_canary: true }))).toEqual([
      409,
      'conflict',
    ]);
    expect((await asOperator('/cp/admin/tenants/e2e-admin', 'DELETE', { confirm: 'x' })).status).toBe(400);
    expect((await asOperator('/cp/admin/tenants/e2e-admin', 'DELETE', { confirm: 'e2e-admin' })).status).toBe(
      204,
    );
    expect((await asOperator('/cp/admin/tenants/e2e-admin', 'DELETE', { confirm: 'e2e-admin' })).status).toBe(
      404,
    );
  });

  it(
    verifies('platform.admin', 'never reads a tenant’s standing token, and says why they want to get in'),
    async () => {
      expect((await asOperator('/cp/admin/orgs/acme/admin-token')).status).toBe(403);
    },
  );

  it(verifies('platform.admin', 'stops and starts compute, and reads diagnostics and counts'), async () => {
    expect((await asOperator('/cp/admin/tenants/acme/stop', 'POST')).status).toBe(202);
    const instance = async () =>
      (await asOperator('/cp/admin/tenants/acme/diagnostics')).body.instance as Record<string, unknown>;
    await until('it is stopped', async () => (await instance()).found === 'stopped');
    expect((await platform.call('/health', { host: `acme.localhost:${platform.port}` })).status).toBe(503);
    expect((await asOperator('/cp/admin/tenants/acme/start', 'POST')).status).toBe(202);
    await until('it runs', async () => (await instance()).found === 'running');
    expect(await instance()).toMatchObject({ driver: 'fake', wanted: 'up', image: 'local' });
    expect((await asOperator('/cp/admin/tenants/acme/boot-events')).body).toEqual({ events: [] });
  });

  it(verifies('platform.admin', 'keeps pins, the list of who may sign up, and seals anew'), async () => {
    expect((await asOperator('/cp/admin/pins/images', 'PUT', { model: 'repo@sha256:abc' })).body).toEqual({
      model: 'repo@sha256:abc',
    });
    expect((await asOperator('/cp/admin/pins/machines')).body).toEqual({});
    expect((await asOperator('/cp/admin/beta-allowlist', 'POST', { email: 'New@example.test' })).status).toBe(
      204,
    );
    expect((await asOperator('/cp/admin/beta-allowlist')).body).toEqual({ emails: ['new@example.test'] });
    expect(
      (await asOperator('/cp/admin/beta-allowlist', 'DELETE', { email: 'new@example.test' })).status,
    ).toBe(204);
    const { body } = await asOperator('/cp/admin/envelope/rotate', 'POST');
    expect(body.resealed).toBeGreaterThan(0);
  });

  it(
    verifies(
      'platform.fleet',
      'upgrades nobody by an empty order, plans without touching, and refuses unknown images',
    ),
    async () => {
      const fleet = (body: unknown) => asOperator('/cp/admin/tenants/redeploy-fleet', 'POST', body);
      for (const body of [{}, { confirm: false }, { only_slugs: [] }, { only_slugs: [], confirm: true }]) {
        expect((await fleet(body)).status).toBe(400);
      }
      const plan = await fleet({ dry_run: true, canary_slug: 'acme' });
      const rows = plan.body.results as { slug: string; ssm_status: string }[];
      expect(rows[0]).toMatchObject({ slug: 'acme', ssm_status: 'DryRun' });
      expect(brief(await fleet({ confirm: true, target_tag: 'no-such' }))).toEqual([409, 'image_missing']);
      const one = await asOperator('/cp/admin/tenants/acme/redeploy', 'POST', { target_tag: 'local' });
      expect(one.body).toMatchObject({
        ok: true,
        results: [{ slug: 'acme', verified_on_target: true, ssm_exit_code: 0 }],
      });
      const id = String(one.body.rollout_id);
      expect((await asOperator(`/cp/admin/rollouts/${id}`)).body).toMatchObject({ state: 'done' });
      const { rollouts } = (await asOperator('/cp/admin/rollouts?limit=1')).body as { rollouts: unknown[] };
      expect(rollouts).toEqual([
        expect.objectContaining({ id, state: 'done', phases: { done: expect.any(Number) } }),
      ]);
      expect((await asOwner('/cp/admin/rollouts')).status).toBe(403);
      expect((await asOperator(`/cp/admin/rollouts/${id}/pause`, 'POST')).status).toBe(409);
    },
  );

  it(
    verifies('platform.fleet', 'leaves out who is held on another image, says so, and lets them go'),
    async () => {
      const pin = (body?: unknown) => asOperator('/cp/admin/orgs/acme/pin', 'POST', body);
      const plan = async () => {
        const planned = await asOperator('/cp/admin/tenants/redeploy-fleet', 'POST', { dry_run: true });
        const rows = planned.body.results as { slug: string; phase: string }[];
        return rows.find(({ slug }) => slug === 'acme')?.phase;
      };
      expect((await pin()).body).toEqual({ pinned_image: 'local' });
      expect(await plan()).toBe('planned');
      expect((await pin({ image: 'earlier', reason: 'waits for its own release' })).body).toEqual({
        pinned_image: 'earlier',
      });
      expect(await plan()).toBe('pinned');
      const named = await asOperator('/cp/admin/tenants/acme/redeploy', 'POST', { target_tag: 'local' });
      expect([named.status, named.body.error]).toEqual([409, 'acme is held on earlier; let it go first']);
      expect((await pin({ image: null })).body).toEqual({ pinned_image: null });
      expect(await plan()).toBe('planned');
      expect((await asOperator('/cp/admin/orgs/no-such/pin', 'POST', {})).status).toBe(404);
    },
  );

  it.each([
    '/cp/admin/orgs',
    '/cp/admin/stats',
    '/cp/admin/audit',
    '/cp/admin/partner-keys',
    '/cp/admin/beta-allowlist',
    '/cp/admin/pins/images',
    '/cp/admin/tenants/acme/boot-events',
    '/cp/admin/tenants/acme/diagnostics',
    '/cp/admin/orgs/acme/admin-token',
  ])(verifies('platform.admin', 'is nobody else: %s'), async (path) => {
    expect([(await as('')(path)).status, (await asOwner(path)).status]).toEqual([401, 403]);
  });
});

describe('the open pages', () => {
  it(verifies('platform.orgs', 'are health, terms, templates and the waiting list'), async () => {
    expect((await as('')('/health')).body).toEqual({ service: 'molecule-cp', status: 'ok' });
    expect((await as('')('/cp/legal/terms')).body.version).toBe('1');
    expect((await as('')('/cp/templates')).text).toContain('review-desk');
    expect((await as('')('/cp/templates/review-desk')).status).toBe(200);
    expect((await as('')('/cp/templates/nothing')).status).toBe(404);
    const wait = () => as('')('/cp/waitlist/request', 'POST', { email: 'soon@example.test' });
    expect((await wait()).body.status).toBe('received');
    expect((await wait()).body).toEqual({ status: 'already_received', message: 'We already have you.' });
  });

  it.each(['/cp/nothing', '/api/v1/nothing', '/nothing', '/cp/orgs/acme/memory', '/cp/orgs/acme/files'])(
    verifies('platform.boundary', 'have no road to %s'),
    async (path) => {
      expect(brief(await asOwner(path))).toEqual([404, 'not_found']);
    },
  );
});

describe('the command', () => {
  const molecule = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const command = [
        join(ROOT, 'tooling/molecule.mjs'),
        '--url',
        platform.url,
        '--token-file',
        join(platform.dataDir, 'cp-admin-token'),
        ...args,
      ];
      execFile(process.execPath, command, { timeout: 60_000 }, (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err });
      });
    });

  it(
    verifies('platform.command', 'does for an operator what the routes do, and says so in its exit code'),
    async () => {
      await make('by-command');
      const listed = await molecule('orgs', 'list');
      expect(listed.out).toMatch(/^slug +status/);
      expect(listed.out).toContain('by-command');
      const shown = JSON.parse((await molecule('--json', 'orgs', 'show', 'by-command')).out) as {
        slug: string;
        instance: { driver: string };
      };
      expect([shown.slug, shown.instance.driver]).toEqual(['by-command', 'fake']);
      expect((await molecule('tenants', 'pin', 'by-command', '--reason', 'a test')).code).toBe(0);
      expect((await molecule('fleet', 'audit', '--limit', '5')).out).toContain('by-command');
      expect(await molecule('orgs', 'show', 'nobody-here')).toMatchObject({ code: 1, out: '' });
      expect(await molecule('orgs', 'delete', 'by-command')).toMatchObject({ code: 2 });
      expect((await asOperator('/cp/orgs/by-command')).body.status).toBe('running');
      expect(await molecule('--yes', 'orgs', 'delete', 'by-command')).toMatchObject({
        code: 0,
        out: 'done\n',
      });
      expect((await asOperator('/cp/orgs/by-command')).status).toBe(404);
    },
  );
});
