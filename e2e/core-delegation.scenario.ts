// Core delegation: a task handed from one workspace to another, from its acceptance to each of its ends.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { bearer, bodyOf, exchange, expectAnswer, type Row, type Send, sendAs } from './support/exchange.ts';
import { type ScriptedAgent, said, startScriptedAgent } from './support/scripted-agent.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const LIMIT_MS = 60_000;

interface Told {
  event_type: string;
  payload: Record<string, unknown>;
  seq: number;
}
type Rows = Record<string, unknown>[];

let tenant: ScenarioTenant;
let anyone: Send;
let agent: ScriptedAgent;
let source = '';
let target = '';
let fetching = '';
const tokens = new Map<string, Record<string, string>>();

beforeAll(async () => {
  tenant = await startScenarioTenant({ MOLECULE_ENV: 'development', A2A_IDLE_TIMEOUT_SECONDS: '2' });
  anyone = sendAs(tenant, {});
  agent = await startScriptedAgent();
  const make = async (body: Record<string, unknown>) =>
    String(bodyOf(await anyone('POST', '/workspaces', { external: true, ...body })).id);
  source = await make({ name: 'source', url: agent.url });
  target = await make({ name: 'target', url: agent.url });
  fetching = await make({ name: 'fetching' });
  const poll = { id: fetching, agent_card: { name: 'fetching' }, delivery_mode: 'poll' };
  for (const id of [target, fetching]) {
    const minted = bodyOf(await anyone('POST', `/workspaces/${id}/tokens`));
    tokens.set(id, bearer(String(minted.auth_token)));
  }
  expect((await anyone('POST', '/registry/register', poll, tokens.get(fetching))).status).toBe(200);
});
afterAll(async () => {
  await agent?.stop();
  await tenant?.stop();
});

const delegate = (body: unknown, from = source) => anyone('POST', `/workspaces/${from}/delegate`, body);
const beat = (id: string, body: Record<string, unknown> = {}) =>
  anyone('POST', '/registry/heartbeat', { workspace_id: id, ...body }, tokens.get(id));

async function start(task: string, more: Record<string, unknown> = {}): Promise<string> {
  const answer = await delegate({ target_id: target, task, ...more });
  expect(answer.status, answer.text).toBe(202);
  return String(bodyOf(answer).delegation_id);
}

const listed = async (id: string) =>
  bodyOf<Rows>(await anyone('GET', `/workspaces/${source}/delegations`)).filter(
    ({ delegation_id }) => delegation_id === id,
  );

const reaches = (id: string, status: string) =>
  until(`it is ${status}`, async () => (await listed(id))[0]?.status === status, LIMIT_MS);

/** Events of one delegation, oldest first, once the last of them is `type`. */
async function toldUntil(id: string, type: string): Promise<[string, unknown][]> {
  let told: Told[] = [];
  await until(
    `${type} is told`,
    async () => {
      const rows = bodyOf<Told[]>(await anyone('GET', `/events/${source}?limit=500`));
      told = rows.filter(({ payload }) => payload.delegation_id === id).sort((a, b) => a.seq - b.seq);
      return told.at(-1)?.event_type === type;
    },
    LIMIT_MS,
  );
  return told.map(({ event_type, payload: { delegation_id: _id, target_id: _target, ...rest } }) => [
    event_type,
    rest,
  ]);
}

const rowsOf = async (id: string) =>
  bodyOf<Rows>(await anyone('GET', `/workspaces/${source}/activity?type=delegation&limit=500`)).filter(
    (row) => JSON.stringify(row).includes(id),
  );

const SENT = (task: string) => ['DELEGATION_SENT', { task_preview: task.slice(0, 100) }];
const STATUS = (status: string) => ['DELEGATION_STATUS', { status }];

