// Core workspaces: what may be written into each field, what each route answers, what an external workspace is told.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

interface Told {
  event_type: string;
  payload: Record<string, unknown>;
}

let tenant: ScenarioTenant;
let live: ExternalAgent;
let child: ExternalAgent;
let gone: ExternalAgent;
let asAdmin: Send;
let asLive: Send;
let asNobody: Send;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  asAdmin = sendAs(tenant, bearer(tenant.adminToken));
  asNobody = sendAs(tenant, {});
  live = await addExternalAgent(tenant, 'live');
  asLive = sendAs(tenant, bearer(live.token));
  child = await addExternalAgent(tenant, 'child', live.id);
  gone = await addExternalAgent(tenant, 'gone');
  await asAdmin('DELETE', `/workspaces/${gone.id}`);
});

afterAll(() => tenant?.stop());

const create = (body: unknown) => asAdmin('POST', '/workspaces', body);
const make = async (body: Record<string, unknown> = {}): Promise<string> => {
  const answer = await create({ name: 'made', external: true, ...body });
  if (answer.status !== 201) throw new Error(answer.text);
  return String(bodyOf(answer).id);
};
const change = (id: string, body: unknown, send = asAdmin) => send('PATCH', `/workspaces/${id}`, body);
const rowOf = async (id: string) => {
  const rows = bodyOf<Record<string, unknown>[]>(await asAdmin('GET', '/workspaces'));
  return rows.find((row) => row.id === id) ?? {};
};
const toldOf = async (id: string) => bodyOf<Told[]>(await asAdmin('GET', `/events/${id}`)).reverse();
const untilTold = async (id: string, event: string): Promise<Told> => {
  let found: Told | undefined;
  await until(`${event} is told`, async () => {
    found = (await toldOf(id)).find(({ event_type }) => event_type === event);
    return found !== undefined;
  });
  return found as Told;
};

