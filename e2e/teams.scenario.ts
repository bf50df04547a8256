// Teams: a role's configuration becomes the workspaces below it, once; collapsing removes them with all that is below.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

let tenant: ScenarioTenant;
let templates: string;

const team = (...members: Record<string, string>[]) => JSON.stringify({ name: 'x', sub_workspaces: members });

const CONFIGS: Record<string, string> = {
  'news-desk': team({ config: 'writer', role: 'writes' }, { config: 'checker', name: 'Fact Checker' }),
  'broken-desk': 'name: [',
  'odd-desk': 'sub_workspaces: 7',
  'lonely-desk': 'name: Lonely Desk',
  'patchy-desk': team(
    { config: 'missing' },
    { config: '../../etc' },
    { config: 'writer', name: 'a|b' },
    { config: 'writer' },
  ),
  writer: 'name: writer\nruntime: rehearsal\ntier: 4',
  checker: 'name: checker',
};

beforeAll(async () => {
  templates = await mkdtemp(join(tmpdir(), 'molecule-templates-'));
  await mkdir(join(templates, 'orgs'), { recursive: true });
  for (const [name, config] of Object.entries(CONFIGS)) {
    await mkdir(join(templates, 'workspaces', name), { recursive: true });
    await writeFile(join(templates, 'workspaces', name, 'config.yaml'), config);
  }
  tenant = await startScenarioTenant({ MOLECULE_TEMPLATES_DIR: templates });
});

afterAll(async () => {
  await tenant?.stop();
  await rm(templates, { recursive: true, force: true });
});

interface Member {
  id: string;
  name: string;
  role: string | null;
  action: string;
}

interface Row {
  id: string;
  name: string;
  parent_id: string | null;
  runtime: string;
  tier: number;
}

async function create(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const body = { name, runtime: 'rehearsal', tier: 2, ...more };
  return (await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body })).id;
}

async function act(id: string, verb: 'expand' | 'collapse', token = tenant.adminToken) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await tenant.call(`/workspaces/${id}/${verb}`, { method: 'POST', headers, body: {} });
  return { status: answer.status, body: JSON.parse(answer.text) as Record<string, unknown> };
}

const childrenOf = async (id: string) =>
  (await tenant.asAdmin<Row[]>('/workspaces')).filter(({ parent_id }) => parent_id === id);

const eventsOf = (id: string, type: string) => async () =>
  (await tenant.asAdmin<{ event_type: string; payload: Record<string, unknown> }[]>(`/events/${id}`)).filter(
    ({ event_type }) => event_type === type,
  );

async function told(id: string, type: string): Promise<Record<string, unknown>[]> {
  const look = eventsOf(id, type);
  await until(`${type} is told`, async () => (await look()).length > 0);
  return (await look()).map(({ payload }) => payload);
}

