// Core activity: what is listed and how, what an agent may write down, and what it tells its people.

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
const NO_CURSOR =
  'since_id cursor not found (row may have been pruned or belongs to a different workspace); omit since_id to reset';
const TYPES = 'a2a_send, a2a_receive, task_update, agent_log, skill_promotion, memory_write, error';

type Activity = Record<string, unknown> & { id: string; created_at: string; summary: string | null };

let tenant: ScenarioTenant;
let agent: ExternalAgent;
let peer: ExternalAgent;
let asAdmin: Send;
let asAgent: Send;
let asPeer: Send;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  agent = await addExternalAgent(tenant, 'agent');
  peer = await addExternalAgent(tenant, 'peer');
  asAdmin = sendAs(tenant, bearer(tenant.adminToken));
  asAgent = sendAs(tenant, bearer(agent.token));
  asPeer = sendAs(tenant, bearer(peer.token));
});
afterAll(() => tenant?.stop());

const list = (query = '', send = asAgent, id = agent.id) => send('GET', `/workspaces/${id}/activity${query}`);
const rows = async (query = '') => bodyOf<Activity[]>(await list(query));
const log = (body: unknown, send = asAgent) => send('POST', `/workspaces/${agent.id}/activity`, body);
const notify = (body: unknown, id = agent.id) => asAdmin('POST', `/workspaces/${id}/notify`, body);
const message = { method: 'message/send', params: { message: { role: 'user', parts: [{ text: 'x' }] } } };
const say = (send: Send) => send('POST', `/workspaces/${agent.id}/a2a`, message);