describe('fields of a new workspace', () => {
  const REFUSED: [title: string, body: Record<string, unknown>, error: string | RegExp][] = [
    [verifies('core.3.2-name', 'a name is required'), { name: undefined }, 'invalid workspace payload'],
    [verifies('core.3.2-name', 'a name of nothing'), { name: '' }, 'invalid workspace fields'],
    [verifies('core.3.2-name', 'a name of 256'), { name: 'n'.repeat(256) }, 'invalid workspace fields'],
    ...['\n', '\r', '{', '}', '[', ']', '|', '>', '*', '&', '!'].map(
      (character): [string, Record<string, unknown>, string] => [
        verifies('core.3.2-name', `a name with ${JSON.stringify(character)}`),
        { name: `a${character}b` },
        'invalid workspace fields',
      ],
    ),
    [verifies('core.3.2-role', 'a role of 1001'), { role: 'r'.repeat(1001) }, 'invalid workspace fields'],
    [verifies('core.3.2-role', 'a role of two lines'), { role: 'a\nb' }, 'invalid workspace fields'],
    [verifies('core.3.2-role', 'a role with a brace'), { role: '{a' }, 'invalid workspace fields'],
    [verifies('core.3.2-model', 'a model of 101'), { model: 'm'.repeat(101) }, 'invalid workspace fields'],
    [verifies('core.3.2-model', 'a model of two lines'), { model: 'a\rb' }, 'invalid workspace fields'],
    [
      verifies('core.3.2-runtime', 'an engine of 101'),
      { external: false, runtime: 'r'.repeat(101) },
      'invalid workspace fields',
    ],
    [
      verifies('core.3.2-runtime', 'an engine of two lines'),
      { external: false, runtime: 'a\nb' },
      'invalid workspace fields',
    ],
    [verifies('core.3.2-tier', 'tier 5'), { tier: 5 }, /tier must be/],
    [verifies('core.3.2-tier', 'tier -1'), { tier: -1 }, /tier must be/],
    [verifies('core.3.2-tier', 'tier 1.5'), { tier: 1.5 }, 'invalid workspace payload'],
    [verifies('core.3.2-template', 'a template above its folder'), { template: '../x' }, 'invalid template'],
    [verifies('core.3.2-template', 'an absolute template'), { template: '/etc' }, 'invalid template'],
    ...[
      'relative',
      '/a/../b',
      '/etc',
      '/var/x',
      '/proc',
      '/sys/x',
      '/dev',
      '/boot',
      '/sbin',
      '/bin',
      '/lib',
      '/usr/x',
    ].map((folder): [string, Record<string, unknown>, string] => [
      verifies('core.3.2-directory', `the folder ${folder}`),
      { workspace_dir: folder },
      'invalid workspace directory',
    ]),
    [
      verifies('core.3.2-access', 'access of another kind'),
      { workspace_dir: '/srv/x', workspace_access: 'all' },
      'invalid workspace access',
    ],
    [
      verifies('core.3.2-access', 'reading without a folder'),
      { workspace_access: 'read_only' },
      'invalid workspace access',
    ],
    [
      verifies('core.3.2-access', 'writing without a folder'),
      { workspace_access: 'read_write' },
      'invalid workspace access',
    ],
    [verifies('core.3.2-parent', 'a manager that is no id'), { parent_id: 'boss' }, /./],
    [verifies('core.3.2-parent', 'an unknown manager'), { parent_id: UNKNOWN }, /names no workspace/],
    [
      verifies('core.3.2-budget', 'a budget of half a cent'),
      { budget_limit: 0.5 },
      'invalid workspace payload',
    ],
    [verifies('core.3.2-budget', 'a budget in words'), { budget_limit: 'much' }, 'invalid workspace payload'],
    [
      verifies('core.3.2-canvas', 'a position in words'),
      { canvas: { x: 'left', y: 0 } },
      'invalid workspace payload',
    ],
    [
      verifies('core.3.2-secrets', 'a secret that is no text'),
      { secrets: { KEY: 1 } },
      'invalid workspace payload',
    ],
    [verifies('core.3.3-create-refused', 'a number for a name'), { name: 1 }, 'invalid workspace payload'],
  ];
  it.each(REFUSED)('%s is refused', async (_title, body, error) => {
    const full = { name: 'field', external: true, ...body };
    expectAnswer(await create(full), 400, error);
  });

  const KEPT: [title: string, body: Record<string, unknown>, row: Record<string, unknown>][] = [
    [verifies('core.3.2-name', 'a name of 255'), { name: 'n'.repeat(255) }, { name: 'n'.repeat(255) }],
    [verifies('core.3.2-role', 'a role of 1000'), { role: 'r'.repeat(1000) }, { role: 'r'.repeat(1000) }],
    [verifies('core.3.2-role', 'no role'), {}, { role: null }],
    [verifies('core.3.2-model', 'a model of 100'), { model: 'm'.repeat(100) }, { model: 'm'.repeat(100) }],
    [verifies('core.3.2-tier', 'no tier'), {}, { tier: 3 }],
    [verifies('core.3.2-tier', 'tier 0'), { tier: 0 }, { tier: 3 }],
    ...[1, 2, 3, 4].map((tier): [string, Record<string, unknown>, Record<string, unknown>] => [
      verifies('core.3.2-tier', `tier ${tier}`),
      { tier },
      { tier },
    ]),
    [
      verifies('core.3.2-directory', 'a folder of its own'),
      { workspace_dir: '/srv/x' },
      { workspace_dir: '/srv/x' },
    ],
    [
      verifies('core.3.2-directory', 'a folder that only begins like one'),
      { workspace_dir: '/etcetera' },
      { workspace_dir: '/etcetera' },
    ],
    [verifies('core.3.2-parent', 'no manager'), { parent_id: null }, { parent_id: null }],
    [verifies('core.3.2-budget', 'a budget'), { budget_limit: 500 }, { budget_limit: 500 }],
    [verifies('core.3.2-budget', 'no budget'), { budget_limit: null }, { budget_limit: null }],
    [
      verifies('core.3.2-concurrency', 'no tasks at once'),
      { max_concurrent_tasks: 0 },
      { max_concurrent_tasks: 1 },
    ],
    [
      verifies('core.3.2-concurrency', 'less than none'),
      { max_concurrent_tasks: -3 },
      { max_concurrent_tasks: 1 },
    ],
    [
      verifies('core.3.2-concurrency', 'three at once'),
      { max_concurrent_tasks: 3 },
      { max_concurrent_tasks: 3 },
    ],
    [verifies('core.3.2-canvas', 'a position'), { canvas: { x: 12.5, y: -3 } }, { x: 12.5, y: -3 }],
  ];
  it.each(KEPT)('%s is kept', async (_title, body, row) => {
    expect(await rowOf(await make(body))).toMatchObject(row);
  });

  it(verifies('core.3.2-parent', 'the manager is kept'), async () => {
    expect((await rowOf(await make({ parent_id: live.id }))).parent_id).toBe(live.id);
  });

  it(verifies('core.3.2-access', 'access with a folder is answered'), async () => {
    for (const workspace_access of ['none', 'read_only', 'read_write']) {
      const answer = await create({ name: 'reads', workspace_dir: '/srv/x', workspace_access });
      expect(bodyOf(answer)).toMatchObject({ workspace_access });
    }
    expect(bodyOf(await create({ name: 'reads' }))).toMatchObject({ workspace_access: 'none' });
  });

  it(
    verifies('core.3.2-runtime', 'unknown engines are kept as sent, and it is said what runs instead'),
    async () => {
      const answer = await create({ name: 'exotic', runtime: 'no-such-engine' });
      expect(answer.status).toBe(201);
      expect(bodyOf<{ warnings: string[] }>(answer).warnings.join(' ')).toMatch(/no-such-engine/);
      expect((await rowOf(String(bodyOf(answer).id))).runtime).toBe('no-such-engine');
      expect((await rowOf(String(bodyOf(await create({ name: 'plain' })).id))).runtime).toBe('langgraph');
    },
  );
});

