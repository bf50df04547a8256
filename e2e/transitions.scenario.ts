// Transitions: every row of the status machine through the doors that cause it: heartbeats, people, messages, processes.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const LIMIT_MS = 60_000;
const UNKNOWN = '11111111-1111-4111-8111-111111111111';

interface Event {
  event_type: string;
  payload: Record<string, unknown>;
}

/** Oldest first. */
async function published(tenant: ScenarioTenant, id: string): Promise<Event[]> {
  const rows = await tenant.asAdmin<(Event & { seq: number })[]>(`/events/${id}?limit=500`);
  return rows.sort((a, b) => a.seq - b.seq).map(({ event_type, payload }) => ({ event_type, payload }));
}

/** Events are published in the background, in order: once a marker of our own is there, so is all that came before. */
async function eventsOf(tenant: ScenarioTenant, id: string): Promise<Event[]> {
  const isMarker = ({ event_type }: Event) => event_type === 'WORKSPACE_UPDATED';
  const before = (await published(tenant, id)).filter(isMarker).length;
  await tenant.asAdmin(`/workspaces/${id}`, { method: 'PATCH', body: { x: before + 1, y: 0 } });
  let rows: Event[] = [];
  await until(
    'the marker is told',
    async () => {
      rows = await published(tenant, id);
      return rows.filter(isMarker).length > before;
    },
    LIMIT_MS,
  );
  return rows.filter((row) => !isMarker(row));
}

async function tells(tenant: ScenarioTenant, id: string, type: string): Promise<Event> {
  let found: Event | undefined;
  await until(
    `${type} is told`,
    async () => {
      found = (await published(tenant, id)).findLast(({ event_type }) => event_type === type);
      return found !== undefined;
    },
    LIMIT_MS,
  );
  return found as Event;
}

const statusOf = async (tenant: ScenarioTenant, id: string) =>
  (await tenant.asAdmin<{ status: string }>(`/workspaces/${id}?include_removed=true`)).status;

const reaches = (tenant: ScenarioTenant, id: string, status: string) =>
  until(`${status}`, async () => (await statusOf(tenant, id)) === status, LIMIT_MS);

async function act(tenant: ScenarioTenant, id: string, verb: string, query = '') {
  const answer = await tenant.call(`/workspaces/${id}/${verb}${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.adminToken}` },
  });
  return [answer.status, JSON.parse(answer.text) as Record<string, unknown>] as const;
}

