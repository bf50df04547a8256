// Secrets: kept sealed, listed without their values, given to the workspace alone, and numbered with its configuration.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const CANARY = 'canary-5f2c7a81-of-a-secret';

let tenant: ScenarioTenant;
let agent: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
  agent = await addExternalAgent(tenant, 'keeper');
});
afterAll(() => tenant?.stop());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function ask(method: string, path: string, body?: unknown, token = tenant.adminToken) {
  const answer = await tenant.call(path, { method, headers: bearer(token), body });
  return [answer.status, JSON.parse(answer.text)];
}

const at = (rest = '') => `/workspaces/${agent.id}/secrets${rest}`;
const error = (text: string) => expect.objectContaining({ error: text });

describe('the secrets of a workspace', () => {
  it.each(['POST', 'PUT'])('are saved by %s and listed without their values', async (method) => {
    const key = `KEY_${method}`;
    expect(await ask(method, at(), { key, value: CANARY })).toEqual([200, { status: 'saved', key }]);
    const [status, list] = await ask('GET', at());
    expect(status).toBe(200);
    expect(list).toContainEqual({
      key,
      has_value: true,
      scope: 'workspace',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect(JSON.stringify(list)).not.toContain(CANARY);
  });

  it('are recorded with who saved and deleted them, without their values', async () => {
    const key = 'AUDITED';
    const minted = JSON.parse(
      (await tenant.call('/org/tokens', { method: 'POST', headers: bearer(tenant.adminToken) })).text,
    ) as { auth_token: string; prefix: string };
    await ask('PUT', at(), { key, value: CANARY }, agent.token);
    await ask('DELETE', at(`/${key}`), undefined, minted.auth_token);
    await ask('PUT', '/settings/secrets', { key, value: CANARY });
    await ask('DELETE', `/settings/secrets/${key}`, undefined, minted.auth_token);
    const created = await ask('POST', '/workspaces', {
      name: 'born with a secret',
      external: true,
      secrets: { [key]: CANARY },
    });
    let rows: { payload: { key?: string } }[] = [];
    await until('five events', async () => {
      const [, list] = await ask('GET', '/events?type=AUDIT&limit=500');
      rows = list.filter((row: (typeof rows)[number]) => row.payload.key === key);
      return rows.length === 5;
    });
    const told = (workspace_id: string | null, action: string, actor: string) =>
      expect.objectContaining({ workspace_id, payload: { action, key, actor } });
    expect(rows.reverse()).toEqual([
      told(agent.id, 'secret_saved', `workspace:${agent.id}`),
      told(agent.id, 'secret_deleted', `org-token:${minted.prefix}`),
      told(null, 'global_secret_saved', 'admin-token'),
      told(null, 'global_secret_deleted', `org-token:${minted.prefix}`),
      told(created[1].id, 'secret_saved', 'admin-token'),
    ]);
    expect(JSON.stringify(rows)).not.toContain(CANARY);
  });

  it('override global ones of the same name, in the list and in the values', async () => {
    await ask('PUT', '/settings/secrets', { key: 'SHARED', value: 'for all' });
    await ask('PUT', '/settings/secrets', { key: 'ONLY_GLOBAL', value: 'global' });
    await ask('PUT', at(), { key: 'SHARED', value: 'for me' });
    const [, list] = await ask('GET', at());
    const scopes = Object.fromEntries(
      list.map((row: { key: string; scope: string }) => [row.key, row.scope]),
    );
    expect(scopes).toMatchObject({ SHARED: 'workspace', ONLY_GLOBAL: 'global' });
    const keys = list.map((row: { key: string }) => row.key);
    expect(keys).toEqual([...new Set(keys)]);
    const [status, values] = await ask('GET', at('/values'), undefined, agent.token);
    expect([status, values]).toEqual([
      200,
      expect.objectContaining({ SHARED: 'for me', ONLY_GLOBAL: 'global' }),
    ]);
  });

  it('are given to a token of this very workspace and to nobody else', async () => {
    const other = await addExternalAgent(tenant, 'other');
    expect(await ask('GET', at('/values'))).toEqual([401, error('invalid workspace auth token')]);
    expect(await ask('GET', at('/values'), undefined, other.token)).toEqual([
      401,
      error('invalid workspace auth token'),
    ]);
    const bare = await tenant.call(at('/values'));
    expect([bare.status, JSON.parse(bare.text)]).toEqual([401, error('missing workspace auth token')]);
  });

  it.each([
    ['an empty key', { key: '', value: 'x' }],
    ['an empty value', { key: 'K', value: '' }],
    ['no value', { key: 'K' }],
    ['a number', { key: 'K', value: 1 }],
    ['a key with =', { key: 'A=B', value: 'x' }],
    ['a key with a line break', { key: 'A\nB', value: 'x' }],
    ['a key of 257 characters', { key: 'K'.repeat(257), value: 'x' }],
  ])('are refused with %s, here and globally', async (_what, body) => {
    for (const path of [at(), '/settings/secrets', '/admin/secrets']) {
      expect(await ask('PUT', path, body)).toEqual([400, error('invalid request body')]);
    }
  });

  it('may have a key of 256 characters', async () => {
    const key = 'K'.repeat(256);
    expect(await ask('PUT', at(), { key, value: 'x' })).toEqual([200, { status: 'saved', key }]);
    expect((await ask('DELETE', at(`/${key}`)))[0]).toBe(200);
  });

  it('are deleted once', async () => {
    await ask('PUT', at(), { key: 'GONE', value: 'x' });
    expect(await ask('DELETE', at('/GONE'))).toEqual([200, { status: 'deleted', key: 'GONE' }]);
    expect(await ask('DELETE', at('/GONE'))).toEqual([404, error('secret not found')]);
  });

  it('hold the model of the workspace', async () => {
    const path = `/workspaces/${agent.id}/model`;
    expect(await ask('GET', path)).toEqual([200, { model: '', source: 'default' }]);
    expect(await ask('PUT', path, { model: 'openai:gpt' })).toEqual([
      200,
      { status: 'saved', model: 'openai:gpt' },
    ]);
    expect(await ask('GET', path)).toEqual([200, { model: 'openai:gpt', source: 'workspace_secrets' }]);
    expect((await ask('GET', at()))[1]).toContainEqual(expect.objectContaining({ key: 'MODEL_PROVIDER' }));
    expect(await ask('PUT', path, { model: '' })).toEqual([200, { status: 'cleared' }]);
    expect(await ask('GET', path)).toEqual([200, { model: '', source: 'default' }]);
  });
});

describe('global secrets', () => {
  it.each([
    ['PUT', '/settings/secrets'],
    ['POST', '/settings/secrets'],
    ['PUT', '/admin/secrets'],
    ['POST', '/admin/secrets'],
  ])('are saved by %s %s, listed and deleted', async (method, path) => {
    expect(await ask(method, path, { key: 'G', value: CANARY })).toEqual([
      200,
      { status: 'saved', key: 'G', scope: 'global' },
    ]);
    for (const where of ['/settings/secrets', '/admin/secrets']) {
      const [, list] = await ask('GET', where);
      expect(list).toContainEqual(expect.objectContaining({ key: 'G', scope: 'global', has_value: true }));
    }
    expect(await ask('DELETE', `${path}/G`)).toEqual([200, { status: 'deleted', key: 'G', scope: 'global' }]);
    expect(await ask('DELETE', `${path}/G`)).toEqual([404, error('secret not found')]);
  });
});

describe('a unit', () => {
  it('gets its secrets when it starts, and is restarted when one changes', async () => {
    const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { name: 'Unit', runtime: 'rehearsal', secrets: { FIRST: 'one', ADMIN_LOOKALIKE: CANARY } },
    });
    const path = `/workspaces/${made.id}`;
    const read = () => tenant.asAdmin<{ status: string; config_generation?: Record<string, unknown> }>(path);
    await until('online', async () => (await read()).status === 'online', 60_000);
    expect(await variablesOf(made.id)).toMatchObject({ FIRST: 'one' });
    expect((await ask('PUT', `${path}/secrets`, { key: 'FIRST', value: 'two' }))[0]).toBe(200);
    await until(
      'it runs with the new value',
      async () => (await variablesOf(made.id)).FIRST === 'two',
      60_000,
    );
    await until('online again', async () => (await read()).status === 'online', 60_000);
  });
});

