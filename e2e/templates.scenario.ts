// Templates: listed with what the canvas needs, imported under a clean name, and used by a workspace that names one.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

interface Template {
  id: string;
  name: string;
  skills: string[];
  [key: string]: unknown;
}

let tenant: ScenarioTenant;

beforeAll(async () => {
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
});
afterAll(() => tenant?.stop());

const list = () => tenant.asAdmin<Template[]>('/templates');
const bring = (body: unknown) =>
  tenant.call('/templates/import', {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${tenant.adminToken}` },
  });

describe('templates', () => {
  it('that ship are listed with engine, model and what they require', async () => {
    const known = await list();
    expect(known.find(({ id }) => id === 'assistant')).toEqual({
      id: 'assistant',
      name: 'Assistant',
      description: expect.any(String),
      tier: 2,
      runtime: 'model',
      model: 'anthropic:claude-opus-4-7',
      models: [expect.objectContaining({ id: expect.any(String), required_env: ['ANTHROPIC_API_KEY'] })],
      skills: [],
      skill_count: 0,
    });
  });

  it('are imported under a clean name, with a config.yaml made of their files', async () => {
    const files = { 'system-prompt.md': 'Be kind.', 'skills/greet/SKILL.md': '# Greet', 'notes/a.txt': 'a' };
    const answer = await bring({ name: 'My "Greeter" v2!\n# x', files });
    const { id, ...rest } = JSON.parse(answer.text) as { id: string };
    expect([answer.status, rest]).toEqual([201, { status: 'imported', name: 'My "Greeter" v2!\n# x' }]);
    expect(id).toMatch(/^[a-z0-9_-]+$/);
    const listed = (await list()).find((each) => each.id === id);
    expect(listed).toMatchObject({
      name: 'My "Greeter" v2!\n# x',
      skills: ['greet'],
      skill_count: 1,
      tier: 3,
    });
    const config = parse(
      await readFile(join(tenant.dataDir, 'templates', 'workspaces', id, 'config.yaml'), 'utf8'),
    );
    expect(config).toMatchObject({ prompt_files: ['system-prompt.md'], skills: ['greet'], tools: [] });
    const again = await bring({ name: 'My "Greeter" v2!\n# x', files });
    expect([again.status, JSON.parse(again.text)]).toEqual([
      409,
      expect.objectContaining({ error: 'template already exists', id }),
    ]);
  });

  it.each([
    ['no name', { files: {} }, 'invalid request body'],
    ['no files', { name: 'x' }, 'invalid request body'],
    [
      'a path that climbs',
      { name: 'bad', files: { 'fine.md': '', '../out.md': '' } },
      'invalid request body',
    ],
    ['an absolute path', { name: 'bad', files: { '/etc/out': '' } }, 'invalid request body'],
    ['too many files', { name: 'bad', files: many(201) }, 'too many files (201), max 200'],
  ])('are refused with %s, and nothing is kept', async (_what, body, error) => {
    const answer = await bring(body);
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, error]);
    expect((await list()).map(({ id }) => id)).not.toContain('bad');
  });

  it('of 200 files are taken', async () => {
    expect((await bring({ name: 'just enough', files: many(200) })).status).toBe(201);
  });

  it('give a new workspace its engine and its files', async () => {
    const config = 'name: Echo\nruntime: rehearsal\ntier: 2\n';
    await bring({ name: 'echo', files: { 'config.yaml': config, 'notes/from.md': 'the template' } });
    const { id } = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { name: 'echo one', template: 'echo' },
    });
    const read = () => tenant.asAdmin<{ status: string; runtime: string }>(`/workspaces/${id}`);
    expect((await read()).runtime).toBe('rehearsal');
    await until('the workspace is online', async () => (await read()).status === 'online', 60_000);
    const configs = join(tenant.dataDir, 'workspaces', `ws-${id}`, 'configs');
    expect(await readFile(join(configs, 'notes/from.md'), 'utf8')).toBe('the template');
  });

  it.each(['../orgs', '/etc', 'a/../../x', '.'])('refuse the name %s', async (template) => {
    const answer = await tenant.call('/workspaces', {
      method: 'POST',
      body: { name: 'x', template },
      headers: { authorization: `Bearer ${tenant.adminToken}` },
    });
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, 'invalid template']);
  });

  it('that cannot be read are no templates', async () => {
    const folder = join(tenant.dataDir, 'templates', 'workspaces', 'broken');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'config.yaml'), 'name: [unclosed');
    expect((await list()).map(({ id }) => id)).not.toContain('broken');
  });
});

function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}.md`, 'x']));
}