describe('a delegation', () => {
  it(
    verifies(
      ['core.8-delegate', 'core.8-dispatch', 'core.8-completed', 'core.8-rows', 'core.8-events'],
      'is accepted, sent under its own id, and completed by the answer',
    ),
    async () => {
      const reply = 'y'.repeat(400);
      agent.answer(() => ({ body: said(reply) }));
      const task = 'count '.repeat(30).trim();
      const answer = await delegate({ target_id: target, task });
      const { delegation_id: id } = bodyOf(answer);
      expectAnswer(answer, 202, { delegation_id: id, status: 'delegated', target_id: target });
      await reaches(String(id), 'completed');
      const heard = agent.heard.find(({ body }) => JSON.stringify(body).includes(String(id)));
      expect(heard?.headers['x-workspace-id']).toBe(source);
      expect(heard?.body).toMatchObject({
        method: 'message/send',
        params: {
          message: {
            role: 'user',
            messageId: id,
            parts: [{ type: 'text', text: task }],
            metadata: { delegation_id: id },
          },
        },
      });
      expect(await toldUntil(String(id), 'DELEGATION_COMPLETE')).toEqual([
        SENT(task),
        STATUS('dispatched'),
        ['DELEGATION_COMPLETE', { response_preview: reply.slice(0, 200) }],
      ]);
      expect(await listed(String(id))).toMatchObject([
        {
          type: 'delegation',
          source_id: source,
          target_id: target,
          status: 'completed',
          summary: `Delegation completed (${reply.slice(0, 80)})`,
          response_preview: reply.slice(0, 300),
        },
        { status: 'completed', summary: `Delegating to ${target}` },
      ]);
      expect(await rowsOf(String(id))).toMatchObject([
        {
          activity_type: 'delegation',
          method: 'delegate_result',
          summary: `Delegation completed (${reply.slice(0, 80)})`,
          response_body: { text: reply, delegation_id: id },
          status: 'ok',
        },
        {
          activity_type: 'delegation',
          method: 'delegate',
          summary: `Delegating to ${target}`,
          request_body: { task, delegation_id: id },
        },
      ]);
    },
  );

  it.each<[string, () => { status?: number; body: unknown }, string]>([
    ['an error of the agent', () => ({ status: 500, body: { error: 'out of tokens' } }), 'out of tokens'],
    [
      'a JSON-RPC error',
      () => ({ body: { jsonrpc: '2.0', id: '1', error: { code: -32603, message: 'it broke' } } }),
      'it broke',
    ],
    [
      'a task that failed',
      () => ({
        body: {
          jsonrpc: '2.0',
          id: '1',
          result: {
            kind: 'task',
            id: 't',
            status: { state: 'failed', message: { parts: [{ kind: 'text', text: 'I cannot' }] } },
          },
        },
      }),
      'I cannot',
    ],
  ])(
    verifies(['core.8-failed', 'core.8-events', 'core.8-rows'], 'fails with the detail of %s'),
    async (_what, reply, detail) => {
      agent.answer(reply);
      const id = await start('fail');
      await reaches(id, 'failed');
      const error = expect.stringContaining(detail);
      expect((await listed(id))[0]).toMatchObject({ summary: 'Delegation failed', error });
      expect((await toldUntil(id, 'DELEGATION_FAILED')).at(-1)).toEqual(['DELEGATION_FAILED', { error }]);
      expect((await rowsOf(id))[0]).toMatchObject({
        method: 'delegate_result',
        summary: 'Delegation failed',
        status: 'error',
        error_detail: error,
      });
    },
  );

  it(
    verifies(
      ['core.8-idempotent', 'core.8-failed-key'],
      'under a key is the first one, until that has failed',
    ),
    async () => {
      const key = { idempotency_key: randomUUID() };
      agent.answer(() => ({ status: 500, body: { error: 'not now' } }));
      const failed = await start('once', key);
      await reaches(failed, 'failed');
      agent.answer(() => ({ body: said('done') }));
      const next = await start('once', key);
      expect(next).not.toBe(failed);
      await reaches(next, 'completed');
      const again = await delegate({ target_id: target, task: 'once', ...key });
      expectAnswer(again, 202, {
        delegation_id: next,
        status: 'completed',
        target_id: target,
        idempotent_hit: true,
      });
    },
  );

  it(
    verifies(
      ['core.8-queued', 'core.6.6-reply'],
      'that meets a busy agent is queued, and ended by the answer of the queue',
    ),
    async () => {
      agent.answer(() => new Promise(() => {}));
      await beat(target, { active_tasks: 1 });
      const id = await start('wait');
      await reaches(id, 'queued');
      agent.answer(() => ({ body: said('at last') }));
      await beat(target, { active_tasks: 0 });
      await reaches(id, 'completed');
      expect(await toldUntil(id, 'DELEGATION_COMPLETE')).toEqual([
        SENT('wait'),
        STATUS('dispatched'),
        STATUS('queued'),
        ['DELEGATION_COMPLETE', { response_preview: 'at last', via: 'queue_drain' }],
      ]);
      expect((await rowsOf(id)).map(({ summary }) => summary)).toEqual([
        'Delegation completed (at last)',
        'Delegation queued — target at capacity',
        `Delegating to ${target}`,
      ]);
    },
  );

  const REFUSED: Row[] = [
    [
      verifies('core.8-refused', 'without a target'),
      () => delegate({ task: 'x' }),
      400,
      'invalid delegation request',
    ],
    [
      verifies('core.8-refused', 'without a task'),
      () => delegate({ target_id: target }),
      400,
      'invalid delegation request',
    ],
    [verifies('core.8-refused', 'no JSON'), () => delegate('{'), 400, 'invalid delegation request'],
    [
      verifies('core.8-refused', 'to no UUID'),
      () => delegate({ target_id: 'x', task: 'x' }),
      400,
      'target_id must be a valid UUID',
    ],
    [
      verifies('core.8-refused', 'to oneself'),
      () => delegate({ target_id: source, task: 'x' }),
      400,
      'self-delegation not permitted',
    ],
  ];
  it.each(REFUSED)('%s', exchange);
});