describe('an organisation that is imported', () => {
  it('brings the secrets of its nodes, and leaves out with a word what cannot be one', async () => {
    const [status, done] = await ask('POST', '/org/import', {
      template: {
        name: 'With secrets',
        workspaces: [
          {
            name: 'Imported',
            external: true,
            secrets: { FROM_NODE: 'of the node', MOLECULE_ORG_ID: CANARY },
          },
        ],
      },
    });
    expect([200, 201]).toContain(status);
    const [, list] = await ask('GET', `/workspaces/${done.workspaces[0].id}/secrets`);
    expect(list).toContainEqual(expect.objectContaining({ key: 'FROM_NODE', scope: 'workspace' }));
    expect(JSON.stringify(list)).not.toContain('MOLECULE_ORG_ID');
    expect(done.warnings).toContainEqual(expect.stringContaining('a secret of "Imported" is left out'));
    expect(JSON.stringify(done)).not.toContain(CANARY);
  });
});

describe('what an agent reports', () => {
  it('is kept without the values of its secrets', async () => {
    const value = 'a-value-that-failed-loudly';
    await ask('PUT', at(), { key: 'LOUD', value });
    await ask(
      'POST',
      '/registry/heartbeat',
      {
        workspace_id: agent.id,
        error_rate: 0.9,
        sample_error: `login with ${value} refused`,
        active_tasks: 1,
        current_task: `using ${Buffer.from(value).toString('hex')}`,
        uptime_seconds: 1,
      },
      agent.token,
    );
    const [, rows] = await ask('GET', '/workspaces');
    expect(rows.find(({ id }: { id: string }) => id === agent.id)).toMatchObject({
      last_sample_error: 'login with [REDACTED] refused',
      current_task: 'using [REDACTED]',
    });
  });
});

