// Restart: what may be restarted, from which configuration, and what the agent is told about it afterwards.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const LIMIT_MS = 60_000;

let tenant: ScenarioTenant;
let templates: string;

/** The shipped organisations, and templates of its own. */
beforeAll(async () => {
  templates = await mkdtemp(join(tmpdir(), 'molecule-templates-'));
  await cp(join(import.meta.dirname, '../templates/orgs'), join(templates, 'orgs'), { recursive: true });
  for (const name of ['chosen', 'data-analyst', 'rehearsal-default']) {
    const folder = join(templates, 'workspaces', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'config.yaml'), `name: ${name}\nversion: 1.0.0\nruntime: rehearsal\n`);
    await writeFile(join(folder, 'system-prompt.md'), `prompt of ${name}`);
  }
  tenant = await startScenarioTenant({
    WORKSPACE_BACKEND: 'process',
    MOLECULE_TEMPLATES_DIR: templates,
  });
});

afterAll(async () => {
  await tenant?.stop();
  await rm(templates, { recursive: true, force: true });
});

const asAdmin = () => ({ authorization: `Bearer ${tenant.adminToken}` });

async function create(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const body = { name, runtime: 'rehearsal', ...more };
  const { id } = await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body });
  await untilOnline(id);
  return id;
}

const read = (id: string) => tenant.asAdmin<{ status: string; url: string }>(`/workspaces/${id}`);

function untilOnline(id: string): Promise<void> {
  return until('it is online', async () => (await read(id)).status === 'online', LIMIT_MS);
}

async function restart(id: string, body?: unknown, query = '') {
  const answer = await tenant.call(`/workspaces/${id}/restart${query}`, {
    method: 'POST',
    headers: asAdmin(),
    body,
  });
  return { status: answer.status, body: JSON.parse(answer.text) as Record<string, unknown> };
}

const configFile = (id: string, path: string) =>
  readFile(join(tenant.dataDir, 'workspaces', `ws-${id}`, 'configs', path), 'utf8');

