// Core relay: who may send, what is checked first, what reaches the agent, what comes back, what is written down.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { verifies } from './requirements.ts';
import { bearer, bodyOf, exchange, expectAnswer, type Row, type Send, sendAs } from './support/exchange.ts';
import { type ScriptedAgent, said, startScriptedAgent } from './support/scripted-agent.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const UNKNOWN = '11111111-1111-4111-8111-111111111111';
const message = (text = 'hello', more: Record<string, unknown> = {}) => ({
  jsonrpc: '2.0',
  id: 'call-1',
  method: 'message/send',
  params: { message: { role: 'user', kind: 'message', parts: [{ kind: 'text', text }], ...more } },
});
type Activity = Record<string, unknown> & { method: string | null; status: string };

describe('the relay of a closed tenant', () => {
  let tenant: ScenarioTenant;
  let sender: ExternalAgent;
  let target: ExternalAgent;
  let below: ExternalAgent;
  let gone: ExternalAgent;
  let asAdmin: Send;

  beforeAll(async () => {
    tenant = await startScenarioTenant();
    asAdmin = sendAs(tenant, bearer(tenant.adminToken));
    sender = await addExternalAgent(tenant, 'sender');
    target = await addExternalAgent(tenant, 'target');
    below = await addExternalAgent(tenant, 'below', target.id);
    gone = await addExternalAgent(tenant, 'gone');
    await asAdmin('DELETE', `/workspaces/${gone.id}`);
  });
  afterAll(() => tenant?.stop());

  const as = (agent: ExternalAgent | null, named?: string): Send =>
    sendAs(tenant, {
      ...(agent === null ? {} : bearer(agent.token)),
      ...(named === undefined ? {} : { 'x-workspace-id': named }),
    });
  const say = (send: Send, to: string, body: unknown = message()) =>
    send('POST', `/workspaces/${to}/a2a`, body);
  const queued = { status: 'queued', delivery_mode: 'poll', method: 'message/send' };
  const denied = 'access denied: workspaces cannot communicate per hierarchy rules';

  const ROWS: Row[] = [
    [verifies('core.6.1-unnamed', 'passes an administrator'), () => say(asAdmin, target.id), 200, queued],
    [verifies('core.6.1-unnamed', 'passes the target itself'), () => say(as(target), target.id), 200, queued],
    [
      verifies(['core.6.1-unnamed', 'core.16-cli-register'], 'passes a bearer alone'),
      () => say(as(sender), target.id),
      200,
      queued,
    ],
    [
      verifies('core.6.1-unnamed', 'judges a bearer alone by the chart'),
      () => say(as(sender), below.id),
      403,
      denied,
    ],
    [verifies('core.6.1-nobody', 'refuses nobody'), () => say(as(null), target.id), 401, /./],
    [
      verifies('core.6.1-nobody', 'refuses a wrong bearer'),
      () => say(sendAs(tenant, bearer('x'.repeat(50))), target.id),
      401,
      /./,
    ],
    [
      verifies('core.6.1-self', 'refuses whoever only says to be the target'),
      () => say(as(null, target.id), target.id),
      401,
      'missing caller auth token',
    ],
    [
      verifies('core.6.1-self', 'passes the target that proves it'),
      () => say(as(target, target.id), target.id),
      200,
      queued,
    ],
    [
      verifies('core.6.1-source-header', 'reads the other header'),
      () =>
        sendAs(tenant, { ...bearer(sender.token), 'x-source-workspace-id': sender.id })(
          'POST',
          `/workspaces/${target.id}/a2a`,
          message(),
        ),
      200,
      queued,
    ],
    [
      verifies('core.6.1-source-header', 'asks for its token too'),
      () =>
        sendAs(tenant, { 'x-source-workspace-id': sender.id })(
          'POST',
          `/workspaces/${target.id}/a2a`,
          message(),
        ),
      401,
      'missing caller auth token',
    ],
    [
      verifies('core.6.2-body', 'needs a body'),
      () => asAdmin('POST', `/workspaces/${target.id}/a2a`),
      400,
      'failed to read request body',
    ],
    [
      verifies('core.6.2-token', 'needs the token of the named'),
      () => say(as(null, sender.id), target.id),
      401,
      'missing caller auth token',
    ],
    [
      verifies('core.6.2-token', 'needs the right one'),
      () => say(as(below, sender.id), target.id),
      401,
      'invalid caller auth token',
    ],
    [
      verifies('core.6.2-hierarchy', 'follows the chart'),
      () => say(as(sender, sender.id), below.id),
      403,
      denied,
    ],
    [
      verifies('core.6.2-target', 'knows its targets'),
      () => say(asAdmin, UNKNOWN),
      404,
      'workspace not found',
    ],
    [
      verifies('core.6.2-target', 'forgets none that is gone'),
      () => say(asAdmin, gone.id),
      410,
      'workspace removed',
    ],
    [
      verifies('core.6.2-payload', 'reads JSON'),
      () => say(asAdmin, target.id, '{"method":'),
      400,
      'invalid JSON',
    ],
    [
      verifies(['core.6.3-object', 'core.6.2-payload'], 'reads an object'),
      () => say(asAdmin, target.id, '[]'),
      400,
      'invalid JSON',
    ],
    [
      verifies('core.6.2-target', 'asks for the token before it tells what exists'),
      () => say(as(null, sender.id), UNKNOWN),
      401,
      'missing caller auth token',
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(
    verifies(
      ['core.6.7-queued', 'core.6.7-row', 'core.6.8-outbound'],
      'keeps a message for a polling target before it answers',
    ),
    async () => {
      const before = Date.now();
      const answer = await say(as(sender, sender.id), target.id, message('keep this'));
      expectAnswer(answer, 200, queued);
      const rows = bodyOf<Activity[]>(await asAdmin('GET', `/workspaces/${target.id}/activity?limit=1`));
      expect(rows[0]).toMatchObject({
        activity_type: 'a2a_receive',
        method: 'message/send',
        source_id: sender.id,
        status: 'ok',
        summary: 'message/send → target (queued for poll)',
        request_body: { params: { message: { parts: [{ kind: 'text', text: 'keep this' }] } } },
      });
      await say(asAdmin, target.id);
      const [byPeople] = bodyOf<Activity[]>(
        await asAdmin('GET', `/workspaces/${target.id}/activity?limit=1`),
      );
      expect(byPeople?.source_id).toBeNull();
      const row = bodyOf(await asAdmin('GET', `/workspaces/${sender.id}`));
      expect(Date.parse(String(row.last_outbound_at))).toBeGreaterThanOrEqual(before - 1_000);
    },
  );

  it(verifies('core.6.6-drop-stale', 'drops stale messages for administrators'), async () => {
    const drop = (query: string) => asAdmin('POST', `/admin/a2a-queue/drop-stale${query}`);
    for (const query of ['', '?max_age_minutes=1', `?workspace_id=${target.id}`])
      expectAnswer(await drop(query), 200, { dropped: 0 });
    for (const bad of ['0', '-1', 'x', '1.5'])
      expectAnswer(await drop(`?max_age_minutes=${bad}`), 400, 'max_age_minutes must be a positive integer');
  });

  it(verifies(['core.6.9-card', 'core.6.1-unnamed'], 'shows a card that leads to itself'), async () => {
    const path = `/workspaces/${target.id}/.well-known/agent-card.json`;
    const card = bodyOf(await as(sender)('GET', path));
    expect(card).toMatchObject({ name: 'target', url: `${tenant.url}/workspaces/${target.id}/a2a` });
    expect((await as(null)('GET', path)).status).toBe(401);
  });
});

describe('the relay to an agent that listens', () => {
  let tenant: ScenarioTenant;
  let agent: ScriptedAgent;
  let id = '';
  let anyone: Send;

  beforeAll(async () => {
    tenant = await startScenarioTenant({ MOLECULE_ENV: 'development', A2A_IDLE_TIMEOUT_SECONDS: '2' });
    agent = await startScriptedAgent();
    anyone = sendAs(tenant, {});
    const made = await anyone('POST', '/workspaces', { name: 'listener', external: true, url: agent.url });
    id = String(bodyOf(made).id);
  });
  afterAll(async () => {
    await agent?.stop();
    await tenant?.stop();
  });

  const say = (body: unknown = message(), headers: Record<string, string> = {}, to = id) =>
    anyone('POST', `/workspaces/${to}/a2a`, body, headers);
  const lastHeard = () => agent.heard.at(-1);
  const messageHeard = () => {
    const { params } = (lastHeard()?.body ?? {}) as { params?: { message?: Record<string, unknown> } };
    return params?.message ?? {};
  };
  const lastRow = async () =>
    bodyOf<Activity[]>(await anyone('GET', `/workspaces/${id}/activity?limit=1`))[0];

  it(
    verifies(
      ['core.6.4-success', 'core.6.3-credentials'],
      'passes the answer on as it is, and no credential',
    ),
    async () => {
      agent.answer(() => ({ body: said('hi') }));
      const answer = await say(message(), { cookie: 'other=x', 'x-api-key': 'secret' });
      expect([answer.status, answer.text]).toEqual([200, JSON.stringify(said('hi'))]);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(lastHeard()?.headers.authorization).toBeUndefined();
      expect(lastHeard()?.headers.cookie).toBeUndefined();
    },
  );

  it(verifies('core.6.4-success', 'passes JSON-RPC errors at 200 untouched'), async () => {
    const body = { jsonrpc: '2.0', id: '1', error: { code: -32601, message: 'Method not found' } };
    agent.answer(() => ({ body }));
    expectAnswer(await say(), 200, body);
  });

  it(verifies('core.6.3-replies', 'passes answers that are no JSON-RPC'), async () => {
    agent.answer(() => ({ body: { status: 'ok', result: 7 } }));
    expectAnswer(await say(), 200, { status: 'ok', result: 7 });
  });

  it.each([
    [418, { error: 'a teapot' }, 'a teapot'],
    [500, { error: 'out of tokens' }, 'out of tokens'],
    [404, 'nothing', /./],
  ])(verifies('core.6.4-agent-error', 'passes %i on with its error'), async (status, body, error) => {
    agent.answer(() => ({ status, body }));
    expectAnswer(await say(), status, error);
    expect(await lastRow()).toMatchObject({ status: 'error', error_detail: expect.stringMatching(/./) });
  });

  const WRAPPED: [title: string, body: Record<string, unknown>, params: unknown][] = [
    [
      'a method and its params',
      { method: 'message/send', params: { message: { role: 'user', parts: [{ kind: 'text', text: 'a' }] } } },
      { message: { parts: [{ kind: 'text', text: 'a' }] } },
    ],
    [
      'a message in words',
      { agent_id: 'x', message: 'b' },
      { message: { role: 'user', parts: [{ text: 'b' }] } },
    ],
    [
      'a message',
      { message: { role: 'user', parts: [{ type: 'text', text: 'c' }] } },
      { message: { parts: [{ type: 'text', text: 'c' }] } },
    ],
    ['a text', { text: 'd' }, { message: { role: 'user', parts: [{ text: 'd' }] } }],
    [
      'parts',
      { parts: [{ kind: 'text', text: 'e' }] },
      { message: { parts: [{ kind: 'text', text: 'e' }] } },
    ],
  ];
  it.each(WRAPPED)(verifies('core.6.3-wrapped', 'makes a call of %s'), async (_title, body, params) => {
    agent.answer(() => ({ body: said('ok') }));
    expect((await say(body)).status).toBe(200);
    expect(lastHeard()?.body).toMatchObject({
      jsonrpc: '2.0',
      id: expect.anything(),
      method: 'message/send',
      params,
    });
  });

  it(
    verifies(
      ['core.6.3-message-id', 'core.6.3-parts'],
      'fills in a missing message id, keeps a given one, and touches no part',
    ),
    async () => {
      agent.answer(() => ({ body: said('ok') }));
      const idOf = () => messageHeard().messageId;
      await say(message());
      expect(idOf()).toMatch(/^[0-9a-f-]{36}$/);
      await say(message('x', { messageId: 'mine-1' }));
      expect(idOf()).toBe('mine-1');
      const parts = [
        { type: 'text', text: 'a', extra: { deep: [1] } },
        { kind: 'file', file: { uri: 'workspace:x', name: 'x' } },
      ];
      await say(message('x', { parts }));
      expect(messageHeard().parts).toEqual(parts);
    },
  );

  it(
    verifies(
      ['core.6.8-row', 'core.6.8-tool-trace', 'core.6.8-activity-event', 'core.6.8-response-event'],
      'writes one row and tells people',
    ),
    async () => {
      const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/ws`);
      const frames: { event: string; workspace_id: string; payload: Record<string, unknown> }[] = [];
      socket.on('message', (data) => frames.push(JSON.parse(String(data))));
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      const trace = [{ tool: 'count', input: 'x' }];
      const reply = said('traced', { metadata: { tool_trace: trace } });
      agent.answer(() => ({ body: reply }));
      await say(message('trace it'));
      expect(await lastRow()).toMatchObject({
        workspace_id: id,
        target_id: id,
        activity_type: 'a2a_receive',
        source_id: null,
        method: 'message/send',
        summary: 'message/send → listener',
        request_body: { method: 'message/send' },
        response_body: reply,
        tool_trace: trace,
        duration_ms: expect.any(Number),
        status: 'ok',
        error_detail: null,
      });
      const told = (event: string) =>
        frames.find((frame) => frame.event === event && frame.workspace_id === id);
      await until(
        'both are told',
        () => told('ACTIVITY_LOGGED') !== undefined && told('A2A_RESPONSE') !== undefined,
      );
      expect(told('ACTIVITY_LOGGED')?.payload).toMatchObject({
        activity_type: 'a2a_receive',
        method: 'message/send',
        summary: 'message/send → listener',
        status: 'ok',
        source_id: null,
        target_id: id,
        duration_ms: expect.any(Number),
      });
      expect(told('A2A_RESPONSE')?.payload).toMatchObject({
        response_body: reply,
        method: 'message/send',
        duration_ms: expect.any(Number),
      });
      socket.close();
    },
  );

  it(verifies('core.6.8-error-row', 'writes down what failed'), async () => {
    agent.answer(() => ({ status: 500, body: { error: 'out of tokens' } }));
    await say();
    expect(await lastRow()).toMatchObject({
      status: 'error',
      error_detail: expect.stringContaining('out of tokens'),
      summary: expect.stringMatching(/^A2A request to listener failed: /),
    });
  });

  it(
    verifies(
      'core.6.6-idempotency',
      'answers a repeated message once more without asking again, and refuses another under its id',
    ),
    async () => {
      agent.answer(() => ({ body: said('once') }));
      const asked = agent.heard.length;
      const body = message('only once', { messageId: 'key-1' });
      const [first, second] = [await say(body), await say(body)];
      expect([first.status, second.status, second.text]).toEqual([200, 200, first.text]);
      expect(agent.heard.length).toBe(asked + 1);
      expect((await say(message('something else', { messageId: 'key-1' }))).status).toBe(422);
      await say(message('no key'));
      await say(message('no key'));
      expect(agent.heard.length).toBe(asked + 3);
    },
  );

  it(
    verifies(
      'core.6.5-timeout-header',
      'gives up when the sender’s time is over, and ignores what is no number',
    ),
    async () => {
      agent.answer(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        return { body: said('late') };
      });
      expect((await say(message(), { 'x-timeout': '1' })).status).toBe(504);
      for (const value of ['0', 'soon', '-1'])
        expect([value, (await say(message(), { 'x-timeout': value })).status]).toEqual([value, 200]);
    },
  );

  it(
    verifies(
      ['core.6.5-idle', 'core.6.4-busy-queued', 'core.6.6-drain'],
      'queues behind an agent that is silent for too long, and drains with its heartbeat',
    ),
    async () => {
      agent.answer(() => new Promise(() => {}));
      const answer = await say(message('patience', { messageId: 'patient-1' }));
      expectAnswer(
        answer,
        202,
        expect.objectContaining({
          queued: true,
          queue_id: expect.any(String),
          queue_depth: expect.any(Number),
          message: expect.any(String),
        }),
      );
      agent.answer(() => ({ body: said('at last') }));
      const isDelivered = () =>
        agent.heard.filter((one) => JSON.stringify(one.body).includes('patient-1')).length > 1;
      await until(
        'it is delivered',
        async () => {
          await anyone('POST', '/registry/heartbeat', { workspace_id: id, active_tasks: 0 });
          return isDelivered();
        },
        30_000,
      );
    },
  );

  it(verifies('core.6.4-busy-session', 'leaves the retry to an adapter that keeps its session'), async () => {
    const capabilities = { session: true };
    await anyone('POST', '/registry/heartbeat', { workspace_id: id, runtime_metadata: { capabilities } });
    agent.answer(() => new Promise(() => {}));
    const answer = await say();
    expect(answer.headers.get('retry-after')).toBe('30');
    expectAnswer(
      answer,
      503,
      expect.objectContaining({
        error: 'workspace agent busy — adapter handles retry (native_session)',
        busy: true,
        retry_after: 30,
        native_session: true,
      }),
    );
    await anyone('POST', '/registry/heartbeat', { workspace_id: id });
  });

  it(verifies('core.6.4-away-for-good', 'refuses the paused, and queues nothing'), async () => {
    const made = await anyone('POST', '/workspaces', { name: 'paused', external: true, url: agent.url });
    const paused = String(bodyOf(made).id);
    await anyone('POST', `/workspaces/${paused}/pause`);
    const answer = await say(message(), {}, paused);
    expect([answer.status, bodyOf(answer)]).toEqual([503, expect.objectContaining({ status: 'paused' })]);
  });

  it(verifies('core.6.4-unreachable', 'says that nobody is there'), async () => {
    const gone = await startScriptedAgent();
    const made = await anyone('POST', '/workspaces', { name: 'gone', external: true, url: gone.url });
    await gone.stop();
    expectAnswer(await say(message(), {}, String(bodyOf(made).id)), 502, 'failed to reach workspace agent');
  });

  it(verifies(['core.7-redirects', 'core.6.4-agent-error'], 'follows no redirect'), async () => {
    agent.answer(() => ({ status: 302, headers: { location: `${agent.url}/elsewhere` } }));
    expect((await say()).status).toBe(302);
    expect(agent.heard.some(({ path }) => path.includes('elsewhere'))).toBe(false);
  });
});
