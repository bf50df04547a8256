// Core queue: what becomes of messages for agents that are busy, away or gone, and of calls that last.

import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { type BadAgent, startBadAgent } from './support/bad-agents.ts';
import { bearer, bodyOf, expectAnswer, type Send, sendAs } from './support/exchange.ts';
import { follow } from './support/follow.ts';
import { type ScriptedAgent, said, startScriptedAgent } from './support/scripted-agent.ts';
import { type Answer, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const LIMIT_MS = 60_000;

interface Told {
  event_type: string;
  payload: Record<string, unknown>;
}

const message = (text: string, metadata?: Record<string, unknown>) => ({
  jsonrpc: '2.0',
  id: 'rpc-1',
  method: 'message/send',
  params: { message: { role: 'user', parts: [{ kind: 'text', text }], ...(metadata ? { metadata } : {}) } },
});
const task = (method: string, id: string) => ({ jsonrpc: '2.0', id: 'rpc-2', method, params: { id } });

describe('a message for a busy agent', () => {
  let tenant: ScenarioTenant;
  let anyone: Send;
  const agents: ScriptedAgent[] = [];

  beforeAll(async () => {
    tenant = await startScenarioTenant({ MOLECULE_ENV: 'development', A2A_IDLE_TIMEOUT_SECONDS: '1' });
    anyone = sendAs(tenant, {});
  });
  afterAll(async () => {
    for (const agent of agents) await agent.stop();
    await tenant?.stop();
  });

  interface Busy {
    id: string;
    agent: ScriptedAgent;
    send(body: unknown, headers?: Record<string, string>): Promise<Answer>;
    /** Sends what the busy agent does not answer; resolves with its place in the queue. */
    queue(text: string, metadata?: Record<string, unknown>): Promise<string>;
    free(): Promise<void>;
    heardTexts(): string[];
  }

  /** A workspace whose agent says that it works, and answers nothing until it is free. */
  async function startBusy(name: string): Promise<Busy> {
    const agent = await startScriptedAgent();
    agents.push(agent);
    agent.answer(() => new Promise(() => {}));
    const made = await anyone('POST', '/workspaces', { name, external: true, url: agent.url });
    const id = String(bodyOf(made).id);
    const beat = (active: number) =>
      anyone('POST', '/registry/heartbeat', { workspace_id: id, active_tasks: active });
    await beat(1);
    const send: Busy['send'] = (body, headers) => anyone('POST', `/workspaces/${id}/a2a`, body, headers);
    return {
      id,
      agent,
      send,
      queue: async (text, metadata) => {
        const answer = await send(message(text, metadata));
        expect(answer.status, answer.text).toBe(202);
        return String(bodyOf(answer).queue_id);
      },
      free: async () => void (await beat(0)),
      heardTexts: () =>
        agent.heard.map(({ body }) => {
          const { params } = body as { params?: { message?: { parts?: { text?: string }[] } } };
          return params?.message?.parts?.[0]?.text ?? '';
        }),
    };
  }

  const pull = async (busy: Busy, queueId: string) =>
    bodyOf<{ result: { status: { state: string }; metadata: Record<string, unknown> } }>(
      await busy.send(task('tasks/get', queueId)),
    ).result;

  /** Told by push and found by pull. */
  async function ends(busy: Busy, queueId: string, status: string, state: string, limitMs = LIMIT_MS) {
    const told = async () =>
      bodyOf<Told[]>(await anyone('GET', `/events/${busy.id}?limit=500`)).filter(
        ({ event_type, payload }) => event_type === 'MESSAGE_ENDED' && payload.queue_id === queueId,
      );
    await until(`${status} is told`, async () => (await told()).length > 0, limitMs);
    expect((await told()).map(({ payload }) => payload.status)).toEqual([status]);
    const found = await pull(busy, queueId);
    const kept = status === 'delivered' ? 'completed' : status;
    expect([found.status.state, found.metadata.queue_status]).toEqual([state, kept]);
    return found.metadata;
  }

  it('is counted for people who look, in the list and as it changes', async () => {
    const busy = await startBusy('counted');
    const reader = await follow(tenant, { headers: bearer(tenant.adminToken) });
    const depthInList = async () =>
      bodyOf<{ id: string; queue_depth: number }[]>(await anyone('GET', '/workspaces')).find(
        ({ id }) => id === busy.id,
      )?.queue_depth;
    expect(await depthInList()).toBe(0);
    await busy.queue('one');
    await busy.queue('two');
    expect(await depthInList()).toBe(2);
    const told = () =>
      reader.frames
        .filter(({ event, workspace_id }) => event === 'QUEUE_CHANGED' && workspace_id === busy.id)
        .map(({ payload }) => payload.queue_depth);
    await until('two are told', () => told().at(-1) === 2);
    busy.agent.answer(() => ({ body: said('done') }));
    await busy.free();
    await until('none is told', () => told().at(-1) === 0);
    expect(await depthInList()).toBe(0);
    reader.socket.close();
  });

  it(
    verifies('core.6.6-priority', 'waits behind those that are more urgent, and behind older ones'),
    async () => {
      const busy = await startBusy('sorting');
      await busy.queue('info', { priority: 'info' });
      await busy.queue('first');
      await busy.queue('second', { priority: 50 });
      await busy.queue('critical', { priority: 'critical' });
      const before = busy.agent.heard.length;
      busy.agent.answer(() => ({ body: said('done') }));
      await busy.free();
      await until('all are delivered', () => busy.agent.heard.length >= before + 4, LIMIT_MS);
      expect(busy.heardTexts().slice(before)).toEqual(['critical', 'first', 'second', 'info']);
    },
  );

  it(
    verifies(
      ['core.6.6-states', 'core.6.6-expiry'],
      'ends delivered, cancelled, expired or failed, told by an event and found by its id',
    ),
    async () => {
      const busy = await startBusy('ending');
      const soon = new Date(Date.now() + 3_000).toISOString();
      const expiring = await busy.queue('expires', { expires_at: soon });
      const cancelled = await busy.queue('is cancelled');
      const delivered = await busy.queue('is delivered');
      const cancel = bodyOf<{ result: { status: { state: string } } }>(
        await busy.send(task('tasks/cancel', cancelled)),
      );
      expect(cancel.result.status.state).toBe('canceled');
      await ends(busy, cancelled, 'cancelled', 'canceled');
      await ends(busy, expiring, 'expired', 'failed');
      expect((await pull(busy, delivered)).status.state).toBe('submitted');
      busy.agent.answer(() => ({ body: said('here it is') }));
      await busy.free();
      const kept = await ends(busy, delivered, 'delivered', 'completed');
      expect(JSON.stringify(kept.reply)).toContain('here it is');
      const asked = busy.heardTexts().length;
      busy.agent.answer(() => new Promise(() => {}));
      const orphaned = await busy.queue('its target goes away');
      expect(busy.heardTexts().slice(asked)).toEqual(['its target goes away']);
      await anyone('DELETE', `/workspaces/${busy.id}`);
      await until(
        'its end is told',
        async () =>
          bodyOf<Told[]>(await anyone('GET', `/events/${busy.id}?limit=500`)).some(
            ({ payload }) => payload.queue_id === orphaned && payload.status === 'failed',
          ),
        LIMIT_MS,
      );
    },
  );

  it(verifies(['core.6.6-attempts', 'core.6.6-states'], 'is tried five times, then failed'), async () => {
    const busy = await startBusy('stubborn');
    const id = await busy.queue('again');
    const before = busy.agent.heard.length;
    await busy.free();
    const kept = await ends(busy, id, 'failed', 'failed');
    expect(kept).toMatchObject({ attempts: 5, last_error: expect.stringMatching(/busy/) });
    expect(busy.agent.heard.length - before).toBe(5);
  });

  it.each<[version: string, submitted: unknown, state: (id: string) => unknown]>([
    ['0.3.0', 'submitted', (id) => ({ kind: 'task', id, contextId: id, status: { state: 'submitted' } })],
    [
      '1.0',
      'TASK_STATE_SUBMITTED',
      (id) => ({ task: { id, contextId: id, status: { state: 'TASK_STATE_SUBMITTED' } } }),
    ],
  ])(
    verifies('core.6.9-version', 'is a task for callers of A2A %s, who look it up and take it back'),
    async (version, submitted, result) => {
      const busy = await startBusy(`speaks ${version}`);
      const headers = { 'a2a-version': version };
      const answer = await busy.send(message('later'), headers);
      const body = bodyOf(answer);
      const id = String(body.queue_id);
      expectAnswer(answer, 202, {
        queued: true,
        queue_id: id,
        queue_depth: 1,
        message: expect.any(String),
        jsonrpc: '2.0',
        id: 'rpc-1',
        result: result(id),
      });
      const stateOf = async (method: string) => {
        const found = bodyOf<{ result: { id: string; status: { state: string } } }>(
          await busy.send(task(method, id), headers),
        );
        return [found.result.id, found.result.status.state];
      };
      expect(await stateOf(version === '1.0' ? 'GetTask' : 'tasks/get')).toEqual([id, submitted]);
      const [, cancelled] = await stateOf(version === '1.0' ? 'CancelTask' : 'tasks/cancel');
      expect(String(cancelled).toLowerCase()).toMatch(/cancel/);
    },
  );

  it(verifies('core.6.9-tasks', 'about tasks of the agent passes through, and is never queued'), async () => {
    const busy = await startBusy('has tasks');
    const answered = { jsonrpc: '2.0', id: 'rpc-2', result: { kind: 'task', id: 'own-1' } };
    for (const method of ['tasks/get', 'tasks/cancel', 'tasks/pushNotificationConfig/set']) {
      busy.agent.answer(() => ({ body: answered }));
      expectAnswer(await busy.send(task(method, 'own-1')), 200, answered);
      expect(busy.agent.heard.at(-1)?.body).toMatchObject({ method, params: { id: 'own-1' } });
      busy.agent.answer(() => new Promise(() => {}));
      const refused = await busy.send(task(method, 'own-1'));
      expect([refused.status, bodyOf(refused).busy]).toEqual([503, true]);
    }
  });

  it(verifies('core.6.5-disconnect', 'goes on when its sender hangs up'), async () => {
    const agent = await startScriptedAgent();
    agents.push(agent);
    let finish = () => {};
    const isFree = new Promise<void>((resolve) => {
      finish = resolve;
    });
    agent.answer(async () => {
      await isFree;
      return { body: said('still here') };
    });
    const made = await anyone('POST', '/workspaces', { name: 'left', external: true, url: agent.url });
    const id = String(bodyOf(made).id);
    const call = request(`${tenant.url}/workspaces/${id}/a2a`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    call.on('error', () => {});
    call.end(JSON.stringify(message('bye')));
    await until('the agent has it', () => agent.heard.length === 1);
    call.destroy();
    finish();
    const rows = async () =>
      bodyOf<Record<string, unknown>[]>(await anyone('GET', `/workspaces/${id}/activity`));
    await until('its row is written', async () => (await rows()).length > 0);
    expect((await rows())[0]).toMatchObject({ status: 'ok', method: 'message/send' });
    expect(JSON.stringify((await rows())[0]?.response_body)).toContain('still here');
    expect(agent.heard).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof startBadAgent>[0]]>([['is cut off in its middle', 'cuts its answer']])(
    verifies('core.6.4-reply-lost', 'whose answer %s is said to have arrived'),
    async (_what, behaviour) => {
      const bad: BadAgent = await startBadAgent(behaviour);
      try {
        const made = await anyone('POST', '/workspaces', { name: 'cut', external: true, url: bad.url });
        const answer = await anyone('POST', `/workspaces/${String(bodyOf(made).id)}/a2a`, message('x'));
        expect([answer.status, bodyOf(answer)]).toEqual([
          502,
          expect.objectContaining({
            error: 'failed to read agent response',
            delivery_confirmed: true,
          }),
        ]);
        expect(bad.asked()).toBe(1);
      } finally {
        await bad.stop();
      }
    },
  );
});

describe('a message for an agent without a usable address', () => {
  let tenant: ScenarioTenant;
  let asAdmin: Send;
  beforeAll(async () => {
    tenant = await startScenarioTenant();
    asAdmin = sendAs(tenant, bearer(tenant.adminToken));
  });
  afterAll(() => tenant?.stop());

  const send = (id: string) => asAdmin('POST', `/workspaces/${id}/a2a`, message('hello'));

  it(
    verifies(['core.6.2-url', 'core.6.4-no-url'], 'is refused with the status where there is none'),
    async () => {
      const id = String(bodyOf(await asAdmin('POST', '/workspaces', { name: 'homeless' })).id);
      const statusOf = async () => bodyOf(await asAdmin('GET', `/workspaces/${id}`)).status;
      await until('it has failed', async () => (await statusOf()) === 'failed');
      const answer = await send(id);
      expect([answer.status, bodyOf(answer)]).toEqual([
        503,
        expect.objectContaining({ error: 'workspace has no URL', status: 'failed' }),
      ]);
    },
  );

  it(verifies('core.6.2-url', 'is not sent where nobody outside may be called'), async () => {
    const made = await asAdmin('POST', '/workspaces', {
      name: 'inside',
      external: true,
      url: 'http://localhost:9',
    });
    expectAnswer(await send(String(bodyOf(made).id)), 502, 'workspace URL is not publicly routable');
  });
});

describe('a message for an agent that is away', () => {
  it(
    verifies('core.6.4-away', 'is kept and held until it is back, or answered at once for who asks so'),
    async () => {
      const tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
      const asAdmin = sendAs(tenant, bearer(tenant.adminToken));
      try {
        const made = await asAdmin('POST', '/workspaces', { name: 'Away', runtime: 'rehearsal' });
        const id = String(bodyOf(made).id);
        const statusOf = async () => bodyOf(await asAdmin('GET', `/workspaces/${id}`)).status;
        const reaches = (status: string) =>
          until(status, async () => (await statusOf()) === status, LIMIT_MS);
        const sleep = async () => {
          await reaches('online');
          expect((await asAdmin('POST', `/workspaces/${id}/hibernate`)).status).toBe(200);
        };
        const send = (text: string, headers: Record<string, string> = {}) =>
          asAdmin('POST', `/workspaces/${id}/a2a`, message(text), headers);
        await sleep();
        const held = await send('hold on');
        expect(held.status, held.text).toBe(200);
        expect(held.text).toContain('no model was asked');
        await sleep();
        const kept = await send('do not wait', { prefer: 'respond-async' });
        expect([kept.status, bodyOf(kept).queued]).toEqual([202, true]);
        const queueId = String(bodyOf(kept).queue_id);
        await until(
          'it was answered',
          async () => {
            const found = bodyOf<{ result: { metadata: { queue_status: string } } }>(
              await asAdmin('POST', `/workspaces/${id}/a2a`, task('tasks/get', queueId)),
            );
            return found.result.metadata.queue_status === 'completed';
          },
          LIMIT_MS,
        );
      } finally {
        await tenant.stop();
      }
    },
  );
});
