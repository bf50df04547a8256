// Core registry: how agents report in, which status follows from what, and how workspaces find each other.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { verifies } from './requirements.ts';
import { bearer, bodyOf, exchange, expectAnswer, type Row, type Send, sendAs } from './support/exchange.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const UNKNOWN = '11111111-1111-4111-8111-111111111111';
const PUBLIC_URL = 'http://203.0.114.9:8000/';

let tenant: ScenarioTenant;
let manager: ExternalAgent;
let worker: ExternalAgent;
let colleague: ExternalAgent;
let gone: ExternalAgent;
let asAdmin: Send;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  asAdmin = sendAs(tenant, bearer(tenant.adminToken));
  manager = await addExternalAgent(tenant, 'Manager');
  worker = await addExternalAgent(tenant, 'Worker', manager.id);
  colleague = await addExternalAgent(tenant, 'Colleague', manager.id);
  gone = await addExternalAgent(tenant, 'Gone', manager.id);
  await asAdmin('PATCH', `/workspaces/${colleague.id}`, { role: 'Counts WORDS' });
  await asAdmin('DELETE', `/workspaces/${gone.id}`);
});

afterAll(() => tenant?.stop());

const as = (agent: ExternalAgent) => sendAs(tenant, bearer(agent.token));
const register = (body: unknown, send = asAdmin) => send('POST', '/registry/register', body);
const beat = (id: string, fields: Record<string, unknown> = {}) =>
  asAdmin('POST', '/registry/heartbeat', { workspace_id: id, ...fields });
const rowOf = async (id: string) => {
  const rows = bodyOf<Record<string, unknown>[]>(await asAdmin('GET', '/workspaces'));
  return rows.find((row) => row.id === id) ?? {};
};

interface Told {
  event_type: string;
  payload: Record<string, unknown>;
}
const toldOf = async (id: string) => bodyOf<Told[]>(await asAdmin('GET', `/events/${id}`));
const countTold = async (id: string, event: string) =>
  (await toldOf(id)).filter(({ event_type }) => event_type === event).length;
async function lastTold(id: string, event: string): Promise<Record<string, unknown>> {
  let found: Told | undefined;
  await until(`${event} is told`, async () => {
    found = (await toldOf(id)).find(({ event_type }) => event_type === event);
    return found !== undefined;
  });
  return found?.payload ?? {};
}

/** A workspace without a unit, made by an administrator, that waits for whoever registers. */
async function makePlain(name = 'plain'): Promise<string> {
  return String(bodyOf(await asAdmin('POST', '/workspaces', { name })).id);
}

async function makeExternal(): Promise<ExternalAgent> {
  const body = bodyOf<{ id: string; connection: { auth_token: string } }>(
    await asAdmin('POST', '/workspaces', { name: 'external', external: true }),
  );
  return { id: body.id, token: body.connection.auth_token };
}