describe('creating', () => {
  it(
    verifies(
      ['core.3.3-create', 'core.3.3-create-no-backend', 'core.3.3-create-events', 'core.3.6-failed-payload'],
      'answers provisioning, also without a backend, and a register heals it',
    ),
    async () => {
      const answer = await create({ name: 'first words', tier: 2, runtime: 'claude-code' });
      const id = String(bodyOf(answer).id);
      expect([answer.status, bodyOf(answer)]).toEqual([
        201,
        expect.objectContaining({
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          status: 'provisioning',
          awareness_namespace: `workspace:${id}`,
          workspace_access: 'none',
        }),
      ]);
      const failed = await untilTold(id, 'WORKSPACE_PROVISION_FAILED');
      expect(failed.payload.error).toEqual(expect.stringMatching(/./));
      const [first] = await toldOf(id);
      expect(first).toMatchObject({
        event_type: 'WORKSPACE_PROVISIONING',
        payload: { name: 'first words', tier: 2, runtime: 'claude-code' },
      });
      expect(await rowOf(id)).toMatchObject({
        status: 'failed',
        last_sample_error: expect.stringMatching(/./),
      });
      await asNobody('POST', '/registry/register', { id, agent_card: {}, delivery_mode: 'poll' });
      expect((await rowOf(id)).status).toBe('online');
    },
  );

  const ROWS: Row[] = [
    [verifies('core.3.3-create-refused', 'broken JSON'), () => create('{'), 400, 'invalid workspace payload'],
    [
      verifies('core.3.3-create-refused', 'no body'),
      () => create(undefined),
      400,
      'invalid workspace payload',
    ],
    [verifies('core.3.3-create-refused', 'a list'), () => create([]), 400, 'invalid workspace payload'],
  ];
  it.each(ROWS)('%s is refused', exchange);
});