describe('what is kept', () => {
  it('shows no secret: not in the data folder, an answer, an event or a log', async () => {
    await ask('PUT', at(), { key: 'CANARY', value: CANARY });
    await ask('PUT', at(), { key: CANARY.slice(0, 3), value: `${CANARY} ${'x'.repeat(2_000_000)}` });
    const answers = [
      await ask('GET', '/events?limit=500'),
      await ask('GET', `/workspaces/${agent.id}/activity?limit=500`),
      await ask('GET', `/workspaces/${agent.id}/config/generations`),
      await ask('GET', '/workspaces'),
    ];
    const forms = [
      CANARY,
      Buffer.from(CANARY).toString('base64').slice(0, -4),
      Buffer.from(CANARY).toString('hex'),
    ];
    for (const form of forms) {
      expect(JSON.stringify(answers)).not.toContain(form);
      expect(await filesWith(tenant.dataDir, form)).toEqual([]);
    }
  });

  it('is sealed with a key of mode 0600 that nobody is shown', async () => {
    const names = (await readdir(tenant.dataDir)).filter((name) => /secret|key/i.test(name));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect((await stat(join(tenant.dataDir, name))).mode & 0o077).toBe(0);
  });
});

/** The environment of the unit that runs now. */
async function variablesOf(workspaceId: string): Promise<Record<string, string>> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!text.includes(`WORKSPACE_ID=${workspaceId}`) || !text.includes('MOLECULE_UNIT=')) continue;
    return Object.fromEntries(
      text.split('\0').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  }
  return {};
}

async function filesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (bytes.includes(text)) found.push(path);
  }
  return found;
}
