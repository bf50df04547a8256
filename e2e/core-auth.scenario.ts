// Core authentication: which credential passes which gate, the texts of each refusal, tokens and sessions.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOKEN_PATTERN } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPostmasterPid } from '../bench/crash-killer.ts';
import { verifies } from './requirements.ts';
import { bearer, bodyOf, exchange, expectAnswer, type Row, type Send, sendAs } from './support/exchange.ts';
import { sendRaw } from './support/raw-request.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const UNKNOWN = '11111111-1111-4111-8111-111111111111';
const WRONG = bearer('x'.repeat(50));

/** Production starts with a key for its secrets only. */
const SEALED = { SECRETS_ENCRYPTION_KEY: 'k'.repeat(32) };

let tenant: ScenarioTenant;
let agent: ExternalAgent;
let peer: ExternalAgent;
let gone: ExternalAgent;
let asAdmin: Send;
let asNobody: Send;
let asAgent: Send;
let asPeer: Send;
let asGone: Send;
let asWrong: Send;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  agent = await addExternalAgent(tenant, 'agent');
  peer = await addExternalAgent(tenant, 'peer');
  gone = await addExternalAgent(tenant, 'gone');
  await tenant.asAdmin(`/workspaces/${gone.id}`, { method: 'DELETE' });
  asAdmin = sendAs(tenant, bearer(tenant.adminToken));
  asNobody = sendAs(tenant, {});
  asAgent = sendAs(tenant, bearer(agent.token));
  asPeer = sendAs(tenant, bearer(peer.token));
  asGone = sendAs(tenant, bearer(gone.token));
  asWrong = sendAs(tenant, WRONG);
});

afterAll(() => tenant?.stop());

async function signIn(): Promise<Send> {
  const answer = await asNobody('POST', '/auth/sign-in', { token: tenant.adminToken });
  return sendAs(tenant, { cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '' });
}

const view = { x: 1, y: 2, zoom: 1 };
const state = (id: string) => `/workspaces/${id}/state`;
const tokensOf = (id: string) => `/workspaces/${id}/tokens`;
const forged = () => ({ origin: tenant.url, referer: `${tenant.url}/`, 'sec-fetch-site': 'same-origin' });