describe('expanding a team', () => {
  it(
    verifies(
      ['core.12-expand', 'core.12-events'],
      'creates its children with their engine, below their parent, and tells it',
    ),
    async () => {
      const id = await create('News Desk');
      const { status, body } = await act(id, 'expand');
      const children = body.children as Member[];
      expect([status, body]).toEqual([
        200,
        {
          status: 'expanded',
          children: [
            { id: expect.any(String), name: 'writer', role: 'writes', action: 'created' },
            { id: expect.any(String), name: 'Fact Checker', role: null, action: 'created' },
          ],
        },
      ]);
      expect((await childrenOf(id)).map(({ name, runtime, tier }) => [name, runtime, tier])).toEqual([
        ['writer', 'rehearsal', 2],
        ['Fact Checker', 'rehearsal', 2],
      ]);
      expect(await told(children[0]?.id ?? '', 'WORKSPACE_PROVISIONING')).toMatchObject([
        { name: 'writer', tier: 2, parent_id: id },
      ]);
      expect(await told(id, 'WORKSPACE_EXPANDED')).toEqual([
        { children: children.map(({ id: child, name, role }) => ({ id: child, name, role })) },
      ]);
    },
  );

  it('twice, or at the same time, creates nothing twice', async () => {
    const id = await create('news desk');
    const answers = await Promise.all([act(id, 'expand'), act(id, 'expand'), act(id, 'expand')]);
    const actions = answers.map(({ body }) => (body.children as Member[]).map(({ action }) => action).join());
    expect(actions.sort()).toEqual(['created,created', 'unchanged,unchanged', 'unchanged,unchanged']);
    expect(await childrenOf(id)).toHaveLength(2);
    expect(await told(id, 'WORKSPACE_EXPANDED')).toHaveLength(1);
    const [first] = await childrenOf(id);
    await tenant.asAdmin(`/workspaces/${first?.id}`, { method: 'DELETE' });
    const again = (await act(id, 'expand')).body.children as Member[];
    expect(again.map(({ action }) => action)).toEqual(['created', 'unchanged']);
  });

  it('says of each child why it could not be made, and makes the others', async () => {
    const id = await create('Patchy Desk');
    const { status, body } = await act(id, 'expand');
    expect(status).toBe(200);
    expect((body.children as Member[]).map(({ name }) => name)).toEqual(['writer']);
    expect(body.failures).toEqual([
      { name: 'missing', error: 'there is no template "missing"' },
      { name: '../../etc', error: 'invalid template' },
      { name: 'a|b', error: 'invalid workspace fields' },
    ]);
  });

  it('reads the configuration that an administrator gave the workspace, and that alone no agent may use', async () => {
    const files = { 'config.yaml': team({ config: 'writer', name: 'Own Writer' }) };
    const id = await create('Lonely Desk', { files });
    // Without a backend its start fails; whoever starts it gives it a new token.
    const status = async () => (await tenant.asAdmin<{ status: string }>(`/workspaces/${id}`)).status;
    await until('its start is over', async () => (await status()) === 'failed');
    const { auth_token } = await tenant.asAdmin<{ auth_token: string }>(`/workspaces/${id}/tokens`, {
      method: 'POST',
    });
    expect(await act(id, 'expand', auth_token)).toMatchObject({ status: 400 });
    const { body } = await act(id, 'expand');
    expect((body.children as Member[]).map(({ name }) => name)).toEqual(['Own Writer']);
  });

  it.each([
    ['without any configuration', 'Nobody', 400, 'no config found for workspace'],
    ['without a team in it', 'Lonely Desk', 400, 'workspace has no sub_workspaces defined in config'],
    ['with a team that is none', 'Odd Desk', 500, 'failed to parse config'],
  ])(verifies('core.12-expand', '%s is refused'), async (_, name, status, error) => {
    expect(await act(await create(name), 'expand')).toMatchObject({ status, body: { error } });
  });

  it(verifies('core.12-expand', 'with a configuration that cannot be parsed is refused'), async () => {
    const id = await create('Unreadable', { files: { 'config.yaml': 'name: [' } });
    expect(await act(id, 'expand')).toMatchObject({ status: 500, body: { error: 'failed to parse config' } });
  });

  it.each(['expand', 'collapse'] as const)(
    verifies(['core.12-expand', 'core.12-collapse'], 'of an unknown workspace is 404: %s'),
    async (verb) => {
      expect(await act('11111111-1111-4111-8111-111111111111', verb)).toMatchObject({
        status: 404,
        body: { error: 'workspace not found' },
      });
    },
  );
});

describe('collapsing a team', () => {
  it(
    verifies(
      ['core.12-collapse', 'core.12-events'],
      'removes children with all below them, revokes their tokens, and tells it; then there is nothing to do',
    ),
    async () => {
      const boss = await addExternalAgent(tenant, 'boss');
      const child = await addExternalAgent(tenant, 'child', boss.id);
      const grandchild = await addExternalAgent(tenant, 'grandchild', child.id);
      await create('hosted child', { parent_id: boss.id });
      const { status, body } = await act(boss.id, 'collapse', boss.token);
      expect([status, body]).toEqual([
        200,
        {
          status: 'collapsed',
          removed: ['child', 'hosted child'],
          children: [
            { id: child.id, name: 'child', cascade_deleted: 1 },
            { id: expect.any(String), name: 'hosted child', cascade_deleted: 0 },
          ],
        },
      ]);
      for (const agent of [child, grandchild]) {
        const headers = { authorization: `Bearer ${agent.token}` };
        expect((await tenant.call(`/workspaces/${agent.id}/activity`, { headers })).status).toBe(401);
        expect(await told(agent.id, 'WORKSPACE_REMOVED')).toHaveLength(1);
      }
      expect(await told(boss.id, 'WORKSPACE_COLLAPSED')).toEqual([
        { removed_children: ['child', 'hosted child'] },
      ]);
      expect((await act(boss.id, 'collapse')).body).toEqual({
        status: 'collapsed',
        removed: [],
        children: [],
      });
      expect(await eventsOf(boss.id, 'WORKSPACE_COLLAPSED')()).toHaveLength(1);
      expect((await tenant.asAdmin<Row[]>('/workspaces')).some(({ id }) => id === boss.id)).toBe(true);
    },
  );
});

