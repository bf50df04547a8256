// Secrets: every row of their contract over HTTP, on external agents.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
} from './support/tenant.ts';

const json = (answer: Answer) => JSON.parse(answer.text) as unknown;
const as = (token: string) => ({ authorization: `Bearer ${token}` });
const UNKNOWN = '00000000-0000-4000-8000-00000000beef';

describe('secrets over HTTP', () => {
  let tenant: ScenarioTenant;
  let agent: ExternalAgent;
  let other: ExternalAgent;
  let path = '';

  beforeAll(async () => {
    tenant = await startScenarioTenant();
    agent = await addExternalAgent(tenant, 'agent');
    other = await addExternalAgent(tenant, 'other');
    path = `/workspaces/${agent.id}/secrets`;
  });
  afterAll(() => tenant?.stop());

  const call = (method: string, to: string, body?: unknown, headers = as(tenant.adminToken)) =>
    tenant.call(to, { method, body, headers });

  it.each(['POST', 'PUT'])('%s sets one of a workspace with 200, and again', async (method) => {
    for (const value of ['one', 'two']) {
      const answer = await call(method, path, { key: 'OWN', value, extra: 'is ignored' });
      expect([answer.status, answer.text]).toEqual([200, '{"status":"saved","key":"OWN"}']);
    }
    expect(await tenant.call(`${path}/values`, { headers: as(agent.token) }).then(json)).toMatchObject({
      OWN: 'two',
    });
  });

  it.each([
    ['PUT', '/settings/secrets'],
    ['POST', '/settings/secrets'],
    ['POST', '/admin/secrets'],
    ['PUT', '/admin/secrets'],
  ])('%s %s sets one for everybody', async (method, to) => {
    const answer = await call(method, to, { key: 'ALL', value: method + to });
    expect([answer.status, answer.text]).toEqual([200, '{"status":"saved","key":"ALL","scope":"global"}']);
    const values = await tenant.call(`${path}/values`, { headers: as(agent.token) }).then(json);
    expect(values).toMatchObject({ ALL: method + to });
  });

  it.each(['/settings/secrets', '/admin/secrets'])(
    'DELETE %s/:key deletes one for everybody, once',
    async (to) => {
      await call('PUT', to, { key: 'GOES AWAY', value: 'x' });
      const gone = await call('DELETE', `${to}/GOES%20AWAY`);
      expect([gone.status, gone.text]).toEqual([
        200,
        '{"status":"deleted","key":"GOES AWAY","scope":"global"}',
      ]);
      const again = await call('DELETE', `${to}/GOES%20AWAY`);
      expect([again.status, json(again)]).toMatchObject([404, { error: 'secret not found' }]);
    },
  );

  it('lists names: those of the workspace, then those that it does not override, never a value', async () => {
    for (const key of ['B', 'A']) await call('POST', path, { key, value: 'canary-own' });
    for (const key of ['B', 'Z', 'C']) await call('PUT', '/settings/secrets', { key, value: 'canary-all' });
    const listed = await call('GET', path);
    const rows = json(listed) as { key: string; scope: string }[];
    const shown = rows.map(({ key, scope }) => `${key} ${scope}`);
    expect(shown.filter((row) => /^[ABCZ] /.test(row))).toEqual([
      'A workspace',
      'B workspace',
      'C global',
      'Z global',
    ]);
    expect(rows[0]).toEqual({
      key: expect.any(String),
      has_value: true,
      scope: 'workspace',
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    for (const to of ['/settings/secrets', '/admin/secrets']) {
      const all = await call('GET', to);
      expect((json(all) as { scope: string }[]).every(({ scope }) => scope === 'global')).toBe(true);
      expect(all.text + listed.text).not.toContain('canary');
    }
  });

  it('lists nothing of a workspace that is not there, and saves nothing for it', async () => {
    const unknown = `/workspaces/${UNKNOWN}/secrets`;
    expect(await call('GET', unknown).then(json)).toEqual([]);
    for (const [method, to, body] of [
      ['POST', unknown, { key: 'K', value: 'v' }],
      ['PUT', unknown, { key: 'K', value: 'v' }],
      ['DELETE', `${unknown}/K`, undefined],
      ['GET', `${unknown}/values`, undefined],
      ['GET', `/workspaces/${UNKNOWN}/model`, undefined],
      ['PUT', `/workspaces/${UNKNOWN}/model`, { model: 'm' }],
    ] as const) {
      const answer = await call(method, to, body);
      expect([method, to, answer.status, json(answer)]).toMatchObject([
        method,
        to,
        404,
        { error: 'workspace not found' },
      ]);
    }
  });

  it.each([
    ['GET', 'secrets'],
    ['GET', 'secrets/values'],
    ['POST', 'secrets'],
    ['PUT', 'secrets'],
    ['DELETE', 'secrets/K'],
    ['GET', 'model'],
    ['PUT', 'model'],
  ])('%s /workspaces/not-a-uuid/%s is 400 invalid workspace ID', async (method, to) => {
    const body = to === 'model' ? { model: 'm' } : { key: 'K', value: 'v' };
    const answer = await call(method, `/workspaces/not-a-uuid/${to}`, method === 'GET' ? undefined : body);
    expect([answer.status, json(answer)]).toMatchObject([400, { error: 'invalid workspace ID' }]);
  });

  const bodies: [string, unknown][] = [
    ['nothing', undefined],
    ['no JSON', '{"key": "K", "value": canary'],
    ['no key', { value: 'canary' }],
    ['an empty key', { key: '', value: 'canary' }],
    ['a key that is no text', { key: 1, value: 'canary' }],
    ['no value', { key: 'K' }],
    ['an empty value', { key: 'K', value: '' }],
    ['a value that is no text', { key: 'K', value: { canary: 1 } }],
    ['a key with =', { key: 'A=B', value: 'canary' }],
    ['a key with a line break', { key: 'A\nB', value: 'canary' }],
    ['a key that is too long', { key: 'K'.repeat(257), value: 'canary' }],
    ['a value that is too long', { key: 'K', value: 'canary'.repeat(11_000) }],
    ['a variable of the platform', { key: 'ADMIN_TOKEN', value: 'canary' }],
    ['a variable of the loader', { key: 'ld_preload', value: 'canary' }],
    ['the id of the workspace', { key: 'WORKSPACE_ID', value: 'canary' }],
  ];
  it.each(bodies)('refuses %s with the text of the contract, and repeats no value', async (_, body) => {
    for (const to of [path, '/settings/secrets', '/admin/secrets']) {
      for (const method of ['POST', 'PUT']) {
        const answer = await call(method, to, body);
        expect([answer.status, json(answer)]).toMatchObject([400, { error: 'invalid request body' }]);
        expect(answer.text).not.toContain('canary');
      }
    }
  });

  it('takes what is just within the limits', async () => {
    for (const body of [
      { key: 'K'.repeat(256), value: 'v' },
      { key: 'WIDE', value: 'v'.repeat(64 * 1024) },
      { key: 'with spaces, ünïcode and /slashes', value: 'line\nbreak' },
    ]) {
      expect((await call('POST', path, body)).status).toBe(200);
      expect((await call('DELETE', `${path}/${encodeURIComponent(body.key)}`)).status).toBe(200);
    }
  });

  it('deletes one of a workspace, and then what is for everybody shows', async () => {
    await call('PUT', '/settings/secrets', { key: 'BOTH', value: 'all' });
    await call('PUT', path, { key: 'BOTH', value: 'own' });
    const values = () => tenant.call(`${path}/values`, { headers: as(agent.token) }).then(json);
    expect(await values()).toMatchObject({ BOTH: 'own' });
    const gone = await call('DELETE', `${path}/BOTH`);
    expect([gone.status, gone.text]).toEqual([200, '{"status":"deleted","key":"BOTH"}']);
    expect(await values()).toMatchObject({ BOTH: 'all' });
    const again = await call('DELETE', `${path}/BOTH`);
    expect([again.status, json(again)]).toMatchObject([404, { error: 'secret not found' }]);
  });

  it('gives values to the own token of the workspace alone', async () => {
    const session = await tenant.call('/auth/sign-in', {
      method: 'POST',
      body: { token: tenant.adminToken },
    });
    const cookie = { cookie: (session.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
    const refused: [Record<string, string>, string][] = [
      [{}, 'missing workspace auth token'],
      [cookie, 'missing workspace auth token'],
      [as(tenant.adminToken), 'invalid workspace auth token'],
      [as(other.token), 'invalid workspace auth token'],
      [as('nonsense'), 'invalid workspace auth token'],
    ];
    for (const [headers, error] of refused) {
      const answer = await tenant.call(`${path}/values`, { headers });
      expect([answer.status, json(answer)]).toMatchObject([401, { error }]);
    }
    const own = await tenant.call(`${path}/values`, { headers: as(agent.token) });
    expect([own.status, own.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it('gives values of a workspace that has no token to whoever may manage it', async () => {
    const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { name: 'tokenless', secrets: { FIRST: 'one' } },
    });
    const answer = await call('GET', `/workspaces/${made.id}/secrets/values`);
    expect([answer.status, json(answer)]).toMatchObject([200, { FIRST: 'one' }]);
    expect((await tenant.call(`/workspaces/${made.id}/secrets/values`)).status).toBe(401);
  });

  it('keeps the secrets of a new workspace with its row, or makes no workspace', async () => {
    const create = (secrets: unknown) =>
      tenant.call('/workspaces', {
        method: 'POST',
        headers: as(tenant.adminToken),
        body: { name: 'with secrets', secrets },
      });
    const made = json(await create({ A: '1', B: '2' })) as { id: string };
    const rows = json(await call('GET', `/workspaces/${made.id}/secrets`)) as {
      key: string;
      scope: string;
    }[];
    expect(rows.filter(({ scope }) => scope === 'workspace').map(({ key }) => key)).toEqual(['A', 'B']);
    const before = (await tenant.asAdmin<unknown[]>('/workspaces')).length;
    for (const [secrets, error] of [
      [{ A: 1 }, 'invalid workspace payload'],
      [{ ADMIN_TOKEN: 'canary' }, 'invalid workspace fields'],
      [{ 'A=B': 'canary' }, 'invalid workspace fields'],
      [{ A: '' }, 'invalid workspace fields'],
    ] as const) {
      const answer = await create(secrets);
      expect([answer.status, json(answer)]).toMatchObject([400, { error }]);
      expect(answer.text).not.toContain('canary');
    }
    expect((await tenant.asAdmin<unknown[]>('/workspaces')).length).toBe(before);
  });

  it('forgets the secrets of a workspace with it', async () => {
    const gone = await addExternalAgent(tenant, 'gone');
    await call('POST', `/workspaces/${gone.id}/secrets`, { key: 'K', value: 'v' });
    await tenant.asAdmin(`/workspaces/${gone.id}`, { method: 'DELETE' });
    expect(await call('GET', `/workspaces/${gone.id}/secrets`).then(json)).toEqual([]);
    expect((await call('POST', `/workspaces/${gone.id}/secrets`, { key: 'K', value: 'v' })).status).toBe(410);
    expect((await tenant.asAdmin(`/workspaces/${gone.id}?purge=true`, { method: 'DELETE' })).status).toBe(
      'purged',
    );
  });

  it('keeps the model of a workspace as one of its secrets', async () => {
    const model = `/workspaces/${agent.id}/model`;
    const unset = await call('GET', model);
    expect(unset.text).toBe('{"model":"","source":"default"}');
    const saved = await call('PUT', model, { model: 'openai:gpt-x' });
    expect([saved.status, saved.text]).toEqual([200, '{"status":"saved","model":"openai:gpt-x"}']);
    expect((await call('GET', model)).text).toBe('{"model":"openai:gpt-x","source":"workspace_secrets"}');
    expect((await call('GET', path)).text).toContain('"key":"MODEL_PROVIDER"');
    for (let i = 0; i < 2; i++) {
      const cleared = await call('PUT', model, { model: '' });
      expect([cleared.status, cleared.text]).toEqual([200, '{"status":"cleared"}']);
    }
    expect((await call('GET', model)).text).toBe('{"model":"","source":"default"}');
    for (const body of [undefined, {}, { model: 1 }, { model: 'm'.repeat(101) }]) {
      const answer = await call('PUT', model, body);
      expect([answer.status, json(answer)]).toMatchObject([400, { error: 'invalid request body' }]);
    }
  });

  it.each([
    ['anthropic', 'sk-ant-abcdefghijklmnop', true],
    ['anthropic', 'sk-abc', false],
    ['openai', 'sk-proj-abcdefghijklmnop', true],
    ['OpenAI', 'hello', false],
    ['somebody else', 'anything', true],
    ['constructor', 'anything', true],
    ['openai', '', false],
  ])('says of a %s key "%s" that it is valid: %s', async (provider, key, valid) => {
    const answer = await call('POST', '/secrets/validate', { provider, key });
    expect(json(answer)).toEqual(valid ? { valid } : { valid, error: expect.any(String) });
  });

  it('names nobody who would be restarted where every agent runs elsewhere', async () => {
    for (const to of ['/settings/secrets/ALL/dependents', `${path}/OWN/dependents`]) {
      expect(await call('GET', to).then(json)).toEqual({ dependents: [] });
    }
  });

  it('changes the encryption key without losing a value', async () => {
    const before = await tenant.call(`${path}/values`, { headers: as(agent.token) }).then(json);
    const rotated = await call('POST', '/admin/secrets/rotate-key');
    expect([rotated.status, json(rotated)]).toEqual([
      200,
      { status: 'rotated', key_id: expect.stringMatching(/^[0-9a-f]{16}$/), resealed: expect.any(Number) },
    ]);
    expect(await tenant.call(`${path}/values`, { headers: as(agent.token) }).then(json)).toEqual(before);
  });
});