describe('a heartbeat', () => {
  let tenant: ScenarioTenant;
  beforeAll(async () => {
    tenant = await startScenarioTenant();
  });
  afterAll(() => tenant?.stop());

  const beat = (agent: ExternalAgent, body: Record<string, unknown>) =>
    tenant.call('/registry/heartbeat', {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.token}` },
      body: { workspace_id: agent.id, ...body },
    });

  const ownsStatus = { runtime_metadata: { capabilities: { status_mgmt: true } } };

  it.each<[string, Record<string, unknown>, string, Event | null]>([
    [
      'of a wedged agent degrades',
      { runtime_state: 'wedged', sample_error: 'no key' },
      'degraded',
      { event_type: 'WORKSPACE_DEGRADED', payload: { runtime_state: 'wedged', sample_error: 'no key' } },
    ],
    [
      'with half of its work failing degrades',
      { error_rate: 0.5, sample_error: 'boom' },
      'degraded',
      { event_type: 'WORKSPACE_DEGRADED', payload: { error_rate: 0.5, sample_error: 'boom' } },
    ],
    ['with less failing changes nothing', { error_rate: 0.49 }, 'online', null],
    [
      'of an engine that minds its own status changes nothing',
      { error_rate: 1, ...ownsStatus },
      'online',
      null,
    ],
    ['that says ok changes nothing', { runtime_state: 'ok' }, 'online', null],
  ])('%s', async (_, body, status, event) => {
    const agent = await addExternalAgent(tenant, 'beating');
    const before = (await eventsOf(tenant, agent.id)).length;
    expect((await beat(agent, body)).status).toBe(200);
    expect(await statusOf(tenant, agent.id)).toBe(status);
    // The same again tells nothing: an event comes with a change only.
    expect((await beat(agent, body)).status).toBe(200);
    if (event) expect(await tells(tenant, agent.id, event.event_type)).toEqual(event);
    expect((await eventsOf(tenant, agent.id)).length - before).toBe(event ? 1 : 0);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['below a tenth recovers', { error_rate: 0.09 }, 'online'],
    ['at a tenth does not', { error_rate: 0.1 }, 'degraded'],
    ['of a wedged one does not', { error_rate: 0, runtime_state: 'wedged' }, 'degraded'],
    ['of an engine that minds its own status does not', { error_rate: 0, ...ownsStatus }, 'degraded'],
  ])('after a degradation: %s', async (_, body, status) => {
    const agent = await addExternalAgent(tenant, 'recovering');
    await beat(agent, { error_rate: 0.9 });
    await beat(agent, body);
    expect(await statusOf(tenant, agent.id)).toBe(status);
    const last = (await eventsOf(tenant, agent.id)).at(-1);
    if (status === 'online') expect(last).toEqual({ event_type: 'WORKSPACE_ONLINE', payload: {} });
    else expect(last?.event_type).toBe('WORKSPACE_DEGRADED');
  });

  it('brings back what was awaited, and says from where', async () => {
    const made = await tenant.asAdmin<{ id: string; connection: { auth_token: string } }>('/workspaces', {
      method: 'POST',
      body: { name: 'awaited', external: true },
    });
    expect(await statusOf(tenant, made.id)).toBe('awaiting_agent');
    await beat({ id: made.id, token: made.connection.auth_token }, {});
    expect((await tells(tenant, made.id, 'WORKSPACE_ONLINE')).payload).toEqual({
      recovered_from: 'awaiting_agent',
    });
  });

  it('brings back what failed, and says from where', async () => {
    const { id } = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { name: 'homeless', runtime: 'rehearsal' },
    });
    await reaches(tenant, id, 'failed');
    expect((await tells(tenant, id, 'WORKSPACE_PROVISION_FAILED')).payload.error).toEqual(expect.any(String));
    const token = await tenant.asAdmin<{ auth_token: string }>(`/workspaces/${id}/tokens`, {
      method: 'POST',
    });
    await beat({ id, token: token.auth_token }, {});
    expect((await tells(tenant, id, 'WORKSPACE_ONLINE')).payload).toEqual({ recovered_from: 'failed' });
    expect(await act(tenant, id, 'restart')).toEqual([
      503,
      expect.objectContaining({ error: 'provisioner not available' }),
    ]);
  });

  it('or a registration does not revive what is paused; one that is unknown is 404, removed is 410', async () => {
    const agent = await addExternalAgent(tenant, 'paused one');
    await act(tenant, agent.id, 'pause');
    expect((await beat(agent, {})).status).toBe(200);
    const registered = await tenant.call('/registry/register', {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.token}` },
      body: { id: agent.id, agent_card: { name: 'x' }, delivery_mode: 'poll' },
    });
    expect(registered.status).toBe(200);
    expect(await statusOf(tenant, agent.id)).toBe('paused');
    const admin = { id: UNKNOWN, token: tenant.adminToken };
    expect((await beat(admin, {})).status).toBe(404);
    await tenant.asAdmin(`/workspaces/${agent.id}`, { method: 'DELETE' });
    expect((await beat(agent, {})).status).toBe(410);
  });
});

describe('an external agent that falls silent', () => {
  it('is told offline, then awaited, and its next heartbeat brings it back', async () => {
    const tenant = await startScenarioTenant({ REMOTE_LIVENESS_STALE_AFTER: '1' });
    try {
      const agent = await addExternalAgent(tenant, 'silent');
      await reaches(tenant, agent.id, 'awaiting_agent');
      const types = (await eventsOf(tenant, agent.id)).map(({ event_type }) => event_type);
      expect(types.slice(-2)).toEqual(['WORKSPACE_OFFLINE', 'WORKSPACE_AWAITING_AGENT']);
      await tenant.call('/registry/heartbeat', {
        method: 'POST',
        headers: { authorization: `Bearer ${agent.token}` },
        body: { workspace_id: agent.id },
      });
      expect((await tells(tenant, agent.id, 'WORKSPACE_ONLINE')).event_type).toBe('WORKSPACE_ONLINE');
    } finally {
      await tenant.stop();
    }
  });
});