describe('a delegation to an agent that fetches', () => {
  const fetched = async (id: string) => {
    const rows = bodyOf<Rows>(await anyone('GET', `/workspaces/${fetching}/activity?limit=500`));
    return rows.find((row) => JSON.stringify(row.request_body ?? null).includes(id));
  };
  const handOver = async (task: string) => {
    const answer = await delegate({ target_id: fetching, task });
    const id = String(bodyOf(answer).delegation_id);
    await reaches(id, 'queued');
    expect(await fetched(id)).toMatchObject({ method: 'message/send', source_id: source });
    return id;
  };
  /** As an agent that fetches writes: with its name. */
  const write = (from: string, text: string, metadata?: Record<string, unknown>) =>
    anyone(
      'POST',
      `/workspaces/${source}/a2a`,
      {
        jsonrpc: '2.0',
        id: 1,
        method: 'message/send',
        params: { message: { role: 'agent', parts: [{ kind: 'text', text }], metadata } },
      },
      { 'x-workspace-id': from, ...tokens.get(from) },
    );

  it(
    verifies(
      ['core.8-queued', 'core.8-completed', 'core.8-events'],
      'is queued until that agent answers, and nobody else can answer for it',
    ),
    async () => {
      agent.answer(() => ({ body: said('thank you') }));
      const [first, second] = [await handOver('first'), await handOver('second')];
      // Somebody else with its id, and the agent itself with a word that could mean either.
      expect((await write(target, 'forged', { delegation_id: first })).status).toBe(200);
      expect((await write(fetching, 'which one?')).status).toBe(200);
      for (const id of [first, second]) expect((await listed(id))[0]?.status).toBe('queued');
      // The chain that came with the message does not refuse its answer.
      const row = await fetched(second);
      const sent = row?.request_body as { params: { message: { metadata: object } } };
      expect((await write(fetching, 'the second', { ...sent.params.message.metadata })).status).toBe(200);
      expect((await listed(second))[0]).toMatchObject({
        status: 'completed',
        response_preview: 'the second',
      });
      expect((await listed(first))[0]?.status).toBe('queued');
      // Agents that know no ids: one open delegation, one answer.
      expect((await write(fetching, 'the first')).status).toBe(200);
      expect(await toldUntil(first, 'DELEGATION_COMPLETE')).toEqual([
        SENT('first'),
        STATUS('dispatched'),
        STATUS('queued'),
        ['DELEGATION_COMPLETE', { response_preview: 'the first', via: 'poll' }],
      ]);
      expect(agent.heard.at(-1)?.body).toMatchObject({
        params: { message: { parts: [{ text: 'the first' }] } },
      });
    },
  );
});

describe('a delegation that the agent sent itself', () => {
  const record = (body: unknown) => anyone('POST', `/workspaces/${source}/delegations/record`, body);
  const update = (id: string, body: unknown) =>
    anyone('POST', `/workspaces/${source}/delegations/${id}/update`, body);

  it.each<[string, Record<string, unknown>, [string, unknown]]>([
    [
      'completed',
      { response_preview: 'all counted' },
      ['DELEGATION_COMPLETE', { response_preview: 'all counted' }],
    ],
    ['failed', { error: 'lost the count' }, ['DELEGATION_FAILED', { error: 'lost the count' }]],
  ])(
    verifies(['core.8-record', 'core.8-update'], 'is recorded and reported as %s'),
    async (status, more, last) => {
      const id = randomUUID();
      expectAnswer(await record({ target_id: target, task: 'count', delegation_id: id }), 202, {
        delegation_id: id,
        status: 'recorded',
      });
      expect((await listed(id))[0]?.status).toBe('dispatched');
      expectAnswer(await update(id, { status: 'queued' }), 200, { status: 'queued', delegation_id: id });
      expectAnswer(await update(id, { status, ...more }), 200, { status, delegation_id: id });
      expect(await toldUntil(id, last[0])).toEqual([SENT('count'), STATUS('queued'), last]);
      expect((await rowsOf(id)).map(({ method }) => method)).toEqual([
        'delegate_result',
        'delegate_result',
        'delegate',
      ]);
      expect((await listed(id)).map((row) => row.status)).toEqual([status, status]);
    },
  );

  const ROWS: Row[] = [
    [
      verifies('core.8-record', 'without a task'),
      () => record({ target_id: target, delegation_id: randomUUID() }),
      400,
      'invalid request body',
    ],
    [
      verifies('core.8-record', 'to no UUID'),
      () => record({ target_id: 'x', task: 'x', delegation_id: randomUUID() }),
      400,
      'target_id must be a valid UUID',
    ],
    [verifies('core.8-update', 'no JSON'), () => update(randomUUID(), '{'), 400, 'invalid request body'],
    [
      verifies('core.8-update', 'another status'),
      () => update(randomUUID(), { status: 'received' }),
      400,
      "status must be 'completed' or 'failed'",
    ],
    [
      verifies('core.8-update', 'of the unknown'),
      () => update(randomUUID(), { status: 'completed' }),
      404,
      'delegation not found',
    ],
  ];
  it.each(ROWS)('%s', exchange);
});
