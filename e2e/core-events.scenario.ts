// Core events: what is kept of a workspace's life, with the payload of the catalogue, and how it is listed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { bearer, bodyOf, exchange, type Row, type Send, sendAs } from './support/exchange.ts';
import { follow, hears } from './support/follow.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

interface Told {
  id: string;
  event_type: string;
  workspace_id: string | null;
  payload: Record<string, unknown>;
  created_at: string;
  seq: number;
}

const START_MS = 60_000;
const BROADCAST = [
  'TASK_UPDATED',
  'WORKSPACE_HEARTBEAT',
  'ACTIVITY_LOGGED',
  'AGENT_MESSAGE',
  'A2A_RESPONSE',
  'MEMORY_CHANGED',
];
const UNKNOWN = '11111111-1111-4111-8111-111111111111';

let tenant: ScenarioTenant;
let asAdmin: Send;
let agent: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process', REMOTE_LIVENESS_STALE_AFTER: '2' });
  asAdmin = sendAs(tenant, bearer(tenant.adminToken));
  agent = await addExternalAgent(tenant, 'watched');
});
afterAll(() => tenant?.stop());

const eventsOf = async (id: string, query = '') =>
  bodyOf<Told[]>(await asAdmin('GET', `/events/${id}${query}`));
/** The payload of the newest event of this kind, once there is one. */
async function toldOf(id: string, type: string): Promise<unknown> {
  const look = async () => (await eventsOf(id, `?type=${type}`))[0];
  await until(`${type} is told`, async () => (await look()) !== undefined, START_MS);
  return (await look())?.payload;
}
const beat = (fields: Record<string, unknown>) =>
  sendAs(tenant, bearer(agent.token))('POST', '/registry/heartbeat', { workspace_id: agent.id, ...fields });
const act = async (id: string, verb: string) =>
  expect((await asAdmin('POST', `/workspaces/${id}/${verb}`, {})).status).toBe(200);
const reaches = (id: string, status: string) =>
  until(
    `status ${status}`,
    async () => bodyOf<{ status: string }>(await asAdmin('GET', `/workspaces/${id}`)).status === status,
    START_MS,
  );

describe('the events of one workspace', () => {
  it(verifies('core.13.1-workspace', 'are its own, newest first, with every field'), async () => {
    await until('it is told', async () => (await eventsOf(agent.id)).length >= 3);
    const rows = await eventsOf(agent.id);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map(({ seq }) => seq).sort((a, b) => b - a));
    for (const row of rows) {
      expect(row).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        event_type: expect.stringMatching(/^[A-Z_]+$/),
        workspace_id: agent.id,
        payload: expect.any(Object),
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        seq: expect.any(Number),
      });
    }
    expect((await eventsOf(agent.id.toUpperCase())).length).toBeGreaterThanOrEqual(rows.length);
  });

  const asAgent: Send = (...args) => sendAs(tenant, bearer(agent.token))(...args);
  const ROWS: Row[] = [
    [
      verifies('core.13.1-workspace', 'of nobody are none'),
      () => asAdmin('GET', `/events/${UNKNOWN}`),
      200,
      [],
    ],
    [
      verifies('core.13.1-workspace', 'of no UUID are refused'),
      () => asAdmin('GET', '/events/x'),
      400,
      'invalid workspace ID',
    ],
    [
      verifies('core.13.1-workspace', 'are for administrators'),
      () => asAgent('GET', `/events/${agent.id}`),
      401,
      'invalid admin auth token',
    ],
  ];
  it.each(ROWS)('%s', exchange);
});