describe('writing', () => {
  it.each(TYPES.split(', '))(
    verifies(['core.9.2-types', 'core.9.2-logged'], '%s is a type'),
    async (activity_type) => {
      expectAnswer(await log({ activity_type }), 200, { status: 'logged' });
      expect((await rows('?limit=1'))[0]).toMatchObject({ activity_type });
    },
  );

  const ROWS: Row[] = [
    [
      verifies(['core.9.2-types', 'core.16-mcp-types'], 'tool_call is none'),
      () => log({ activity_type: 'tool_call' }),
      400,
      `invalid activity_type, must be one of: ${TYPES}`,
    ],
    [verifies('core.9.2-logged', 'without a type'), () => log({ summary: 'x' }), 400, 'invalid request body'],
    [verifies('core.9.2-logged', 'broken JSON'), () => log('{'), 400, 'invalid request body'],
    [
      verifies('core.9.2-logged', 'a number for words'),
      () => log({ activity_type: 'agent_log', summary: 1 }),
      400,
      'invalid request body',
    ],
    [
      verifies('core.9.2-source', 'in another’s name'),
      () => log({ activity_type: 'agent_log', source_id: peer.id }),
      403,
      'source_id must match authenticated workspace',
    ],
    [
      verifies('core.9.2-source', 'in one’s own name'),
      () => log({ activity_type: 'agent_log', source_id: agent.id }),
      200,
      { status: 'logged' },
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(
    verifies(
      ['core.9.2-status', 'core.9.2-source', 'core.9.2-bodies'],
      'fills in status, source and the metadata',
    ),
    async () => {
      await log({ activity_type: 'agent_log', metadata: { steps: [1, 2] } });
      expect((await rows('?limit=1'))[0]).toMatchObject({
        status: 'ok',
        source_id: agent.id,
        request_body: { steps: [1, 2] },
      });
      const whole = {
        activity_type: 'error',
        method: 'tools/call',
        summary: 'it broke',
        target_id: peer.id,
        status: 'timeout',
        error_detail: 'too slow',
        duration_ms: 12,
        request_body: ['any', null],
        response_body: 'text',
      };
      await log(whole);
      expect((await rows('?limit=1'))[0]).toMatchObject(whole);
    },
  );
});

describe('listing', () => {
  it(verifies('core.9.1-row', 'has every field, and leaves empty bodies out'), async () => {
    await log({ activity_type: 'agent_log' });
    const [row] = await rows('?limit=1');
    expect(row).toMatchObject({
      id: expect.any(String),
      workspace_id: agent.id,
      activity_type: 'agent_log',
      source_id: agent.id,
      target_id: null,
      method: null,
      summary: null,
      duration_ms: null,
      status: 'ok',
      error_detail: null,
      created_at: expect.any(String),
    });
    for (const name of ['request_body', 'response_body', 'tool_trace']) expect(row).not.toHaveProperty(name);
  });

  it(verifies('core.9.1-type', 'filters by type'), async () => {
    await log({ activity_type: 'skill_promotion' });
    const found = await rows('?type=skill_promotion');
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found.map((row) => row.activity_type))).toEqual(new Set(['skill_promotion']));
    expect(await rows('?type=no_such_type')).toEqual([]);
  });

  it(verifies('core.9.1-source', 'tells people from agents'), async () => {
    await say(asAdmin);
    await say(asPeer);
    const [canvas, agents] = [await rows('?source=canvas'), await rows('?source=agent')];
    expect(new Set(canvas.map((row) => row.source_id))).toEqual(new Set([null]));
    expect(agents.length).toBeGreaterThan(0);
    expect(agents.every((row) => row.source_id !== null)).toBe(true);
  });

  it(verifies('core.9.1-peer-id', 'finds what concerns a peer'), async () => {
    await say(asPeer);
    const found = await rows(`?peer_id=${peer.id}`);
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((row) => row.source_id === peer.id || row.target_id === peer.id)).toBe(true);
  });

  it(
    verifies(
      ['core.9.1-since-id', 'core.9.1-order', 'core.16-poll-cold'],
      'goes on after a row, oldest first, and loses none',
    ),
    async () => {
      await Promise.all(
        Array.from({ length: 20 }, (_, at) => log({ activity_type: 'agent_log', summary: `n${at}` })),
      );
      const newestFirst = await rows('?limit=20');
      const order = newestFirst.map(({ seq }) => Number(seq));
      expect(order).toEqual([...order].sort((a, b) => b - a));
      const [cursor] = newestFirst.slice(-1);
      const after = await rows(`?since_id=${cursor?.id}`);
      expect(after.map(({ id }) => id)).toEqual(
        newestFirst
          .slice(0, -1)
          .map(({ id }) => id)
          .reverse(),
      );
      const pages: string[] = [];
      let at = cursor?.id;
      for (
        let page = await rows(`?since_id=${at}&limit=3`);
        page.length > 0;
        page = await rows(`?since_id=${at}&limit=3`)
      ) {
        pages.push(...page.map(({ id }) => id));
        at = pages.at(-1);
      }
      expect(pages).toEqual(after.map(({ id }) => id));
    },
  );

  it(
    verifies(['core.9.1-before-ts', 'core.9.1-since-secs'], 'goes back in time, and no further than asked'),
    async () => {
      const all = await rows('?limit=500');
      const middle = all[Math.floor(all.length / 2)]?.created_at ?? '';
      const older = await rows(`?limit=500&before_ts=${encodeURIComponent(middle)}`);
      expect(older.every(({ created_at }) => Date.parse(created_at) < Date.parse(middle))).toBe(true);
      expect(older.length).toBeGreaterThan(0);
      expect((await rows('?since_secs=3600&limit=500')).length).toBe(all.length);
      expect((await rows('?since_secs=99999999999&limit=500')).length).toBe(all.length);
    },
  );

  it(
    verifies('core.9.1-limit', 'gives 100, 500 at most, and the default for what is no number'),
    async () => {
      const many = await addExternalAgent(tenant, 'many');
      const send = sendAs(tenant, bearer(many.token));
      for (let at = 0; at < 510; at += 51)
        await Promise.all(
          Array.from({ length: 51 }, () =>
            send('POST', `/workspaces/${many.id}/activity`, { activity_type: 'agent_log' }),
          ),
        );
      const count = async (query: string) => bodyOf<unknown[]>(await list(query, asAdmin, many.id)).length;
      expect([
        await count(''),
        await count('?limit=500'),
        await count('?limit=501'),
        await count('?limit=x'),
      ]).toEqual([100, 500, 500, 100]);
    },
  );

  const ROWS: Row[] = [
    [
      verifies('core.9.1-source', 'another source'),
      () => list('?source=both'),
      400,
      "source must be 'canvas' or 'agent'",
    ],
    ...['0', '-1', 'x', '1.5'].map(
      (value): Row => [
        verifies('core.9.1-since-secs', `since ${value} seconds`),
        () => list(`?since_secs=${value}`),
        400,
        'since_secs must be a positive integer',
      ],
    ),
    [
      verifies('core.9.1-peer-id', 'a peer in words'),
      () => list('?peer_id=bob'),
      400,
      'peer_id must be a UUID',
    ],
    [
      verifies('core.9.1-before-ts', 'before yesterday'),
      () => list('?before_ts=yesterday'),
      400,
      'before_ts must be an RFC3339 timestamp (e.g. 2026-05-01T00:00:00Z)',
    ],
    [
      verifies(['core.9.1-since-id', 'core.16-plugin-probe'], 'after zero'),
      () => list('?since_id=00000000-0000-0000-0000-000000000000'),
      410,
      NO_CURSOR,
    ],
    [verifies('core.9.1-since-id', 'after the unknown'), () => list(`?since_id=${UNKNOWN}`), 410, NO_CURSOR],
    [verifies('core.9.1-since-id', 'after words'), () => list('?since_id=last'), 410, NO_CURSOR],
    [
      verifies('core.9.1-since-id', 'after a row of another'),
      async () => {
        const [foreign] = bodyOf<Activity[]>(await list('?limit=1'));
        return list(`?since_id=${foreign?.id}`, asPeer, peer.id);
      },
      410,
      NO_CURSOR,
    ],
    [verifies('core.9.1-unknown', 'of the unknown'), () => list('', asAdmin, UNKNOWN), 200, []],
  ];
  it.each(ROWS)('%s', exchange);
});