describe('a restart', () => {
  it.each<[string, string, string, unknown, string, string, string | null]>([
    ['keeps what is there unless asked', 'Plain', '', undefined, '', 'existing-volume', null],
    ['passes over unknown names', 'Passing', '', { template: 'nowhere' }, '', 'existing-volume', null],
    [
      'takes the named template',
      'Named',
      '',
      { template: 'chosen', apply_template: true },
      '',
      'chosen',
      'prompt of chosen',
    ],
    [
      'takes the template of its name',
      'Data Analyst',
      '',
      { apply_template: true },
      '',
      'data-analyst',
      'prompt of data-analyst',
    ],
    [
      'rebuilds from its organisation',
      'Facts Lead',
      '',
      { rebuild_config: true, apply_template: true },
      '',
      'review-desk/facts-lead',
      null,
    ],
    [
      "falls back to its engine's default",
      'Lost',
      '',
      { apply_template: true },
      '',
      'rehearsal-default',
      'prompt of rehearsal-default',
    ],
  ])(
    verifies(['core.3.5-restart', 'core.3.5-restart-template'], '%s'),
    async (_, name, query, body, __, label, prompt) => {
      const id = await create(name);
      const answer = await restart(id, body, query);
      expect([answer.status, answer.body]).toEqual([
        200,
        { status: 'provisioning', config_dir: label, reset_session: false },
      ]);
      await untilOnline(id);
      if (prompt !== null) expect(await configFile(id, 'system-prompt.md')).toBe(prompt);
      expect(await configFile(id, 'config.yaml')).toContain(`name: ${name}`);
    },
  );

  it.each([
    ['?reset=true', undefined],
    ['', { reset: true }],
  ])(verifies('core.3.5-restart', 'drops the saved session on %s %j'), async (query, body) => {
    const id = await create('Forgetful');
    const saved = join(tenant.dataDir, 'workspaces', `ws-${id}`, 'sessions', 'last');
    await writeFile(saved, 'what was said');
    expect((await restart(id)).body.reset_session).toBe(false);
    await untilOnline(id);
    expect(await readFile(saved, 'utf8')).toBe('what was said');
    expect((await restart(id, body, query)).body.reset_session).toBe(true);
    await untilOnline(id);
    await expect(readFile(saved)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it(
    verifies(
      ['core.2.5-rotation', 'core.3.5-restart'],
      'ends the credential of the agent that ran, at once, and tells that it starts',
    ),
    async () => {
      const id = await create('Rotating');
      const { auth_token } = await tenant.asAdmin<{ auth_token: string }>(`/workspaces/${id}/tokens`, {
        method: 'POST',
      });
      const beat = () =>
        tenant.call('/registry/heartbeat', {
          method: 'POST',
          headers: { authorization: `Bearer ${auth_token}` },
          body: { workspace_id: id },
        });
      expect((await beat()).status).toBe(200);
      await restart(id);
      expect((await beat()).status).toBe(401);
      await untilOnline(id);
      const told = await tenant.asAdmin<{ event_type: string; payload: unknown }[]>(`/events/${id}`);
      const starts = told.filter(({ event_type }) => event_type === 'WORKSPACE_PROVISIONING');
      expect(starts).toHaveLength(2);
      expect(starts.map(({ payload }) => payload)).toContainEqual({
        name: 'Rotating',
        tier: 3,
        runtime: 'rehearsal',
      });
    },
  );

  it(
    verifies(
      'core.3.5-restart-refused',
      'is refused where it makes no sense, with the words of the contract',
    ),
    async () => {
      const { id: external } = await addExternalAgent(tenant, 'elsewhere');
      expect(await restart(external)).toMatchObject({ status: 400 });
      expect(await restart('11111111-1111-4111-8111-111111111111')).toMatchObject({
        status: 404,
        body: { error: 'workspace not found' },
      });
      const boss = await create('Boss');
      const worker = await create('Worker', { parent_id: boss });
      await tenant.asAdmin(`/workspaces/${boss}/pause`, { method: 'POST' });
      expect(await restart(worker)).toMatchObject({
        status: 409,
        body: { error: 'parent workspace "Boss" is paused — resume it first' },
      });
      await tenant.asAdmin(`/workspaces/${boss}?confirm=true`, { method: 'DELETE' });
      expect(await restart(worker)).toMatchObject({ status: 410, body: { error: 'workspace removed' } });
    },
  );
});

interface Transcript {
  supported: boolean;
  lines: { type: string; text: string; name?: string }[];
  cursor: number;
  more: boolean;
}

const transcriptOf = (id: string, query = '') =>
  tenant.asAdmin<Transcript>(`/workspaces/${id}/transcript${query}`);

describe('the restart context', () => {
  it(
    verifies(
      'core.3.5-restart-context',
      'reaches the agent once it is online, line by line, and leaves no activity',
    ),
    async () => {
      const id = await create('Informed');
      expect((await transcriptOf(id)).lines).toEqual([]);
      await restart(id);
      let told = '';
      await until(
        'the agent was told',
        async () => {
          const answer = await tenant.call(`/workspaces/${id}/transcript`, { headers: asAdmin() });
          if (answer.status !== 200) return false;
          told =
            (JSON.parse(answer.text) as Transcript).lines.find(({ type }) => type === 'user')?.text ?? '';
          return told !== '';
        },
        LIMIT_MS,
      );
      const second = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ';
      expect(told).toMatch(
        new RegExp(
          [
            '^=== WORKSPACE RESTART CONTEXT ===',
            `Restart at: ${second}`,
            `Previous session ended: ${second} \\(0h 0m ago\\)`,
            'Env vars now available: \\(none\\)',
            '=== END RESTART CONTEXT ===$',
          ].join('\n'),
        ),
      );
      const activity = await tenant.asAdmin<unknown[]>(`/workspaces/${id}/activity`);
      expect(JSON.stringify(activity)).not.toContain('RESTART CONTEXT');
    },
  );
});

describe('the system', () => {
  it(verifies('core.1.6-every-loop-ticks', 'ticks with every subsystem that it has'), async () => {
    const names = [
      'broadcaster',
      'liveness-monitor',
      'health-sweep',
      'orphan-sweeper',
      'provision-timeout-sweep',
      'hibernation-monitor',
    ];
    await until('every subsystem has ticked', async () => {
      const { subsystems } = await tenant.asAdmin<{ subsystems: Record<string, { seconds_ago: number }> }>(
        '/admin/liveness',
      );
      return names.every((name) => (subsystems[name]?.seconds_ago ?? -1) >= 0);
    });
  });
});