describe('kept in the life of', () => {
  it(
    verifies('core.13.2-stored', 'an external agent: what it waits for, is, lacks and turns to'),
    async () => {
      const { id } = agent;
      expect(await toldOf(id, 'WORKSPACE_PROVISIONING')).toMatchObject({
        name: 'watched',
        tier: 3,
        runtime: 'external',
      });
      expect(await toldOf(id, 'WORKSPACE_AWAITING_AGENT')).toEqual({ name: 'watched', external: true });
      expect(await toldOf(id, 'WORKSPACE_OFFLINE')).toEqual({});
      await beat({ error_rate: 0 });
      await until('it is back', async () => {
        const [newest] = await eventsOf(id, '?type=WORKSPACE_ONLINE');
        return newest?.payload.recovered_from === 'awaiting_agent';
      });
      await beat({ error_rate: 0.75, sample_error: 'no luck' });
      expect(await toldOf(id, 'WORKSPACE_DEGRADED')).toEqual({ error_rate: 0.75, sample_error: 'no luck' });
      const card = { name: 'watched', description: 'anew' };
      const answer = await sendAs(tenant, bearer(agent.token))('POST', '/registry/update-card', {
        workspace_id: id,
        agent_card: card,
      });
      expect(answer.status).toBe(200);
      expect(await toldOf(id, 'AGENT_CARD_UPDATED')).toEqual({ agent_card: card });
    },
  );

  it(
    verifies('core.13.2-stored', 'an agent of ours: its start, address, rest, sleep, move and end'),
    async () => {
      const create = async (body: Record<string, unknown>) =>
        bodyOf<{ id: string }>(
          await asAdmin('POST', '/workspaces', { runtime: 'rehearsal', tier: 2, ...body }),
        ).id;
      const id = await create({ name: 'Clerk' });
      expect(await toldOf(id, 'WORKSPACE_PROVISIONING')).toMatchObject({
        name: 'Clerk',
        tier: 2,
        runtime: 'rehearsal',
      });
      expect(await toldOf(id, 'WORKSPACE_ONLINE')).toMatchObject({
        url: expect.any(String),
        agent_card: expect.objectContaining({ name: 'Clerk' }),
      });
      await reaches(id, 'online');
      await act(id, 'pause');
      expect(await toldOf(id, 'WORKSPACE_PAUSED')).toEqual({ name: 'Clerk' });
      await act(id, 'resume');
      await reaches(id, 'online');
      await act(id, 'hibernate');
      expect(await toldOf(id, 'WORKSPACE_HIBERNATED')).toEqual({ name: 'Clerk', tier: 2 });
      await asAdmin('PATCH', `/workspaces/${id}`, { parent_id: agent.id });
      expect(await toldOf(id, 'WORKSPACE_MOVED')).toEqual({ old_parent_id: null, new_parent_id: agent.id });
      await asAdmin('DELETE', `/workspaces/${agent.id}?confirm=true`);
      expect(await toldOf(id, 'WORKSPACE_REMOVED')).toEqual({});
      expect(await toldOf(agent.id, 'WORKSPACE_REMOVED')).toEqual({ cascade_deleted: 1 });
    },
  );

  it(verifies('core.13.2-stored', 'an agent that cannot start: why'), async () => {
    const made = await asAdmin('POST', '/workspaces', {
      name: 'Broken',
      runtime: 'rehearsal',
      files: { 'config.yaml': 'name: [' },
    });
    const told = await toldOf(bodyOf<{ id: string }>(made).id, 'WORKSPACE_PROVISION_FAILED');
    expect(told).toMatchObject({ error: expect.stringMatching(/config\.yaml/) });
  });

  it(verifies('core.13.2-broadcast-only', 'anybody: nothing of what is only broadcast'), async () => {
    const reader = await follow(tenant, { headers: bearer(tenant.adminToken) });
    const made = await asAdmin('POST', '/workspaces', { name: 'Answers', runtime: 'rehearsal' });
    const { id } = bodyOf<{ id: string }>(made);
    await reaches(id, 'online');
    const parts = [{ kind: 'text', text: 'How many words are in this sentence?' }];
    const params = { message: { role: 'user', messageId: crypto.randomUUID(), parts } };
    await asAdmin('POST', `/workspaces/${id}/a2a`, { jsonrpc: '2.0', id: 1, method: 'message/send', params });
    await asAdmin('POST', `/workspaces/${id}/notify`, { message: 'done' });
    await asAdmin('POST', `/workspaces/${id}/memory`, { key: 'page', value: 7 });
    await asAdmin('POST', '/registry/heartbeat', {
      workspace_id: id,
      active_tasks: 1,
      current_task: 'counts',
    });
    for (const event of BROADCAST) await hears(reader, event, id);
    reader.socket.close();
    const rows = bodyOf<Told[]>(await asAdmin('GET', '/events?limit=500'));
    const stored = new Set(rows.map(({ event_type }) => event_type));
    expect(BROADCAST.filter((event) => stored.has(event))).toEqual([]);
  });
});