describe('registering', () => {
  const card = { agent_card: { name: 'card' } };

  it(
    verifies(
      ['core.4.1-registered', 'core.4.1-id', 'core.4.1-effects', 'core.4.3-register'],
      'brings online, by either name of the id, and hands out one token',
    ),
    async () => {
      const id = await makePlain();
      const first = await register({ workspace_id: id, ...card, delivery_mode: 'poll' }, sendAs(tenant, {}));
      expect([first.status, bodyOf(first)]).toEqual([
        200,
        { status: 'registered', delivery_mode: 'poll', auth_token: expect.any(String) },
      ]);
      const again = await register({ id, ...card, delivery_mode: 'poll' });
      expectAnswer(again, 200, { status: 'registered', delivery_mode: 'poll' });
      expect(await rowOf(id)).toMatchObject({
        status: 'online',
        agent_card: card.agent_card,
        last_heartbeat_at: expect.any(String),
      });
      expect(await lastTold(id, 'WORKSPACE_ONLINE')).toMatchObject({ url: '', agent_card: card.agent_card });
    },
  );

  const MODES: [title: string, body: Record<string, unknown>, mode: string][] = [
    ['as sent: poll', { delivery_mode: 'poll', url: PUBLIC_URL }, 'poll'],
    ['as sent: push', { delivery_mode: 'push', url: PUBLIC_URL }, 'push'],
    ['an address that can be called: push', { url: PUBLIC_URL }, 'push'],
    ['no address: poll', {}, 'poll'],
    ['the placeholder of the SDK: poll', { url: 'remote://no-inbound' }, 'poll'],
  ];
  it.each(MODES)(
    verifies(['core.4.1-delivery', 'core.16-sdk-inbound'], 'of an external one, %s'),
    async (_title, body, mode) => {
      const agent = await makeExternal();
      const answer = await register({ id: agent.id, ...card, ...body }, as(agent));
      expectAnswer(answer, 200, { status: 'registered', delivery_mode: mode });
      expect((await rowOf(agent.id)).url).toBe(mode === 'push' ? PUBLIC_URL : '');
    },
  );

  it(verifies('core.4.1-delivery', 'keeps what was stored'), async () => {
    const agent = await makeExternal();
    await register({ id: agent.id, ...card, delivery_mode: 'poll' }, as(agent));
    const answer = await register({ id: agent.id, ...card, url: PUBLIC_URL }, as(agent));
    expect(bodyOf(answer).delivery_mode).toBe('poll');
  });

  const ROWS: Row[] = [
    [verifies('core.4.1-invalid', 'broken JSON'), () => register('{'), 400, 'invalid request body'],
    [verifies('core.4.1-invalid', 'no id'), () => register(card), 400, 'invalid request body'],
    [
      verifies('core.4.1-invalid', 'no UUID'),
      () => register({ id: 'x', ...card }),
      400,
      'invalid request body',
    ],
    [verifies('core.4.1-card', 'no card'), () => register({ id: worker.id }), 400, 'invalid request body'],
    [
      verifies('core.4.1-card', 'a card in words'),
      () => register({ id: worker.id, agent_card: 'me' }),
      400,
      'invalid request body',
    ],
    [
      verifies('core.4.1-delivery-invalid', 'another mode'),
      () => register({ id: worker.id, ...card, delivery_mode: 'pigeon' }),
      400,
      "delivery_mode must be 'push' or 'poll'",
    ],
    [
      verifies('core.4.1-url-required', 'push without an address'),
      () => register({ id: worker.id, ...card, delivery_mode: 'push' }),
      400,
      'url is required for push-mode workspaces',
    ],
    ...(
      [
        ['ftp://example.com', /^url scheme must be http or https/],
        ['http://127.0.0.1:1', /^url targets a blocked address:/],
        ['http://no-such-host.invalid/', /^hostname "no-such-host.invalid" cannot be resolved \(DNS error\)/],
      ] as const
    ).map(
      ([url, error]): Row => [
        verifies('core.4.1-url-refused', url),
        () => register({ id: worker.id, ...card, delivery_mode: 'push', url }),
        400,
        error,
      ],
    ),
    [
      verifies('core.4.1-removed', 'a removed one'),
      () => register({ id: gone.id, ...card }, as(gone)),
      410,
      'workspace removed',
    ],
    [
      verifies('core.4.1-stranger', 'an unknown id, by nobody'),
      () => register({ id: UNKNOWN, ...card }, sendAs(tenant, {})),
      401,
      'missing workspace auth token',
    ],
    [
      verifies('core.4.1-stranger', 'an unknown id, by a workspace'),
      () => register({ id: UNKNOWN, ...card }, as(worker)),
      401,
      'invalid workspace auth token',
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(verifies('core.4.1-no-resurrection', 'does not wake the paused'), async () => {
    const agent = await addExternalAgent(tenant, 'paused');
    await asAdmin('POST', `/workspaces/${agent.id}/pause`);
    await register({ id: agent.id, agent_card: { name: 'later' }, delivery_mode: 'poll' }, as(agent));
    await beat(agent.id);
    expect(await rowOf(agent.id)).toMatchObject({ status: 'paused' });
  });
});

describe('heartbeats', () => {
  const FIELDS: [title: string, fields: Record<string, unknown>, row: Record<string, unknown>][] = [
    [verifies('core.4.2-error-rate', 'within its bounds'), { error_rate: 0.25 }, { last_error_rate: 0.25 }],
    [verifies('core.4.2-error-rate', 'cut above'), { error_rate: 3 }, { last_error_rate: 1 }],
    [verifies('core.4.2-error-rate', 'cut below'), { error_rate: -1 }, { last_error_rate: 0 }],
    [verifies('core.4.2-sample-error', 'kept'), { sample_error: 'ouch' }, { last_sample_error: 'ouch' }],
    [
      verifies('core.4.2-tasks', 'kept'),
      { active_tasks: 2, uptime_seconds: 77, current_task: 'counting' },
      { active_tasks: 2, uptime_seconds: 77, current_task: 'counting' },
    ],
    [
      verifies('core.4.2-omitted', 'left out: as it was'),
      {},
      { active_tasks: 2, uptime_seconds: 77, current_task: 'counting', last_sample_error: 'ouch' },
    ],
    [verifies('core.4.2-spend', 'above nothing'), { monthly_spend: 12 }, { monthly_spend: 12 }],
    [verifies('core.4.2-spend', 'of nothing'), { monthly_spend: 0 }, { monthly_spend: 12 }],
    [verifies('core.4.2-spend', 'below nothing'), { monthly_spend: -4 }, { monthly_spend: 12 }],
    [
      verifies('core.4.2-spend', 'beyond everything'),
      { monthly_spend: 1_000_000_000_001 },
      { monthly_spend: 1_000_000_000_000 },
    ],
  ];
  let beating: ExternalAgent;
  beforeAll(async () => {
    beating = await addExternalAgent(tenant, 'beating');
  });
  it.each(FIELDS)('%s', async (_title, fields, row) => {
    expectAnswer(await beat(beating.id, fields), 200, { status: 'ok' });
    expect(await rowOf(beating.id)).toMatchObject(row);
  });

  it(verifies('core.4.2-ok', 'are compact'), async () => {
    expect((await beat(worker.id)).text).toBe('{"status":"ok"}');
    await beat(worker.id, { active_tasks: 2 });
    expect((await asAdmin('GET', '/workspaces')).text).toContain('"active_tasks":2');
  });

  const ROWS: Row[] = [
    [
      verifies('core.4.2-workspace-id', 'of nobody'),
      () => asAdmin('POST', '/registry/heartbeat', { active_tasks: 1 }),
      400,
      'invalid request body',
    ],
    [verifies('core.4.2-workspace-id', 'of no UUID'), () => beat('x'), 400, 'invalid request body'],
    [
      verifies('core.4.2-workspace-id', 'with a wrong type'),
      () => beat(worker.id, { active_tasks: 'two' }),
      400,
      'invalid request body',
    ],
    [verifies('core.4.2-unknown', 'of the unknown'), () => beat(UNKNOWN), 404, 'workspace not found'],
    [verifies('core.4.2-removed', 'of the removed'), () => beat(gone.id), 410, 'workspace removed'],
    [
      verifies('core.4.2-removed', 'of the removed, by its agent'),
      () => as(gone)('POST', '/registry/heartbeat', { workspace_id: gone.id }),
      410,
      'workspace removed',
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(
    verifies(['core.4.2-broadcast', 'core.13.2-broadcast-only'], 'are broadcast and not stored'),
    async () => {
      const agent = await addExternalAgent(tenant, 'heard');
      const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/ws`, {
        headers: bearer(tenant.adminToken),
      });
      const frames: { event: string; workspace_id: string; payload: unknown }[] = [];
      socket.on('message', (data) => frames.push(JSON.parse(String(data))));
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      const ofAgent = (event: string) =>
        frames
          .filter((frame) => frame.event === event && frame.workspace_id === agent.id)
          .map(({ payload }) => payload);
      const fields = { current_task: 'thinking', active_tasks: 1, uptime_seconds: 5 };
      await beat(agent.id, fields);
      await beat(agent.id, fields);
      await until('both beats are heard', () => ofAgent('WORKSPACE_HEARTBEAT').length === 2);
      expect(ofAgent('WORKSPACE_HEARTBEAT')[0]).toEqual({ active_tasks: 1, uptime_seconds: 5 });
      expect(ofAgent('TASK_UPDATED')).toEqual([{ current_task: 'thinking', active_tasks: 1 }]);
      const stored = (await toldOf(agent.id)).map(({ event_type }) => event_type);
      expect(stored.filter((event) => /HEARTBEAT|TASK_UPDATED/.test(event))).toEqual([]);
      socket.close();
    },
  );
});

describe('the status machine', () => {
  const MANAGED = { runtime_metadata: { capabilities: { status_mgmt: true } } };

  it(
    verifies(
      ['core.4.3-wedged', 'core.4.2-runtime-state', 'core.4.3-recovers'],
      'degrades the wedged, told once, until they are well',
    ),
    async () => {
      const { id } = await addExternalAgent(tenant, 'wedged');
      for (let at = 0; at < 2; at++)
        await beat(id, { runtime_state: 'wedged', error_rate: 0.9, sample_error: 'stuck' });
      expect((await rowOf(id)).status).toBe('degraded');
      expect(await lastTold(id, 'WORKSPACE_DEGRADED')).toEqual({
        runtime_state: 'wedged',
        sample_error: 'stuck',
      });
      expect(await countTold(id, 'WORKSPACE_DEGRADED')).toBe(1);
      await beat(id, { runtime_state: 'wedged', error_rate: 0 });
      expect((await rowOf(id)).status).toBe('degraded');
      const before = await countTold(id, 'WORKSPACE_ONLINE');
      await beat(id, { runtime_state: 'ok', error_rate: 0 });
      expect((await rowOf(id)).status).toBe('online');
      await until('it is told', async () => (await countTold(id, 'WORKSPACE_ONLINE')) === before + 1);
    },
  );

  it(
    verifies(
      ['core.4.3-errors', 'core.4.5-thresholds', 'core.4.3-told-once'],
      'degrades from 0.5, recovers under 0.1, and stays between',
    ),
    async () => {
      const { id } = await addExternalAgent(tenant, 'failing');
      const STEPS: [rate: number, status: string][] = [
        [0.49, 'online'],
        [0.5, 'degraded'],
        [0.3, 'degraded'],
        [0.1, 'degraded'],
        [0.09, 'online'],
      ];
      for (const [error_rate, status] of STEPS) {
        await beat(id, { error_rate, sample_error: 'oops' });
        expect([error_rate, (await rowOf(id)).status]).toEqual([error_rate, status]);
      }
      expect(await lastTold(id, 'WORKSPACE_DEGRADED')).toEqual({ error_rate: 0.5, sample_error: 'oops' });
      expect(await countTold(id, 'WORKSPACE_DEGRADED')).toBe(1);
    },
  );

  it(
    verifies(
      ['core.4.3-errors', 'core.4.2-metadata'],
      'leaves adapters alone that manage their status, while they say so',
    ),
    async () => {
      const { id } = await addExternalAgent(tenant, 'self-managed');
      await beat(id, { error_rate: 0.9, ...MANAGED });
      expect((await rowOf(id)).status).toBe('online');
      await beat(id, { error_rate: 0.9 });
      expect((await rowOf(id)).status).toBe('degraded');
    },
  );

  it(
    verifies(
      ['core.4.3-failed-beat', 'core.4.3-provisioning-beat'],
      'brings online whoever beats, and tells from where',
    ),
    async () => {
      const waiting = await makeExternal();
      await as(waiting)('POST', '/registry/heartbeat', { workspace_id: waiting.id });
      expect((await rowOf(waiting.id)).status).toBe('online');
      expect(await lastTold(waiting.id, 'WORKSPACE_ONLINE')).toEqual({ recovered_from: 'awaiting_agent' });
      const failed = await makePlain();
      await until('it failed', async () => (await rowOf(failed)).status === 'failed');
      await beat(failed);
      expect((await rowOf(failed)).status).toBe('online');
      expect(await lastTold(failed, 'WORKSPACE_ONLINE')).toEqual({ recovered_from: 'failed' });
    },
  );

  it(verifies('core.4.3-delete', 'ends with removed'), async () => {
    const agent = await addExternalAgent(tenant, 'ended');
    await asAdmin('DELETE', `/workspaces/${agent.id}`);
    expect((await beat(agent.id)).status).toBe(410);
    expect((await asAdmin('POST', `/workspaces/${agent.id}/restart`)).status).toBe(410);
    const row = bodyOf(await asAdmin('GET', `/workspaces/${agent.id}?include_removed=true`));
    expect(row.status).toBe('removed');
  });

  it(
    verifies(
      ['core.4.3-stale', 'core.4.5-stale'],
      'waits for external agents that fell silent, and hears them again',
    ),
    async () => {
      const impatient = await startScenarioTenant({ REMOTE_LIVENESS_STALE_AFTER: '1' });
      try {
        const agent = await addExternalAgent(impatient, 'silent');
        const statusOf = async () =>
          (await impatient.asAdmin<{ status: string }>(`/workspaces/${agent.id}`)).status;
        await until('it waits', async () => (await statusOf()) === 'awaiting_agent', 30_000);
        const eventsOf = async () =>
          (await impatient.asAdmin<Told[]>(`/events/${agent.id}`))
            .map(({ event_type }) => event_type)
            .reverse();
        await until('both are told', async () => (await eventsOf()).includes('WORKSPACE_OFFLINE'));
        const events = await eventsOf();
        expect(events.slice(events.indexOf('WORKSPACE_OFFLINE')).slice(0, 2)).toEqual([
          'WORKSPACE_OFFLINE',
          'WORKSPACE_AWAITING_AGENT',
        ]);
        await sendAs(impatient, bearer(agent.token))('POST', '/registry/heartbeat', {
          workspace_id: agent.id,
        });
        const isBack = async () => (await eventsOf()).lastIndexOf('WORKSPACE_ONLINE') >= events.length;
        await until('it is heard again', isBack);
      } finally {
        await impatient.stop();
      }
    },
  );
});

describe('cards', () => {
  const update = (body: unknown, send = asAdmin) => send('POST', '/registry/update-card', body);

  it(verifies('core.4.4-card', 'are replaced by their owner and by administrators, and told'), async () => {
    const card = { name: 'new', skills: [] };
    expectAnswer(await update({ workspace_id: worker.id, agent_card: card }, as(worker)), 200, {
      status: 'updated',
    });
    expect((await rowOf(worker.id)).agent_card).toEqual(card);
    expect(await lastTold(worker.id, 'AGENT_CARD_UPDATED')).toEqual({ agent_card: card });
    expect((await update({ workspace_id: worker.id, agent_card: card })).status).toBe(200);
  });

  const ROWS: Row[] = [
    [
      verifies('core.4.4-card', 'without a card'),
      () => update({ workspace_id: worker.id }),
      400,
      'invalid request body',
    ],
    [
      verifies('core.4.4-card', 'without a workspace'),
      () => update({ agent_card: {} }),
      400,
      'invalid request body',
    ],
    [
      verifies('core.4.4-card', 'of the unknown'),
      () => update({ workspace_id: UNKNOWN, agent_card: {} }),
      404,
      'workspace not found',
    ],
  ];
  it.each(ROWS)('%s', exchange);
});

describe('finding others', () => {
  let pushing: ExternalAgent;
  beforeAll(async () => {
    pushing = await makeExternal();
    await asAdmin('PATCH', `/workspaces/${pushing.id}`, { parent_id: manager.id, name: 'Pushing' });
    await register({ id: pushing.id, agent_card: {}, url: PUBLIC_URL, delivery_mode: 'push' }, as(pushing));
  });

  const discover = (target: string, caller: string | null, send: Send) =>
    send(
      'GET',
      `/registry/discover/${target}`,
      undefined,
      caller === null ? {} : { 'x-workspace-id': caller },
    );

  const ROWS: Row[] = [
    [
      verifies(['core.4.4-discover', 'core.16-sdk-discover'], 'gives the address'),
      () => discover(pushing.id, worker.id, as(worker)),
      200,
      { id: expect.any(String), url: PUBLIC_URL, name: 'Pushing' },
    ],
    [
      verifies('core.4.4-discover-header', 'asks who asks'),
      () => discover(pushing.id, null, as(worker)),
      400,
      'X-Workspace-ID header is required',
    ],
    [
      verifies('core.4.4-discover-gate', 'asks for a token'),
      () => discover(pushing.id, worker.id, sendAs(tenant, {})),
      401,
      'missing workspace auth token',
    ],
    [
      verifies('core.4.4-discover-gate', 'asks for the token of whoever asks'),
      () => discover(pushing.id, worker.id, as(colleague)),
      401,
      'invalid workspace auth token',
    ],
    [
      verifies('core.4.4-discover-unknown', 'hides the unknown from workspaces'),
      () => discover(UNKNOWN, worker.id, as(worker)),
      403,
      'not authorized to discover this workspace',
    ],
    [
      verifies('core.4.4-discover-unknown', 'tells administrators what is unknown'),
      () => discover(UNKNOWN, worker.id, asAdmin),
      404,
      'workspace not found',
    ],
    [
      verifies(['core.4.4-discover-unknown', 'core.4.6-gone'], 'tells administrators what is gone'),
      () => discover(gone.id, worker.id, asAdmin),
      410,
      expect.objectContaining({
        error: 'workspace removed',
        id: expect.any(String),
        removed_at: expect.any(String),
      }),
    ],
    [
      verifies('core.4.4-discover-unavailable', 'gives no address of a polling agent'),
      () => discover(colleague.id, worker.id, as(worker)),
      503,
    ],
    [
      verifies('core.4.4-peers-unknown', 'has no peers of the unknown'),
      () => asAdmin('GET', `/registry/${UNKNOWN}/peers`),
      404,
      'workspace not found',
    ],
    [
      verifies('core.4.4-access', 'needs both ends'),
      () => asAdmin('POST', '/registry/check-access', { caller_id: worker.id }),
      400,
      'invalid request body',
    ],
    [
      verifies('core.4.4-access', 'says yes'),
      () => as(worker)('POST', '/registry/check-access', { caller_id: worker.id, target_id: colleague.id }),
      200,
      { allowed: true },
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(verifies('core.4.4-discover-rule', 'refuses what the chart refuses'), async () => {
    const stranger = await addExternalAgent(tenant, 'stranger');
    const below = await addExternalAgent(tenant, 'below', worker.id);
    expectAnswer(
      await discover(below.id, stranger.id, as(stranger)),
      403,
      'not authorized to discover this workspace',
    );
  });

  it(verifies('core.4.4-discover-unavailable', 'says the status of whoever is away'), async () => {
    const waiting = await makeExternal();
    await asAdmin('PATCH', `/workspaces/${waiting.id}`, { parent_id: manager.id });
    const answer = await discover(waiting.id, worker.id, as(worker));
    expect([answer.status, bodyOf(answer)]).toEqual([
      503,
      expect.objectContaining({ error: 'workspace not available', status: 'awaiting_agent' }),
    ]);
  });

  it(
    verifies('core.4.4-peers', 'lists manager, colleagues and reports, and finds them by name and role'),
    async () => {
      type Peer = Record<string, unknown> & { name: string };
      const peersOf = async (id: string, query = '') =>
        bodyOf<Peer[]>(await asAdmin('GET', `/registry/${id}/peers${query}`));
      const peers = await peersOf(worker.id);
      const names = peers.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['Manager', 'Colleague', 'Pushing']));
      expect(names).not.toContain('Worker');
      expect(names).not.toContain('Gone');
      expect(Object.keys(peers[0] ?? {})).toEqual(
        expect.arrayContaining([
          'id',
          'name',
          'role',
          'tier',
          'status',
          'url',
          'parent_id',
          'active_tasks',
          'agent_card',
        ]),
      );
      expect((await peersOf(worker.id, '?q=words')).map(({ name }) => name)).toEqual(['Colleague']);
      expect((await peersOf(worker.id, '?q=MANAG')).map(({ name }) => name)).toEqual(['Manager']);
      expect(await peersOf(worker.id, '?q=nobody')).toEqual([]);
      expect((await peersOf(manager.id)).map(({ name }) => name)).toEqual(
        expect.arrayContaining(['Worker', 'Colleague']),
      );
    },
  );
});
