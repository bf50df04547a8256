// Config generations: what saving secrets, files and settings does to agents that run, and how drift shows.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processesOf } from './support/processes.ts';
import { type Answer, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

interface View {
  id: string;
  status: string;
  config_generation: { wanted: number; running: number | null; drift: boolean };
}

const json = (answer: Answer) => JSON.parse(answer.text) as unknown;
const as = (token: string) => ({ authorization: `Bearer ${token}` });

describe('a configuration', () => {
  let tenant: ScenarioTenant;

  beforeAll(async () => {
    tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
  });
  afterAll(() => tenant?.stop());

  const create = async (body: Record<string, unknown>) => {
    const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { runtime: 'rehearsal', ...body },
    });
    return made.id;
  };
  const view = (id: string) => tenant.asAdmin<View>(`/workspaces/${id}`);
  const upWith = async (id: string, generation: number): Promise<View> => {
    await until(
      `generation ${generation} runs`,
      async () => {
        const { status, config_generation } = await view(id);
        return status === 'online' && config_generation.running === generation;
      },
      60_000,
    );
    return view(id);
  };
  const environmentOf = (id: string): Record<string, string> => {
    for (const pid of processesOf(tenant.dataDir)) {
      const text = readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (!text.includes(`WORKSPACE_ID=${id}`)) continue;
      return Object.fromEntries(text.split('\0').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    }
    return {};
  };

  it('carries secrets into the agent, and a change of one starts it again with a new number', async () => {
    await tenant.asAdmin('/settings/secrets', { method: 'PUT', body: { key: 'FOR_ALL', value: 'all' } });
    await tenant.asAdmin('/settings/secrets', { method: 'PUT', body: { key: 'BOTH', value: 'all' } });
    const id = await create({ name: 'secretive', secrets: { OWN: 'first', BOTH: 'own' } });
    expect((await upWith(id, 1)).config_generation).toEqual({ wanted: 1, running: 1, drift: false });
    expect(environmentOf(id)).toMatchObject({
      OWN: 'first',
      BOTH: 'own',
      FOR_ALL: 'all',
      MOLECULE_CONFIG_GENERATION: '1',
      GIT_AUTHOR_NAME: 'Molecule AI secretive',
    });
    expect(await tenant.asAdmin(`/workspaces/${id}/secrets/OWN/dependents`)).toEqual({ dependents: [id] });

    await tenant.asAdmin(`/workspaces/${id}/secrets`, {
      method: 'POST',
      body: { key: 'OWN', value: 'second' },
    });
    await upWith(id, 2);
    expect(environmentOf(id)).toMatchObject({ OWN: 'second', MOLECULE_CONFIG_GENERATION: '2' });

    const before = (await tenant.asAdmin<View>(`/workspaces/${id}`)).config_generation;
    await tenant.asAdmin(`/workspaces/${id}/restart`, { method: 'POST' });
    await upWith(id, 2);
    expect((await view(id)).config_generation).toEqual(before);
    const history = await tenant.asAdmin<{ number: number; cause: string }[]>(
      `/workspaces/${id}/config/generations`,
    );
    expect(history.map(({ number, cause }) => `${number} ${cause}`)).toEqual(['2 secret', '1 created']);
  });

  it('gathers many changes into few starts, and the newest values run in the end', async () => {
    const id = await create({ name: 'busy' });
    await upWith(id, 1);
    for (let i = 1; i <= 12; i++) {
      await tenant.asAdmin(`/workspaces/${id}/secrets`, {
        method: 'POST',
        body: { key: 'N', value: String(i) },
      });
    }
    await upWith(id, 13);
    expect(environmentOf(id).N).toBe('12');
    const events = await tenant.asAdmin<{ event_type: string }[]>(`/events/${id}?limit=200`);
    const starts = events.filter(({ event_type }) => event_type === 'WORKSPACE_PROVISIONING').length;
    expect(starts).toBeLessThanOrEqual(6);
  });

  it('for everybody reaches those without a value of their own, and no other', async () => {
    const [reached, own] = [
      await create({ name: 'reached' }),
      await create({ name: 'own', secrets: { G: 'own' } }),
    ];
    await Promise.all([upWith(reached, 1), upWith(own, 1)]);
    const { dependents } = await tenant.asAdmin<{ dependents: string[] }>('/settings/secrets/G/dependents');
    expect(dependents).toContain(reached);
    expect(dependents).not.toContain(own);
    await tenant.asAdmin('/settings/secrets', { method: 'PUT', body: { key: 'G', value: 'all' } });
    await upWith(reached, 2);
    expect(environmentOf(reached).G).toBe('all');
    expect(environmentOf(own).G).toBe('own');
    expect((await view(own)).config_generation).toEqual({ wanted: 1, running: 1, drift: false });
    await tenant.asAdmin('/settings/secrets/G', { method: 'DELETE' });
    await upWith(reached, 3);
    expect(environmentOf(reached)).not.toHaveProperty('G');
  });

  it('that was saved and is not running yet shows as drift until a restart', async () => {
    const id = await create({ name: 'drifting' });
    await upWith(id, 1);
    await tenant.asAdmin(`/workspaces/${id}/config`, { method: 'PATCH', body: { colour: 'red' } });
    await tenant.asAdmin(`/workspaces/${id}/config`, { method: 'PATCH', body: { size: 2 } });
    expect(await tenant.asAdmin(`/workspaces/${id}/config`)).toEqual({ data: { colour: 'red', size: 2 } });
    expect((await view(id)).config_generation).toEqual({ wanted: 3, running: 1, drift: true });
    await tenant.asAdmin(`/workspaces/${id}/files/notes.md`, { method: 'PUT', body: { content: 'x' } });
    await tenant.asAdmin(`/workspaces/${id}`, { method: 'PATCH', body: { role: 'another role' } });
    expect((await view(id)).config_generation).toEqual({ wanted: 5, running: 1, drift: true });
    await tenant.asAdmin(`/workspaces/${id}/files/notes.md`, { method: 'PUT', body: { content: 'x' } });
    expect((await view(id)).config_generation.wanted).toBe(5);
    await tenant.asAdmin(`/workspaces/${id}/restart`, { method: 'POST' });
    expect((await upWith(id, 5)).config_generation.drift).toBe(false);
  });

  it.each([
    ['no JSON', '{', 400, 'invalid JSON'],
    ['a list', [1], 400, 'invalid JSON'],
    ['a text', '"text"', 400, 'invalid JSON'],
    ['nothing', undefined, 400, 'invalid JSON'],
    ['too much', { x: 'x'.repeat(256 * 1024) }, 413, 'body too large or unreadable'],
  ])('document refuses %s', async (_, body, status, error) => {
    const [{ id } = { id: '' }] = await tenant.asAdmin<View[]>('/workspaces');
    const answer = await tenant.call(`/workspaces/${id}/config`, {
      method: 'PATCH',
      body,
      headers: as(tenant.adminToken),
    });
    expect([answer.status, json(answer)]).toMatchObject([status, { error }]);
  });

  it('that requires what is not there fails with the names, and starts when they are set', async () => {
    const name = `NEEDED_${randomUUID().slice(0, 8).toUpperCase()}`;
    const config = `name: needy\nruntime: rehearsal\nruntime_config:\n  required_env: [${name}]\n`;
    const id = await create({ name: 'needy', files: { 'config.yaml': config } });
    await until('it fails', async () => (await view(id)).status === 'failed', 30_000);
    const failed = async () => {
      const told = await tenant.asAdmin<{ payload: Record<string, unknown> }[]>(
        `/events/${id}?type=WORKSPACE_PROVISION_FAILED`,
      );
      return told.at(0)?.payload;
    };
    await until('it is told', async () => (await failed()) !== undefined);
    expect(await failed()).toMatchObject({ missing: [name], error: expect.stringContaining(name) });
    await tenant.asAdmin(`/workspaces/${id}/secrets`, { method: 'POST', body: { key: name, value: 'here' } });
    await upWith(id, 2);
  });
});