describe('agents of ours', () => {
  const env = { WORKSPACE_BACKEND: 'process' };
  let dataDir: string;
  let tenant: ScenarioTenant;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'molecule-transitions-'));
    tenant = await startScenarioTenant(env, { dataDir });
  });
  afterAll(async () => {
    await tenant?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function create(name: string, parentId: string | null = null): Promise<string> {
    const { id } = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { name, runtime: 'rehearsal', parent_id: parentId },
    });
    await reaches(tenant, id, 'online');
    return id;
  }

  async function pidOf(id: string): Promise<number> {
    const record = await readFile(join(dataDir, 'workspaces', `ws-${id}`, 'run', 'unit.json'), 'utf8');
    return (JSON.parse(record) as { pid: number }).pid;
  }

  const send = (id: string, headers: Record<string, string> = {}) =>
    tenant.call(`/workspaces/${id}/a2a`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.adminToken}`, ...headers },
      body: {
        jsonrpc: '2.0',
        id: 1,
        method: 'message/send',
        params: { message: { role: 'user', parts: [{ kind: 'text', text: 'are you there?' }] } },
      },
    });

  const typesOf = async (id: string) =>
    (await eventsOf(tenant, id))
      .map(({ event_type }) => event_type)
      .filter((type) => type.startsWith('WORKSPACE_'));

  it('that are killed go offline and come back by themselves', async () => {
    const id = await create('Mortal');
    const pid = await pidOf(id);
    process.kill(pid, 'SIGKILL');
    await until('it runs anew', async () => (await pidOf(id).catch(() => pid)) !== pid, LIMIT_MS);
    await reaches(tenant, id, 'online');
    expect((await typesOf(id)).slice(-3)).toEqual([
      'WORKSPACE_OFFLINE',
      'WORKSPACE_PROVISIONING',
      'WORKSPACE_ONLINE',
    ]);
  });

  it('whose event loop is frozen are not dead: no message, probe or sweep restarts them', async () => {
    const id = await create('Frozen');
    const pid = await pidOf(id);
    const sweptAt = async () =>
      (await tenant.asAdmin<{ subsystems: Record<string, { last_tick_at: string }> }>('/admin/liveness'))
        .subsystems['health-sweep']?.last_tick_at;
    process.kill(pid, 'SIGSTOP');
    try {
      expect((await send(id, { 'x-timeout': '1' })).status).toBe(504);
      const before = await sweptAt();
      await until('the health sweep has looked', async () => (await sweptAt()) !== before, LIMIT_MS);
      expect(await statusOf(tenant, id)).toBe('online');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const answer = await send(id);
    expect([answer.status, await pidOf(id)]).toEqual([200, pid]);
    expect(await typesOf(id)).not.toContain('WORKSPACE_OFFLINE');
  });

  it(
    verifies(
      ['core.4.3-relay-dead', 'core.6.4-dead'],
      'that died while nobody looked are found by the next message, which is answered all the same',
    ),
    async () => {
      const id = await create('Unwatched');
      tenant.child.kill('SIGKILL');
      await new Promise((resolve) => tenant.child.once('exit', resolve));
      process.kill(await pidOf(id), 'SIGKILL');
      tenant = await startScenarioTenant({ ...env, PORT: new URL(tenant.url).port }, { dataDir });
      const strict = await send(id, { prefer: 'handling=strict' });
      expect([strict.status, JSON.parse(strict.text)]).toEqual([
        503,
        expect.objectContaining({
          error: 'workspace agent unreachable — container restart triggered',
          restarting: true,
        }),
      ]);
      const answer = await send(id);
      expect([200, 202]).toContain(answer.status);
      await reaches(tenant, id, 'online');
      const types = await typesOf(id);
      expect(types.slice(types.indexOf('WORKSPACE_OFFLINE'))).toEqual([
        'WORKSPACE_OFFLINE',
        'WORKSPACE_PROVISIONING',
        'WORKSPACE_ONLINE',
      ]);
    },
  );

  it('are paused and resumed with all below them, and refuse what makes no sense meanwhile', async () => {
    const boss = await create('Boss');
    const worker = await create('Worker', boss);
    expect(await act(tenant, boss, 'pause')).toEqual([
      200,
      expect.objectContaining({ status: 'paused', paused_count: 2 }),
    ]);
    expect((await tells(tenant, worker, 'WORKSPACE_PAUSED')).payload).toEqual({ name: 'Worker' });
    expect(await act(tenant, boss, 'pause')).toEqual([
      404,
      expect.objectContaining({ error: 'workspace not found or already paused' }),
    ]);
    expect((await send(worker)).status).toBe(503);
    expect(await act(tenant, worker, 'resume')).toEqual([
      409,
      expect.objectContaining({ error: 'parent workspace "Boss" is paused — resume it first' }),
    ]);
    expect(await act(tenant, worker, 'hibernate')).toEqual([
      404,
      expect.objectContaining({
        error: 'workspace not found or not in a hibernatable state (must be online or degraded)',
      }),
    ]);
    expect(await act(tenant, boss, 'resume')).toEqual([
      200,
      expect.objectContaining({ status: 'provisioning', resumed_count: 2 }),
    ]);
    await reaches(tenant, worker, 'online');
    expect(await act(tenant, worker, 'resume')).toEqual([
      404,
      expect.objectContaining({ error: 'workspace not found or not paused' }),
    ]);
  });

  it.each(['pause', 'resume', 'hibernate', 'restart'])('that nobody knows are 404: %s', async (verb) => {
    expect((await act(tenant, UNKNOWN, verb))[0]).toBe(404);
  });

  it(
    verifies(
      ['core.4.3-hibernate', 'core.4.3-wake', 'core.6.4-hibernated'],
      'sleep when told, with nothing running, and the next message wakes them',
    ),
    async () => {
      const id = await create('Sleeper');
      expect(await act(tenant, id, 'hibernate')).toEqual([200, { status: 'hibernated' }]);
      expect((await tells(tenant, id, 'WORKSPACE_HIBERNATED')).payload).toEqual({ name: 'Sleeper', tier: 3 });
      expect(await tenant.asAdmin(`/workspaces/${id}`)).toMatchObject({ status: 'hibernated', url: '' });
      const answer = await send(id);
      expect([200, 202]).toContain(answer.status);
      await reaches(tenant, id, 'online');
      expect((await typesOf(id)).slice(-2)).toEqual(['WORKSPACE_PROVISIONING', 'WORKSPACE_ONLINE']);
      expect((await act(tenant, id, 'hibernate'))[0]).toBe(200);
      const strict = await send(id, { prefer: 'handling=strict' });
      expect([strict.status, strict.headers.get('retry-after'), JSON.parse(strict.text)]).toEqual([
        503,
        '15',
        expect.objectContaining({
          error: 'workspace is waking from hibernation — retry in ~15 seconds',
          waking: true,
          retry_after: 15,
        }),
      ]);
      await reaches(tenant, id, 'online');
    },
  );

  it(verifies('core.3.5-hibernate-busy', 'at work sleep only by force'), async () => {
    const files = { 'config.yaml': 'name: Busy\nruntime: rehearsal\nrehearsal: { test_controls: true }\n' };
    const { id } = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { name: 'Busy', runtime: 'rehearsal', files },
    });
    await reaches(tenant, id, 'online');
    const work = tenant.call(`/workspaces/${id}/a2a`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.adminToken}` },
      body: {
        jsonrpc: '2.0',
        id: 1,
        method: 'message/send',
        params: { message: { role: 'user', parts: [{ kind: 'text', text: 'sleep:600000' }] } },
      },
    });
    await until('it is at work', async () => (await act(tenant, id, 'hibernate'))[0] === 409, LIMIT_MS);
    expect(await act(tenant, id, 'hibernate')).toEqual([
      409,
      expect.objectContaining({
        error: 'workspace has active tasks; use ?force=true to terminate them',
        active_tasks: 1,
      }),
    ]);
    expect(await act(tenant, id, 'hibernate', '?force=true')).toEqual([200, { status: 'hibernated' }]);
    const ended = await work;
    expect([ended.status, JSON.parse(ended.text)]).toEqual([
      503,
      expect.objectContaining({ error: 'the task was ended: workspace hibernated', terminated: true }),
    ]);
    expect(await statusOf(tenant, id)).toBe('hibernated');
  });

  it('end with their workspace, whatever it did', async () => {
    const id = await create('Doomed');
    const pid = await pidOf(id);
    await tenant.asAdmin(`/workspaces/${id}`, { method: 'DELETE' });
    expect((await tells(tenant, id, 'WORKSPACE_REMOVED')).payload).toEqual({ cascade_deleted: 0 });
    expect(() => process.kill(pid, 0)).toThrow();
    for (const verb of ['restart', 'resume', 'pause', 'hibernate']) {
      expect((await act(tenant, id, verb))[0]).toBeGreaterThanOrEqual(404);
    }
    expect(await statusOf(tenant, id)).toBe('removed');
  });
});