describe('credentials', () => {
  const ROWS: Row[] = [
    [
      verifies('core.2.1-workspace-token', 'a workspace token opens its own'),
      () => asAgent('GET', tokensOf(agent.id)),
      200,
    ],
    [
      verifies('core.2.1-workspace-token', 'and no other'),
      () => asAgent('GET', tokensOf(peer.id)),
      401,
      'invalid workspace auth token',
    ],
    [
      verifies('core.2.1-admin-token', 'the admin token opens admin routes'),
      () => asAdmin('GET', '/events'),
      200,
    ],
    [verifies('core.2.1-admin-token', 'and workspace routes'), () => asAdmin('GET', tokensOf(agent.id)), 200],
    [
      verifies('core.2.1-same-origin', 'headers of the canvas open no admin route'),
      () => asNobody('GET', '/workspaces', undefined, forged()),
      401,
      'admin auth required',
    ],
    [
      verifies('core.2.1-same-origin', 'nor a workspace route'),
      () => asNobody('GET', tokensOf(agent.id), undefined, forged()),
      401,
      'missing workspace auth token',
    ],
    ...(
      [
        ['lower case', (token) => `bearer ${token}`],
        ['another scheme', (token) => `Token ${token}`],
        ['a tab', (token) => `Bearer\t${token}`],
        ['no token', () => 'Bearer '],
      ] as [string, (token: string) => string][]
    ).map(
      ([what, write]): Row => [
        verifies('core.2.1-bearer-form', `${what} counts as no bearer`),
        () => asNobody('GET', tokensOf(agent.id), undefined, { authorization: write(agent.token) }),
        401,
        'missing workspace auth token',
      ],
    ),
    [
      verifies('core.2.1-bearer-form', 'spaces around the token do not count'),
      () => asNobody('GET', tokensOf(agent.id), undefined, { authorization: `Bearer   ${agent.token}  ` }),
      200,
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(verifies('core.2.1-session', 'a session opens admin routes, discover and peers'), async () => {
    const asSession = await signIn();
    expect((await asSession('GET', '/workspaces')).status).toBe(200);
    expect((await asSession('GET', `/registry/${agent.id}/peers`)).status).toBe(200);
    const named = { 'x-workspace-id': agent.id };
    expect((await asSession('GET', `/registry/discover/${agent.id}`, undefined, named)).status).not.toBe(401);
  });

  it(verifies('core.2.1-first-header-wins', 'the first of two headers counts'), async () => {
    const right: [string, string] = ['Authorization', `Bearer ${agent.token}`];
    const wrong: [string, string] = ['authorization', WRONG.authorization ?? ''];
    expect((await sendRaw(tenant.url, tokensOf(agent.id), [right, wrong])).status).toBe(200);
    expect((await sendRaw(tenant.url, tokensOf(agent.id), [wrong, right])).status).toBe(401);
  });
});

describe('development mode', () => {
  it.each([['development'], [' DEV ']])(
    verifies('core.2.2-open', 'as "%s" passes whoever sends no bearer, also once tokens exist'),
    async (mode) => {
      const open = await startScenarioTenant({ MOLECULE_ENV: mode });
      try {
        const anyone = sendAs(open, {});
        const made = await anyone('POST', '/workspaces', { name: 'made', external: true });
        const { id } = bodyOf<{ id: string }>(made);
        for (const path of [
          '/workspaces',
          `/workspaces/${id}/activity`,
          `/workspaces/${id}/delegations`,
          '/approvals/pending',
          '/org/templates',
        ]) {
          expect([path, (await anyone('GET', path)).status]).toEqual([path, 200]);
        }
        const wrong = await sendAs(open, WRONG)('GET', `/workspaces/${id}/activity`);
        expect([wrong.status, bodyOf(wrong).error], verifies('core.2.2-wrong-bearer', 'stays 401')).toEqual([
          401,
          'invalid workspace auth token',
        ]);
      } finally {
        await open.stop();
      }
    },
  );

  it(verifies('core.2.2-admin-token-closes', 'is closed by an admin token'), async () => {
    const closed = await startScenarioTenant({ MOLECULE_ENV: 'development', ADMIN_TOKEN: 'a'.repeat(40) });
    try {
      expect((await sendAs(closed, {})('GET', '/workspaces')).status).toBe(401);
      expect((await sendAs(closed, bearer('a'.repeat(40)))('GET', '/workspaces')).status).toBe(200);
    } finally {
      await closed.stop();
    }
  });
});

describe('the admin gate', () => {
  const ROWS: Row[] = [
    [
      verifies('core.2.4-admin-missing', 'refuses nobody in particular'),
      () => asNobody('GET', '/workspaces'),
      401,
      'admin auth required',
    ],
    [
      verifies('core.2.4-admin-missing', 'refuses an unknown cookie'),
      () => asNobody('GET', '/workspaces', undefined, { cookie: 'other=1' }),
      401,
      'admin auth required',
    ],
    [verifies('core.2.4-admin-token', 'passes the admin token'), () => asAdmin('GET', '/workspaces'), 200],
    [
      verifies('core.2.4-admin-token', 'refuses another bearer'),
      () => asWrong('GET', '/workspaces'),
      401,
      'invalid admin auth token',
    ],
    [
      verifies('core.2.4-admin-token', 'refuses the admin token with one letter more'),
      () => sendAs(tenant, bearer(`${tenant.adminToken}x`))('GET', '/workspaces'),
      401,
      'invalid admin auth token',
    ],
    [
      verifies('core.2.4-admin-workspace-token', 'refuses a workspace token'),
      () => asAgent('GET', '/workspaces'),
      401,
      'invalid admin auth token',
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(
    verifies(['core.2.4-admin-session', 'core.2.4-workspace-session'], 'passes a session until it ends'),
    async () => {
      const asSession = await signIn();
      expect((await asSession('GET', '/workspaces')).status).toBe(200);
      expect((await asSession('GET', tokensOf(agent.id))).status).toBe(200);
      await asSession('POST', '/auth/sign-out');
      expect((await asSession('GET', '/workspaces')).status).toBe(401);
      expect((await asSession('GET', tokensOf(agent.id))).status).toBe(401);
    },
  );
});

describe('the workspace gate', () => {
  const ROWS: Row[] = [
    [
      verifies('core.2.4-workspace-admin', 'passes the admin token'),
      () => asAdmin('GET', tokensOf(agent.id)),
      200,
    ],
    [
      verifies('core.2.4-workspace-own', 'passes its own token'),
      () => asAgent('GET', tokensOf(agent.id)),
      200,
    ],
    [
      verifies('core.2.4-workspace-own', 'refuses the token of a removed workspace'),
      () => asGone('GET', tokensOf(gone.id)),
      401,
      'invalid workspace auth token',
    ],
    [
      verifies('core.2.4-workspace-wrong', 'refuses a wrong bearer'),
      () => asWrong('GET', tokensOf(agent.id)),
      401,
      'invalid workspace auth token',
    ],
    [
      verifies('core.2.4-workspace-wrong', 'refuses the token of a sibling'),
      () => asPeer('GET', tokensOf(agent.id)),
      401,
      'invalid workspace auth token',
    ],
    [
      verifies('core.2.4-workspace-missing', 'refuses nobody in particular'),
      () => asNobody('GET', tokensOf(agent.id)),
      401,
      'missing workspace auth token',
    ],
    [
      verifies('core.2.4-workspace-missing', 'also where no workspace is'),
      () => asNobody('GET', tokensOf(UNKNOWN)),
      401,
      'missing workspace auth token',
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(verifies('core.2.4-workspace-missing', 'also for a workspace without tokens'), async () => {
    const { id } = bodyOf<{ id: string }>(await asAdmin('POST', '/workspaces', { name: 'no tokens' }));
    expect(bodyOf(await asAdmin('GET', tokensOf(id)))).toEqual({ tokens: [], count: 0 });
    expectAnswer(await asNobody('GET', tokensOf(id)), 401, 'missing workspace auth token');
  });
});

describe('a datastore that is away', () => {
  it(
    verifies(
      ['core.2.4-admin-datastore', 'core.2.4-workspace-datastore', 'core.16-canvas-codes'],
      'is 503 with a code, behind either gate',
    ),
    async () => {
      const doomed = await startScenarioTenant();
      try {
        const { id, token } = await addExternalAgent(doomed, 'stranded');
        const pid = await readPostmasterPid(doomed.dataDir);
        spawnSync('pkill', ['-STOP', '-P', String(pid)]);
        process.kill(pid ?? 0, 'SIGSTOP');
        try {
          const unavailable = {
            error: 'platform datastore unavailable — retry shortly',
            code: 'platform_unavailable',
          };
          const events = await sendAs(doomed, bearer(doomed.adminToken))('GET', '/events');
          expect([events.status, bodyOf(events)]).toEqual([503, expect.objectContaining(unavailable)]);
          const tokens = await sendAs(doomed, bearer(token))('GET', tokensOf(id));
          expect([tokens.status, bodyOf(tokens)]).toEqual([503, expect.objectContaining(unavailable)]);
          expect((await sendAs(doomed, WRONG)('GET', '/events')).status).toBe(401);
        } finally {
          process.kill(pid ?? 0, 'SIGCONT');
          spawnSync('pkill', ['-CONT', '-P', String(pid)]);
        }
      } finally {
        await doomed.stop();
      }
    },
  );
});

describe('the viewport gate', () => {
  const put = (send: Send, headers: Record<string, string> = {}) =>
    send('PUT', '/canvas/viewport', view, headers);
  const saved = { status: 'saved' };
  const ROWS: Row[] = [
    [verifies('core.2.4-canvas-passes', 'passes the admin token'), () => put(asAdmin), 200, saved],
    [verifies('core.2.4-canvas-passes', 'passes a workspace token'), () => put(asAgent), 200, saved],
    [verifies('core.2.4-canvas-passes', 'passes a session'), async () => put(await signIn()), 200, saved],
    [
      verifies('core.2.4-canvas-missing', 'refuses nobody in particular'),
      () => put(asNobody),
      401,
      'admin auth required',
    ],
    [
      verifies('core.2.4-canvas-missing', 'refuses an origin alone'),
      () => put(asNobody, { origin: 'http://localhost:3000' }),
      401,
      'admin auth required',
    ],
    [
      verifies('core.2.4-canvas-wrong', 'refuses a wrong bearer'),
      () => put(asWrong),
      401,
      'invalid admin auth token',
    ],
    [
      verifies('core.2.4-canvas-wrong', 'refuses the token of a removed workspace'),
      () => put(asGone),
      401,
      'invalid admin auth token',
    ],
  ];
  it.each(ROWS)('%s', exchange);
});

describe('the own-token gate', () => {
  const card = () => ({ agent_card: { name: 'agent' } });
  const register = (send: Send) =>
    send('POST', '/registry/register', { id: agent.id, ...card(), delivery_mode: 'poll' });
  const beat = (send: Send) => send('POST', '/registry/heartbeat', { workspace_id: agent.id });
  const update = (send: Send) => send('POST', '/registry/update-card', { workspace_id: agent.id, ...card() });
  const peers = (send: Send) => send('GET', `/registry/${agent.id}/peers`);
  const discover = (send: Send) =>
    send('GET', `/registry/discover/${peer.id}`, undefined, { 'x-workspace-id': agent.id });
  const ask = (send: Send) => send('GET', state(agent.id));
  const message = { method: 'message/send', params: { message: { role: 'user', parts: [{ text: 'x' }] } } };
  const say = (send: Send) =>
    send('POST', `/workspaces/${peer.id}/a2a`, message, { 'x-workspace-id': agent.id });

  const CALLS: [name: string, call: (send: Send) => ReturnType<Send>][] = [
    ['register', register],
    ['heartbeat', beat],
    ['card', update],
    ['peers', peers],
    ['discover', discover],
    ['state', ask],
  ];

  it.each(CALLS)(verifies('core.2.4-own-passes', '%s: passes its own token'), async (_name, call) => {
    const { status } = await call(asAgent);
    expect([200, 503]).toContain(status); // Discover of a polling agent: heard, and answered that it has no address.
  });

  it.each(CALLS)(
    verifies('core.2.4-own-missing', '%s: refuses nobody in particular'),
    async (_name, call) => {
      expectAnswer(await call(asNobody), 401, 'missing workspace auth token');
    },
  );

  it.each(CALLS)(verifies('core.2.4-own-wrong', '%s: refuses wrong bearers'), async (_name, call) => {
    expectAnswer(await call(asWrong), 401, 'invalid workspace auth token');
    expectAnswer(await call(asPeer), 401, 'invalid workspace auth token');
  });

  const MESSAGES: Row[] = [
    [verifies('core.2.4-own-passes', 'message: passes its own token'), () => say(asAgent), 200],
    [
      verifies('core.2.4-own-missing', 'message: refuses nobody in particular'),
      () => say(asNobody),
      401,
      'missing caller auth token',
    ],
    [
      verifies('core.2.4-own-wrong', 'message: refuses a wrong bearer'),
      () => say(asWrong),
      401,
      'invalid caller auth token',
    ],
    [
      verifies('core.2.4-own-wrong', 'message: refuses another’s bearer'),
      () => say(asPeer),
      401,
      'invalid caller auth token',
    ],
    [verifies('core.2.4-own-admin', 'state passes the admin token'), () => ask(asAdmin), 200],
    [verifies('core.2.4-own-admin', 'peers pass the admin token'), () => peers(asAdmin), 200],
    [verifies('core.2.4-own-admin', 'discover passes the admin token'), () => discover(asAdmin), 503],
    [verifies('core.2.4-own-admin', 'state passes a session'), async () => ask(await signIn()), 200],
  ];
  it.each(MESSAGES)('%s', exchange);

  it(verifies('core.2.4-own-first-register', 'passes the first register without a token, once'), async () => {
    const { id } = bodyOf<{ id: string }>(await asAdmin('POST', '/workspaces', { name: 'fresh' }));
    const body = { id, agent_card: { name: 'fresh' }, delivery_mode: 'poll' };
    const first = await asNobody('POST', '/registry/register', body);
    expect([first.status, bodyOf(first)]).toEqual([
      200,
      expect.objectContaining({ status: 'registered', auth_token: expect.stringMatching(/^[\w-]{43}_/) }),
    ]);
    expectAnswer(await asNobody('POST', '/registry/register', body), 401, 'missing workspace auth token');
    const again = await sendAs(tenant, bearer(String(bodyOf(first).auth_token)))(
      'POST',
      '/registry/register',
      body,
    );
    expect([again.status, 'auth_token' in bodyOf(again)]).toEqual([200, false]);
    // One that nobody made is not made by registering.
    const stranger = { ...body, id: crypto.randomUUID() };
    expect((await asNobody('POST', '/registry/register', stranger)).status).toBe(401);
  });
});

describe('workspace tokens', () => {
  it(
    verifies(['core.2.5-format', 'core.2.5-mint'], 'are minted with a checked suffix and shown once'),
    async () => {
      const answer = await asAgent('POST', tokensOf(agent.id));
      const body = bodyOf<{ auth_token: string; prefix: string }>(answer);
      expect([answer.status, body]).toEqual([
        201,
        {
          auth_token: expect.stringMatching(/^[A-Za-z0-9_-]{43}_[a-z][A-Za-z0-9]{6}$/),
          workspace_id: agent.id,
          message: expect.any(String),
          prefix: body.auth_token.slice(0, 8),
        },
      ]);
      expect(body.auth_token).toMatch(new RegExp(TOKEN_PATTERN.source));
      expect((await sendAs(tenant, bearer(body.auth_token))('GET', state(agent.id))).status).toBe(200);
      const list = (await asAgent('GET', tokensOf(agent.id))).text;
      expect(list).toContain(body.prefix);
      expect(list).not.toContain(body.auth_token);
    },
  );

  it(verifies('core.2.5-list', 'are listed newest first, in pages, the live ones only'), async () => {
    const { id } = await addExternalAgent(tenant, 'lists');
    for (let at = 0; at < 4; at++) await asAdmin('POST', tokensOf(id));
    type Listed = {
      tokens: { id: string; prefix: string; created_at: string; last_used_at: null }[];
      count: number;
    };
    const list = async (query = '') => bodyOf<Listed>(await asAdmin('GET', `${tokensOf(id)}${query}`));
    const all = await list();
    expect(all.count).toBe(5);
    expect(Object.keys(all.tokens[0] ?? {}).sort()).toEqual(['created_at', 'id', 'last_used_at', 'prefix']);
    const times = all.tokens.map(({ created_at }) => Date.parse(created_at));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const idsOf = ({ tokens }: Listed) => tokens.map((token) => token.id);
    const ids = idsOf(all);
    expect(idsOf(await list('?limit=2'))).toEqual(ids.slice(0, 2));
    expect(idsOf(await list('?limit=2&offset=3'))).toEqual(ids.slice(3));
    for (const bad of ['?limit=0', '?limit=x', '?limit=201', '?offset=-1', '?offset=x'])
      expect([bad, (await list(bad)).count]).toEqual([bad, 5]);
    await asAdmin('DELETE', `${tokensOf(id)}/${ids[0]}`);
    expect(idsOf(await list())).toEqual(ids.slice(1));
  });

  it(verifies('core.2.5-revoke', 'are revoked once'), async () => {
    const made = await addExternalAgent(tenant, 'revoked');
    const asIt = sendAs(tenant, bearer(made.token));
    const { tokens } = bodyOf<{ tokens: { id: string }[] }>(await asAdmin('GET', tokensOf(made.id)));
    const path = `${tokensOf(made.id)}/${tokens[0]?.id}`;
    expectAnswer(await asAdmin('DELETE', path), 200, { status: 'revoked' });
    expectAnswer(await asIt('GET', state(made.id)), 401, 'invalid workspace auth token');
    expectAnswer(await asAdmin('DELETE', path), 404, 'token not found or already revoked');
    const foreign = bodyOf<{ tokens: { id: string }[] }>(await asAdmin('GET', tokensOf(peer.id))).tokens[0]
      ?.id;
    for (const id of [foreign, UNKNOWN, 'not-a-uuid'])
      expectAnswer(
        await asAdmin('DELETE', `${tokensOf(made.id)}/${id}`),
        404,
        'token not found or already revoked',
      );
  });

  it(verifies('core.2.5-validation', 'note when they were used'), async () => {
    const used = await addExternalAgent(tenant, 'used');
    await sendAs(tenant, bearer(used.token))('GET', state(used.id));
    await until('the use is noted', async () => {
      const { tokens } = bodyOf<{ tokens: { last_used_at: string | null }[] }>(
        await asAdmin('GET', tokensOf(used.id)),
      );
      return Math.abs(Date.now() - Date.parse(tokens[0]?.last_used_at ?? '')) < 60_000;
    });
    expectAnswer(await asGone('GET', state(gone.id)), 404, {
      workspace_id: gone.id,
      status: 'removed',
      deleted: true,
    });
    expectAnswer(await asGone('GET', `/registry/${gone.id}/peers`), 401, 'invalid workspace auth token');
  });

  it(verifies('core.2.5-limit', 'are at most fifty'), async () => {
    const { id } = await addExternalAgent(tenant, 'hoards');
    for (let at = 0; at < 49; at++) expect((await asAdmin('POST', tokensOf(id))).status).toBe(201);
    expectAnswer(await asAdmin('POST', tokensOf(id)), 429, 'maximum 50 active tokens per workspace');
  });

  it(verifies('core.2.5-stored', 'are in no file of the data folder in plain text'), async () => {
    const found = spawnSync('grep', ['-rlF', '--', agent.token, tenant.dataDir], { encoding: 'utf8' });
    expect(found.stdout).toBe('');
    const kept = readFileSync(join(tenant.dataDir, 'admin-token'), 'utf8').trim();
    expect(kept).toBe(tenant.adminToken);
  });
});

describe('test tokens', () => {
  const path = (id: string) => `/admin/workspaces/${id}/test-token`;
  const ROWS: Row[] = [
    [
      verifies('core.2.7-mint', 'are minted for the administrator'),
      () => asAdmin('GET', path(agent.id)),
      200,
      { auth_token: expect.stringMatching(/^[\w-]{43}_/), workspace_id: expect.any(String) },
    ],
    [
      verifies('core.2.7-admin', 'are not minted for nobody'),
      () => asNobody('GET', path(agent.id)),
      401,
      'admin auth required',
    ],
    [
      verifies('core.2.7-admin', 'nor for a wrong bearer'),
      () => asWrong('GET', path(agent.id)),
      401,
      'admin auth required',
    ],
    [
      verifies('core.2.7-admin', 'nor for an agent'),
      () => asAgent('GET', path(agent.id)),
      401,
      'admin auth required',
    ],
    [
      verifies('core.2.7-unknown', 'need a workspace'),
      () => asAdmin('GET', path(UNKNOWN)),
      404,
      'workspace not found',
    ],
    [
      verifies('core.2.7-unknown', 'need a live one'),
      () => asAdmin('GET', path(gone.id)),
      410,
      'workspace removed',
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(verifies('core.2.7-mint', 'are another one each time, and open the workspace'), async () => {
    const mint = async () => String(bodyOf(await asAdmin('GET', path(agent.id))).auth_token);
    const [one, two] = [await mint(), await mint()];
    expect(one).not.toBe(two);
    expect((await sendAs(tenant, bearer(one))('GET', state(agent.id))).status).toBe(200);
  });

  const ORG = { MOLECULE_ORG_ID: '7c1f1d7e-6a67-4a5b-9c58-0d2f5d1b6a11' };
  const SETTINGS: [
    id: 'core.2.7-enabled' | 'core.2.7-disabled',
    env: Record<string, string>,
    status: number,
  ][] = [
    ['core.2.7-enabled', { MOLECULE_ENV: 'staging' }, 200],
    ['core.2.7-disabled', { MOLECULE_ENV: 'PROD', ...SEALED }, 404],
    ['core.2.7-enabled', { MOLECULE_ENV: 'production', MOLECULE_ENABLE_TEST_TOKENS: '1', ...SEALED }, 200],
    ['core.2.7-disabled', ORG, 404],
  ];
  it.each(SETTINGS)(
    verifies(['core.2.7-enabled', 'core.2.7-disabled'], '%s: with %j they answer %i'),
    async (_id, env, status) => {
      const adminToken = 'a'.repeat(40);
      const other = await startScenarioTenant({ ADMIN_TOKEN: adminToken, ...env });
      try {
        const send = sendAs(other, { ...bearer(adminToken), 'x-molecule-org-id': ORG.MOLECULE_ORG_ID });
        const { id } = bodyOf<{ id: string }>(
          await send('POST', '/workspaces', { name: 'x', external: true }),
        );
        expectAnswer(await send('GET', path(id)), status, status === 404 ? 'not found' : undefined);
      } finally {
        await other.stop();
      }
    },
  );
});

describe('sessions', () => {
  it(verifies('core.2.8-link', 'come from a link that works once'), async () => {
    const { url } = bodyOf<{ url: string }>(await asAdmin('POST', '/admin/sign-in-links'));
    const path = new URL(url).pathname + new URL(url).search;
    const first = await asNobody('GET', path);
    const cookie = first.headers.get('set-cookie') ?? '';
    expect([first.status, first.headers.get('location')]).toEqual([303, '/']);
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict/);
    expect((await sendAs(tenant, { cookie: cookie.split(';')[0] ?? '' })('GET', '/workspaces')).status).toBe(
      200,
    );
    const second = await asNobody('GET', path);
    expect([second.status, second.headers.get('set-cookie'), second.headers.get('location')]).toEqual([
      303,
      null,
      '/?signin=expired',
    ]);
  });
});

describe('which gate guards what', () => {
  const OPEN = [
    '/health',
    '/health/ready',
    '/metrics',
    '/buildinfo',
    '/canvas/viewport',
    '/openapi.json',
    '/docs/api',
  ];
  it.each(OPEN)(verifies('core.2.9-open', 'GET %s asks nobody'), async (path) => {
    expect((await asNobody('GET', path)).status).toBe(200);
  });

  const ADMIN: [method: string, path: () => string][] = [
    ['GET', () => '/workspaces'],
    ['POST', () => '/workspaces'],
    ['DELETE', () => `/workspaces/${peer.id}`],
    ['GET', () => '/admin/liveness'],
    ['POST', () => '/admin/a2a-queue/drop-stale'],
    ['GET', () => '/events'],
    ['GET', () => `/events/${agent.id}`],
    ['GET', () => '/approvals/pending'],
  ];
  it.each(ADMIN)(
    verifies('core.2.9-admin', '%s of an admin route asks for an admin (%#)'),
    async (method, path) => {
      const body = method === 'GET' ? undefined : {};
      expectAnswer(await asNobody(method, path(), body), 401, 'admin auth required');
      expectAnswer(await asAgent(method, path(), body), 401, 'invalid admin auth token');
    },
  );

  const WORKSPACE: [method: string, below: string][] = [
    ['PATCH', ''],
    ['GET', '/state'],
    ['POST', '/restart'],
    ['POST', '/pause'],
    ['POST', '/resume'],
    ['POST', '/hibernate'],
    ['POST', '/delegate'],
    ['GET', '/delegations'],
    ['POST', '/delegations/record'],
    ['POST', '/delegations/x/update'],
    ['GET', '/activity'],
    ['POST', '/activity'],
    ['POST', '/notify'],
    ['GET', '/tokens'],
    ['POST', '/tokens'],
    ['DELETE', `/tokens/${UNKNOWN}`],
    ['GET', '/approvals'],
    ['POST', '/approvals'],
    ['GET', '/events/stream'],
  ];
  it.each(WORKSPACE)(verifies('core.2.9-workspace', '%s …%s asks for its token'), async (method, below) => {
    const path = `/workspaces/${agent.id}${below}`;
    const body = method === 'GET' ? undefined : {};
    expectAnswer(await asNobody(method, path, body), 401, 'missing workspace auth token');
    expectAnswer(await asPeer(method, path, body), 401, 'invalid workspace auth token');
  });

  it(verifies('core.2.9-own-token', 'agents speak with their own token'), async () => {
    for (const [path, body] of [
      ['/registry/register', { id: agent.id, agent_card: {} }],
      ['/registry/heartbeat', { workspace_id: agent.id }],
      ['/registry/update-card', { workspace_id: agent.id, agent_card: {} }],
    ] as const) {
      expectAnswer(await asNobody('POST', path, body), 401, 'missing workspace auth token');
      expectAnswer(await asPeer('POST', path, body), 401, 'invalid workspace auth token');
    }
  });

  it(verifies('core.2.9-viewport', 'the viewport is written with any live credential'), async () => {
    expect((await asPeer('PUT', '/canvas/viewport', view)).status).toBe(200);
    expect((await asNobody('PUT', '/canvas/viewport', view)).status).toBe(401);
  });
});