describe('telling people', () => {
  it(
    verifies(
      ['core.9.3-sent', 'core.9.3-attachments'],
      'broadcasts and keeps the message with its attachments',
    ),
    async () => {
      const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/ws`, {
        headers: bearer(tenant.adminToken),
      });
      const frames: { event: string; payload: Record<string, unknown> }[] = [];
      socket.on('message', (data) => frames.push(JSON.parse(String(data))));
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      const attachments = [
        { uri: 'workspace:/workspace/a b.txt', name: 'a b.txt', mimeType: 'text/plain', size: 3 },
      ];
      expectAnswer(await notify({ message: 'm'.repeat(100), attachments }), 200, { status: 'sent' });
      await until('it is told', () => frames.some(({ event }) => event === 'AGENT_MESSAGE'));
      expect(frames.find(({ event }) => event === 'AGENT_MESSAGE')?.payload).toEqual({
        message: 'm'.repeat(100),
        workspace_id: agent.id,
        name: 'agent',
        attachments,
      });
      expect((await rows('?limit=1'))[0]).toMatchObject({
        activity_type: 'a2a_receive',
        method: 'notify',
        source_id: null,
        summary: expect.stringMatching(/^Agent message: m{80}/),
        response_body: { result: 'm'.repeat(100), parts: [{ kind: 'file', file: attachments[0] }] },
      });
      socket.close();
    },
  );

  it(verifies('core.9.3-sent', 'keeps no list of no attachments'), async () => {
    await notify({ message: 'short', attachments: [] });
    expect((await rows('?limit=1'))[0]?.response_body).toEqual({ result: 'short' });
  });

  const ROWS: Row[] = [
    [verifies('core.9.3-message', 'nothing'), () => notify({}), 400, 'message is required'],
    [
      verifies('core.9.3-message', 'an empty message'),
      () => notify({ message: '' }),
      400,
      'message is required',
    ],
    [
      verifies('core.9.3-attachments', 'an attachment without a name'),
      () => notify({ message: 'x', attachments: [{ uri: 'a', name: 'a' }, { uri: 'b' }] }),
      400,
      'attachment[1]: uri and name are required',
    ],
    [
      verifies('core.9.3-attachments', 'an attachment without an address'),
      () => notify({ message: 'x', attachments: [{ uri: '', name: 'a' }] }),
      400,
      'attachment[0]: uri and name are required',
    ],
    [
      verifies('core.9.3-unknown', 'for the unknown'),
      () => notify({ message: 'x' }, UNKNOWN),
      404,
      'workspace not found',
    ],
  ];
  it.each(ROWS)('%s', exchange);
});