describe('a removed workspace', () => {
  const discover = (from: string, id: string, query = '') =>
    tenant.call(`/registry/discover/${id}${query}`, {
      headers: { authorization: `Bearer ${tenant.adminToken}`, 'x-workspace-id': from },
    });

  it(
    verifies(
      'core.4.6-forwarded',
      'is answered for by its successor, over several hops, as 200 or on request as 301',
    ),
    async () => {
      const open = await startScenarioTenant({ MOLECULE_ENV: 'development' });
      try {
        const add = async (name: string) =>
          JSON.parse(
            (
              await open.call('/workspaces', {
                method: 'POST',
                body: { name, external: true, url: 'http://localhost:9' },
              })
            ).text,
          ).id as string;
        const [asker = '', first = '', second = '', third = ''] = [
          await add('asker'),
          await add('first'),
          await add('second'),
          await add('third'),
        ];
        await open.call(`/workspaces/${first}?forward_to=${second}`, { method: 'DELETE' });
        await open.call(`/workspaces/${second}?forward_to=${third}`, { method: 'DELETE' });
        const ask = (query = '') =>
          open.call(`/registry/discover/${first}${query}`, { headers: { 'x-workspace-id': asker } });
        const found = { id: third, url: 'http://localhost:9', name: 'third' };
        const plain = await ask();
        expect([plain.status, JSON.parse(plain.text)]).toEqual([200, found]);
        const redirected = await ask('?redirect=1');
        expect([redirected.status, redirected.headers.get('location'), JSON.parse(redirected.text)]).toEqual([
          301,
          found.url,
          found,
        ]);
        await open.call(`/workspaces/${third}`, { method: 'DELETE' });
        const gone = await ask();
        expect([gone.status, JSON.parse(gone.text)]).toMatchObject([
          410,
          { error: 'workspace removed', id: third, removed_at: expect.any(String) },
        ]);
      } finally {
        await open.stop();
      }
    },
  );

  it('without a successor is 410 with its id and the moment', async () => {
    const asker = await addExternalAgent(tenant, 'asker');
    const gone = await addExternalAgent(tenant, 'gone');
    await tenant.asAdmin(`/workspaces/${gone.id}`, { method: 'DELETE' });
    const answer = await discover(asker.id, gone.id);
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      410,
      { error: 'workspace removed', id: gone.id, removed_at: expect.any(String) },
    ]);
  });

  it('is not succeeded by what does not stay', async () => {
    const parent = await addExternalAgent(tenant, 'parent');
    const child = await addExternalAgent(tenant, 'child of it', parent.id);
    for (const successor of [child.id, parent.id, 'nonsense', '11111111-1111-4111-8111-111111111111']) {
      const answer = await tenant.call(`/workspaces/${parent.id}?confirm=true&forward_to=${successor}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${tenant.adminToken}` },
      });
      expect(answer.status).toBe(400);
    }
  });
});

describe('initial memories', () => {
  it('that are not kept are said in the answer', async () => {
    const made = await tenant.asAdmin<{ warnings?: string[] }>('/workspaces', {
      method: 'POST',
      body: {
        name: 'Mindful',
        runtime: 'rehearsal',
        initial_memories: [{ content: 'the sky is blue' }, { content: 5 }],
      },
    });
    expect(made.warnings).toContain('1 of 2 initial memories are not valid and were skipped');
  });
});