describe('listing and reading', () => {
  const SHARED = {
    id: expect.any(String),
    name: 'live',
    role: null,
    tier: 3,
    status: 'online',
    agent_card: { name: 'live' },
    url: '',
    parent_id: null,
    active_tasks: 0,
    max_concurrent_tasks: expect.any(Number),
    last_error_rate: 0,
    uptime_seconds: expect.any(Number),
    runtime: 'external',
    x: expect.any(Number),
    y: expect.any(Number),
    collapsed: false,
    last_heartbeat_at: expect.any(String),
    created_at: expect.any(String),
    delivery_mode: 'poll',
  };
  const ADMINISTRATIVE = [
    'budget_limit',
    'monthly_spend',
    'current_task',
    'last_sample_error',
    'workspace_dir',
  ];

  it(
    verifies(['core.3.3-list', 'core.3.3-compact'], 'lists whole rows, oldest first, compactly'),
    async () => {
      const answer = await asAdmin('GET', '/workspaces');
      const rows = bodyOf<{ id: string; created_at: string }[]>(answer);
      expect(rows.find(({ id }) => id === live.id)).toMatchObject({
        ...SHARED,
        last_sample_error: '',
        current_task: '',
        workspace_dir: null,
        budget_limit: null,
        monthly_spend: 0,
      });
      expect(rows.some(({ id }) => id === gone.id)).toBe(false);
      const times = rows.map(({ created_at }) => created_at);
      expect(times).toEqual([...times].sort());
      expect(answer.text).toContain('"status":"online"');
      expect(answer.text).toBe(JSON.stringify(JSON.parse(answer.text)));
    },
  );

  it(verifies('core.3.3-list', 'lists nothing as a list'), async () => {
    const empty = await startScenarioTenant();
    try {
      expect((await sendAs(empty, bearer(empty.adminToken))('GET', '/workspaces')).text).toBe('[]');
    } finally {
      await empty.stop();
    }
  });

  it(verifies('core.3.3-read', 'reads one without what is administrative'), async () => {
    for (const send of [asAdmin, asLive]) {
      const row = bodyOf(await send('GET', `/workspaces/${live.id}`));
      expect(row).toMatchObject(SHARED);
      expect(Object.keys(row)).toContain('last_outbound_at');
      expect(Object.keys(row).filter((name) => ADMINISTRATIVE.includes(name))).toEqual([]);
    }
  });

  const ROWS: Row[] = [
    [
      verifies('core.3.3-read-malformed', 'no UUID'),
      () => asAdmin('GET', '/workspaces/42'),
      400,
      'invalid workspace ID',
    ],
    [
      verifies('core.3.3-read-unknown', 'unknown'),
      () => asAdmin('GET', `/workspaces/${UNKNOWN}`),
      404,
      'workspace not found',
    ],
    [
      verifies('core.3.3-read-removed', 'removed'),
      () => asAdmin('GET', `/workspaces/${gone.id}`),
      410,
      expect.objectContaining({
        error: 'workspace removed',
        id: expect.any(String),
        removed_at: expect.any(String),
        hint: expect.any(String),
      }),
    ],
    [
      verifies('core.3.3-read-removed', 'removed, asked for'),
      () => asAdmin('GET', `/workspaces/${gone.id}?include_removed=true`),
      200,
      expect.objectContaining({ status: 'removed', removed_at: expect.any(String) }),
    ],
    [
      verifies('core.3.3-read-gate', 'nobody'),
      () => asNobody('GET', `/workspaces/${live.id}`),
      401,
      'missing workspace auth token',
    ],
    [
      verifies('core.3.3-read-gate', 'a report of its own'),
      () => asLive('GET', `/workspaces/${child.id}`),
      200,
      expect.objectContaining({ name: 'child' }),
    ],
    [
      verifies('core.3.3-state', 'the state'),
      () => asLive('GET', `/workspaces/${live.id}/state`),
      200,
      expect.objectContaining({ status: 'online', paused: false, deleted: false }),
    ],
    [
      verifies('core.3.3-state-unknown', 'the state of the unknown'),
      () => asAdmin('GET', `/workspaces/${UNKNOWN}/state`),
      404,
      { workspace_id: UNKNOWN, deleted: true },
    ],
    [
      verifies('core.3.3-state-removed', 'the state of the removed, to its agent'),
      () => sendAs(tenant, bearer(gone.token))('GET', `/workspaces/${gone.id}/state`),
      404,
      expect.objectContaining({ status: 'removed', deleted: true }),
    ],
    [
      verifies('core.3.3-state-removed', 'the state of the removed, to an administrator'),
      () => asAdmin('GET', `/workspaces/${gone.id}/state`),
      404,
      expect.objectContaining({ status: 'removed', deleted: true }),
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(verifies('core.3.3-read-gate', 'hides what one may not talk to like what never was'), async () => {
    const other = await addExternalAgent(tenant, 'nephew', child.id);
    const stranger = await addExternalAgent(tenant, 'stranger');
    const asStranger = sendAs(tenant, bearer(stranger.token));
    expectAnswer(await asStranger('GET', `/workspaces/${other.id}`), 404, 'workspace not found');
  });
});

describe('changing', () => {
  const UPDATED = { status: 'updated' };
  const FIELDS: [title: string, body: Record<string, unknown>, row: Record<string, unknown>][] = [
    ['the name', { name: 'renamed' }, { name: 'renamed' }],
    ['the role', { role: 'writes' }, { role: 'writes' }],
    ['the role to none', { role: null }, { role: null }],
    ['the tier', { tier: 4 }, { tier: 4 }],
    ['the position', { x: 7, y: -8.5 }, { x: 7, y: -8.5 }],
    ['collapsed', { collapsed: true }, { collapsed: true }],
    ['what is ignored', { budget_limit: 5, model: 'm', workspace_access: 'all' }, { budget_limit: null }],
  ];
  it.each(FIELDS)(verifies('core.3.3-change', '%s'), async (_title, body, row) => {
    const id = await make();
    expectAnswer(await change(id, body), 200, UPDATED);
    expect(await rowOf(id)).toMatchObject(row);
  });

  it(
    verifies(['core.3.3-change', 'core.3.3-change-directory'], 'the folder, which needs a restart'),
    async () => {
      const id = await make();
      expectAnswer(await change(id, { workspace_dir: '/srv/y' }), 200, { ...UPDATED, needs_restart: true });
      expect((await rowOf(id)).workspace_dir).toBe('/srv/y');
      expectAnswer(await change(id, { workspace_dir: null }), 200, { ...UPDATED, needs_restart: true });
      expect((await rowOf(id)).workspace_dir).toBeNull();
      expectAnswer(await change(id, { workspace_dir: '/etc' }), 400, 'invalid workspace directory');
    },
  );

  const ROWS: Row[] = [
    [verifies('core.3.3-change-malformed', 'no UUID'), () => change('x', {}), 400, 'invalid workspace ID'],
    [
      verifies('core.3.3-change-malformed', 'broken JSON'),
      () => change(live.id, '{'),
      400,
      'invalid request body',
    ],
    ...[
      { name: 7 },
      { tier: 'x' },
      { collapsed: 'yes' },
      { x: 'left', y: 1 },
      { runtime: 1 },
      { parent_id: 4 },
    ].map(
      (body): Row => [
        verifies('core.3.3-change-malformed', JSON.stringify(body)),
        () => change(live.id, body),
        400,
        'invalid request body',
      ],
    ),
    [
      verifies('core.3.3-change-lengths', 'a long name'),
      () => change(live.id, { name: 'n'.repeat(256) }),
      400,
      'name must be at most 255 characters',
    ],
    [
      verifies('core.3.3-change-lengths', 'a long role'),
      () => change(live.id, { role: 'r'.repeat(1001) }),
      400,
      'role must be at most 1000 characters',
    ],
    [
      verifies('core.3.3-change-lengths', 'a long engine'),
      () => change(live.id, { runtime: 'r'.repeat(101) }),
      400,
      'runtime must be at most 100 characters',
    ],
    [
      verifies('core.3.3-change-characters', 'a name of two lines'),
      () => change(live.id, { name: 'a\nb' }),
      400,
      'name must not contain newline characters',
    ],
    [
      verifies('core.3.3-change-characters', 'a role with a star'),
      () => change(live.id, { role: '*' }),
      400,
      'role contains invalid characters',
    ],
    [
      verifies('core.3.3-change-gone', 'unknown'),
      () => change(UNKNOWN, { name: 'x' }),
      404,
      'workspace not found',
    ],
    [
      verifies('core.3.3-change-gone', 'removed'),
      () => change(gone.id, { name: 'x' }),
      410,
      'workspace removed',
    ],
    [
      verifies('core.3.3-change-parent', 'an unknown manager'),
      () => change(live.id, { parent_id: UNKNOWN }),
      400,
      /./,
    ],
    [
      verifies('core.3.3-change-parent', 'a removed manager'),
      () => change(live.id, { parent_id: gone.id }),
      400,
      /./,
    ],
    [
      verifies('core.3.3-change-parent', 'itself'),
      () => change(live.id, { parent_id: live.id }),
      400,
      /own parent/,
    ],
    [
      verifies('core.3.3-change-parent', 'one below'),
      () => change(live.id, { parent_id: child.id }),
      400,
      /cycle/,
    ],
    [
      verifies('core.3.3-change-rights', 'its own manager'),
      () => change(live.id, { parent_id: null }, asLive),
      403,
    ],
    [verifies('core.3.3-change-rights', 'its own tier'), () => change(live.id, { tier: 1 }, asLive), 403],
    [
      verifies('core.3.3-change-rights', 'its own position'),
      () => change(live.id, { x: 1, y: 1 }, asLive),
      200,
      UPDATED,
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(
    verifies(['core.3.3-change-moved', 'core.3.3-change-parent'], 'the manager, which is told'),
    async () => {
      const id = await make({ parent_id: live.id });
      expectAnswer(await change(id, { parent_id: null }), 200, UPDATED);
      expect((await untilTold(id, 'WORKSPACE_MOVED')).payload).toEqual({
        old_parent_id: live.id,
        new_parent_id: null,
      });
      expect((await rowOf(id)).parent_id).toBeNull();
    },
  );
});

describe('deleting', () => {
  const remove = (id: string, query = '') => asAdmin('DELETE', `/workspaces/${id}${query}`);

  it(
    verifies(
      ['core.3.3-delete', 'core.3.3-delete-confirm', 'core.3.3-delete-events', 'core.16-canvas-codes'],
      'asks before it takes those below too, and tells each',
    ),
    async () => {
      const top = await addExternalAgent(tenant, 'top');
      const middle = await addExternalAgent(tenant, 'middle', top.id);
      const low = await addExternalAgent(tenant, 'low', middle.id);
      expectAnswer(await remove(top.id), 409, {
        status: 'confirmation_required',
        message: expect.any(String),
        children: [{ id: middle.id, name: 'middle' }],
        children_count: 1,
      });
      expect((await rowOf(top.id)).status).toBe('online');
      const named = [top, middle, low].map(({ id }) => expect.objectContaining({ id }));
      expectAnswer(await remove(top.id, '?confirm=true'), 200, {
        status: 'removed',
        cascade_deleted: 2,
        workspaces: named,
      });
      expect((await untilTold(top.id, 'WORKSPACE_REMOVED')).payload).toEqual({ cascade_deleted: 2 });
      for (const { id, token } of [middle, low]) {
        expect((await untilTold(id, 'WORKSPACE_REMOVED')).payload).toEqual({});
        const answer = await sendAs(tenant, bearer(token))('GET', `/registry/${id}/peers`);
        expect(answer.status).toBe(401);
      }
      expectAnswer(await remove(top.id), 200, {
        status: 'removed',
        cascade_deleted: 0,
        workspaces: expect.any(Array),
      });
    },
  );

  it(verifies('core.3.3-delete-purge', 'for good leaves no row'), async () => {
    const top = await make();
    await make({ parent_id: top });
    expectAnswer(await remove(top, '?confirm=true&purge=true'), 200, {
      status: 'purged',
      cascade_deleted: 1,
      workspaces: expect.any(Array),
    });
    expectAnswer(await asAdmin('GET', `/workspaces/${top}?include_removed=true`), 404, 'workspace not found');
  });

  const ROWS: Row[] = [
    [verifies('core.3.3-delete-errors', 'no UUID'), () => remove('x'), 400, 'invalid workspace ID'],
    [verifies('core.3.3-delete-errors', 'unknown'), () => remove(UNKNOWN), 404, 'workspace not found'],
    [
      verifies('core.3.3-delete-errors', 'again'),
      () => remove(gone.id),
      200,
      { status: 'removed', cascade_deleted: 0, workspaces: [expect.any(Object)] },
    ],
    [
      verifies('core.3.3-delete', 'with the name that later clients send'),
      async () => asAdmin('DELETE', `/workspaces/${await make()}`, undefined, { 'x-confirm-name': 'made' }),
      200,
      { status: 'removed', cascade_deleted: 0, workspaces: [expect.any(Object)] },
    ],
  ];
  it.each(ROWS)('%s', exchange);
});

describe('external workspaces', () => {
  it(
    verifies(
      ['core.3.4-without-url', 'core.3.4-connection', 'core.3.4-platform-url', 'core.16-canvas-codes'],
      'without an address wait for their agent and say how it connects',
    ),
    async () => {
      const answer = await create({ name: 'awaits', external: true });
      const body = bodyOf<{ id: string; connection: Record<string, string> }>(answer);
      expect([answer.status, body]).toEqual([
        201,
        expect.objectContaining({ external: true, status: 'awaiting_agent', connection: expect.any(Object) }),
      ]);
      const { connection } = body;
      expect(connection).toMatchObject({
        workspace_id: body.id,
        platform_url: tenant.url,
        auth_token: expect.stringMatching(/^[\w-]{43}_/),
        registry_endpoint: `${tenant.url}/registry/register`,
        heartbeat_endpoint: `${tenant.url}/registry/heartbeat`,
      });
      const snippets = `${connection.curl_register_template}${connection.python_snippet}${connection.claude_code_channel_snippet}`;
      expect(snippets).toContain('AUTH_TOKEN    = "<paste from create response>"');
      expect(snippets).toContain('WORKSPACE_AUTH_TOKEN="<paste from create response>"');
      expect(snippets).not.toContain(connection.auth_token);
      const waiting = await untilTold(body.id, 'WORKSPACE_AWAITING_AGENT');
      expect(waiting.payload).toEqual({ name: 'awaits', external: true });
      expect((await toldOf(body.id))[0]?.event_type).toBe('WORKSPACE_PROVISIONING');
      expect((await rowOf(body.id)).runtime).toBe('external');
    },
  );

  it(verifies('core.3.4-platform-url', 'name the public address without its last slash'), async () => {
    const named = await startScenarioTenant({ EXTERNAL_PLATFORM_URL: 'https://molecule.example/' });
    try {
      const answer = await sendAs(named, bearer(named.adminToken))('POST', '/workspaces', {
        name: 'a',
        external: true,
      });
      expect(bodyOf<{ connection: object }>(answer).connection).toMatchObject({
        platform_url: 'https://molecule.example',
        registry_endpoint: 'https://molecule.example/registry/register',
      });
    } finally {
      await named.stop();
    }
  });

  it(verifies('core.3.4-with-url', 'with an address are online at once'), async () => {
    const answer = await create({ name: 'there', runtime: 'external', url: 'http://203.0.114.7:8000/' });
    const id = String(bodyOf(answer).id);
    expectAnswer(answer, 201, { id, external: true, status: 'online' });
    expect((await untilTold(id, 'WORKSPACE_ONLINE')).payload).toEqual({ name: 'there', external: true });
  });

  it.each([
    ['http://127.0.0.1:8000', /blocked address/],
    ['http://169.254.169.254/', /blocked address/],
    ['http://10.0.0.1/', /blocked address/],
    ['ftp://example.com/', /^url scheme must be http or https/],
    ['http://no-such-host.invalid/', /^hostname "no-such-host.invalid" cannot be resolved \(DNS error\)/],
  ])(verifies('core.3.4-url-checked', 'are not made at %s'), async (url, error) => {
    expectAnswer(await create({ name: 'there', external: true, url }), 400, error);
  });

  it.each(['register', 'heartbeat'])(verifies('core.3.4-first-sign', 'come online by %s'), async (verb) => {
    const body = bodyOf<{ id: string; connection: { auth_token: string } }>(
      await create({ name: 'awaits', external: true }),
    );
    const asIt = sendAs(tenant, bearer(body.connection.auth_token));
    const sent =
      verb === 'register'
        ? { id: body.id, agent_card: {}, delivery_mode: 'poll' }
        : { workspace_id: body.id };
    expect((await asIt('POST', `/registry/${verb}`, sent)).status).toBe(200);
    expect((await rowOf(body.id)).status).toBe('online');
  });
});

describe('lifecycle', () => {
  const act = (id: string, verb: string) => asAdmin('POST', `/workspaces/${id}/${verb}`);

  it(
    verifies(
      ['core.3.5-pause', 'core.4.3-pause', 'core.4.3-resume'],
      'pauses with everybody below, once, and is resumed',
    ),
    async () => {
      const top = await make();
      const low = await make({ parent_id: top });
      expectAnswer(await act(top, 'pause'), 200, {
        status: 'paused',
        paused_count: 2,
        workspaces: [top, low].map((id) => ({ id, name: 'made' })),
      });
      expect((await untilTold(low, 'WORKSPACE_PAUSED')).payload).toEqual({ name: 'made' });
      expect((await rowOf(low)).status).toBe('paused');
      expectAnswer(await act(top, 'pause'), 404, 'workspace not found or already paused');
      expectAnswer(await asAdmin('GET', `/workspaces/${top}/state`), 200, {
        workspace_id: top,
        status: 'paused',
        paused: true,
        deleted: false,
      });
    },
  );

  const ROWS: Row[] = [
    [
      verifies('core.3.5-pause', 'of the unknown'),
      () => act(UNKNOWN, 'pause'),
      404,
      'workspace not found or already paused',
    ],
    [
      verifies('core.3.5-resume', 'of the unknown'),
      () => act(UNKNOWN, 'resume'),
      404,
      'workspace not found or not paused',
    ],
    [
      verifies('core.3.5-resume', 'of one that is not paused'),
      () => act(live.id, 'resume'),
      404,
      'workspace not found or not paused',
    ],
    [
      verifies('core.3.5-hibernate', 'of the unknown'),
      () => act(UNKNOWN, 'hibernate'),
      404,
      'workspace not found or not in a hibernatable state (must be online or degraded)',
    ],
    [
      verifies('core.3.5-hibernate', 'of one that only waits'),
      async () => act(await make(), 'hibernate'),
      404,
      'workspace not found or not in a hibernatable state (must be online or degraded)',
    ],
    [
      verifies('core.3.5-restart-refused', 'of the unknown'),
      () => act(UNKNOWN, 'restart'),
      404,
      'workspace not found',
    ],
    [
      verifies('core.3.5-restart-refused', 'without a backend'),
      async () => act(String(bodyOf(await create({ name: 'stuck' })).id), 'restart'),
      503,
      'provisioner not available',
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(
    verifies(['core.3.5-restart-refused', 'core.3.5-resume'], 'names the paused manager in the way'),
    async () => {
      const manager = String(bodyOf(await create({ name: 'the boss' })).id);
      const low = String(bodyOf(await create({ name: 'report', parent_id: manager })).id);
      await act(manager, 'pause');
      for (const verb of ['restart', 'resume'])
        expectAnswer(await act(low, verb), 409, 'parent workspace "the boss" is paused — resume it first');
    },
  );

  it(verifies('core.3.5-hibernate', 'counts the tasks in the way'), async () => {
    const id = String(bodyOf(await create({ name: 'busy' })).id);
    await asNobody('POST', '/registry/register', { id, agent_card: {}, delivery_mode: 'poll' });
    await asAdmin('POST', '/registry/heartbeat', { workspace_id: id, active_tasks: 2 });
    const answer = await act(id, 'hibernate');
    expect([answer.status, bodyOf(answer)]).toEqual([
      409,
      expect.objectContaining({
        error: 'workspace has active tasks; use ?force=true to terminate them',
        active_tasks: 2,
      }),
    ]);
  });
});

describe('an id that nobody has', () => {
  it(verifies('core.3.3-state-unknown', 'has no state for anybody else'), async () => {
    expect((await asLive('GET', `/workspaces/${randomUUID()}/state`)).status).toBe(401);
  });
});
