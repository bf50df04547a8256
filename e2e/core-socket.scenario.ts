// Core socket: who may follow `/ws`, what each hears, how a socket is kept open, and how one that lags is let go.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { bearer, bodyOf, expectAnswer, type Send, sendAs } from './support/exchange.ts';
import { type FollowOptions, follow, hears, type SocketReader, upgradeOf } from './support/follow.ts';
import { sendRaw } from './support/raw-request.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const PING_MS = 30_000;

let tenant: ScenarioTenant;
let asAdmin: Send;
/** boss ─ worker, rival ─ helper: worker and helper may not talk. */
let boss: ExternalAgent;
let worker: ExternalAgent;
let helper: ExternalAgent;
let quiet: SocketReader;
let quietSince: number;

beforeAll(async () => {
  tenant = await startScenarioTenant({ CORS_ORIGINS: ' https://Canvas.example ' });
  asAdmin = sendAs(tenant, bearer(tenant.adminToken));
  quiet = await follow(tenant, { headers: bearer(tenant.adminToken) });
  quietSince = Date.now();
  boss = await addExternalAgent(tenant, 'boss');
  worker = await addExternalAgent(tenant, 'worker', boss.id);
  const rival = await addExternalAgent(tenant, 'rival');
  helper = await addExternalAgent(tenant, 'helper', rival.id);
});
afterAll(() => tenant?.stop());

const own = ({ id, token }: ExternalAgent) => ({ ...bearer(token), 'x-workspace-id': id });
const say = (agent: ExternalAgent, message: string) =>
  sendAs(tenant, bearer(agent.token))('POST', `/workspaces/${agent.id}/notify`, { message });

describe('a message', () => {
  it(
    verifies('core.13.3-message', 'is one text with four fields, and with its number when it is stored'),
    async () => {
      const reader = await follow(tenant, { headers: bearer(tenant.adminToken) });
      const { id } = await addExternalAgent(tenant, 'told');
      await hears(reader, 'WORKSPACE_ONLINE', id);
      await say(boss, 'hello');
      await hears(reader, 'AGENT_MESSAGE', boss.id);
      const keys = (event: string) => Object.keys(reader.frames.find((frame) => frame.event === event) ?? {});
      expect(keys('WORKSPACE_ONLINE')).toEqual(['event', 'workspace_id', 'timestamp', 'payload', 'seq']);
      expect(keys('AGENT_MESSAGE')).toEqual(['event', 'workspace_id', 'timestamp', 'payload']);
      for (const [at, frame] of reader.frames.entries()) {
        expect(new Date(frame.timestamp).toISOString()).toBe(frame.timestamp);
        expect(reader.texts[at]).toBe(JSON.stringify(frame));
      }
      reader.socket.close();
    },
  );

  it(verifies('core.13.3-inbound', 'from a client is ignored, whatever it is'), async () => {
    const reader = await follow(tenant, { headers: bearer(tenant.adminToken) });
    for (const sent of [
      'hello',
      '{',
      '{"event":"WORKSPACE_ONLINE"}',
      '',
      Buffer.from([0, 255, 1]),
      'x'.repeat(60_000),
    ])
      reader.socket.send(sent);
    await say(worker, 'still here');
    await hears(reader, 'AGENT_MESSAGE', worker.id);
    expect(
      reader.frames.filter(({ event }) => !['AGENT_MESSAGE', 'ACTIVITY_LOGGED'].includes(event)),
    ).toEqual([]);
    expect(reader.socket.readyState).toBe(reader.socket.OPEN);
    reader.socket.close();
  });
});

describe('who follows', () => {
  it(
    verifies(
      ['core.13.3-canvas', 'core.13.3-workspace'],
      'hears everything as an administrator, and as a workspace those it may talk to',
    ),
    async () => {
      const admin = await follow(tenant, { headers: bearer(tenant.adminToken) });
      const ofWorker = await follow(tenant, { headers: own(worker) });
      const speakers = [helper, boss, worker];
      for (const speaker of speakers) await say(speaker, 'to whom it concerns');
      await hears(admin, 'AGENT_MESSAGE', worker.id);
      await hears(ofWorker, 'AGENT_MESSAGE', worker.id);
      const heardBy = ({ frames }: SocketReader) =>
        frames.filter(({ event }) => event === 'AGENT_MESSAGE').map(({ workspace_id }) => workspace_id);
      expect(heardBy(admin)).toEqual(speakers.map(({ id }) => id));
      expect(heardBy(ofWorker)).toEqual([boss.id, worker.id]);
      for (const { socket } of [admin, ofWorker]) socket.close();
    },
  );

  it('hears that memory changed, of others only as an administrator, and never what is in it', async () => {
    const admin = await follow(tenant, { headers: bearer(tenant.adminToken) });
    const ofWorker = await follow(tenant, { headers: own(worker) });
    for (const { id } of [boss, worker])
      await tenant.asAdmin(`/workspaces/${id}/v2/memories`, {
        method: 'POST',
        body: { content: 'unspoken' },
      });
    for (const { id } of [boss, worker]) await hears(admin, 'MEMORY_CHANGED', id);
    await hears(ofWorker, 'MEMORY_CHANGED', worker.id);
    const heardBy = ({ frames }: SocketReader) => frames.filter(({ event }) => event === 'MEMORY_CHANGED');
    expect(new Set(heardBy(ofWorker).map(({ workspace_id }) => workspace_id))).toEqual(new Set([worker.id]));
    expect(heardBy(ofWorker)[0]?.payload).toEqual({ namespace: `workspace:${worker.id}` });
    expect(JSON.stringify(admin.frames)).not.toContain('unspoken');
    for (const { socket } of [admin, ofWorker]) socket.close();
  });

  const ROWS: [title: string, options: () => FollowOptions, status: number, error: string][] = [
    [verifies('core.13.3-canvas', 'everything is no administrator'), () => ({}), 401, 'admin auth required'],
    [
      verifies('core.13.3-canvas', 'everything has a wrong token'),
      () => ({ headers: bearer('x'.repeat(50)) }),
      401,
      'invalid admin auth token',
    ],
    [
      verifies('core.13.3-workspace', 'as a workspace without its token'),
      () => ({ headers: { 'x-workspace-id': worker.id } }),
      401,
      'missing workspace auth token',
    ],
    [
      verifies('core.13.3-workspace', 'as a workspace with the token of another'),
      () => ({ headers: { ...own(worker), ...bearer(boss.token) } }),
      401,
      'invalid workspace auth token',
    ],
    [
      verifies('core.13.3-origin', 'from a page of another site, whatever its token'),
      () => ({ headers: { ...bearer(tenant.adminToken), origin: 'https://elsewhere.example' } }),
      403,
      'origin not allowed',
    ],
    [
      verifies('core.13.3-origin', 'from a page that begins alike'),
      () => ({ headers: { ...bearer(tenant.adminToken), origin: 'https://canvas.example.evil' } }),
      403,
      'origin not allowed',
    ],
    [
      verifies('core.13.3-replay', 'after a point that the log does not have'),
      () => ({ headers: bearer(tenant.adminToken), query: '?since_seq=999999' }),
      410,
      'since_seq cursor not found (it may have been pruned); read the state again and go on from there',
    ],
    [
      verifies('core.13.3-replay', 'after a point that is none'),
      () => ({ headers: bearer(tenant.adminToken), query: '?since_seq=soon' }),
      400,
      'since_seq must be a whole number',
    ],
  ];
  it.each(ROWS)('is refused who follows %s', async (_title, options, status, error) => {
    expect(await upgradeOf(tenant, options())).toMatchObject({ status, error });
  });

  it(
    verifies('core.13.3-origin', 'passes from a listed page, in any case, and with a bearer and no page'),
    async () => {
      for (const origin of ['https://canvas.example', 'HTTPS://CANVAS.EXAMPLE', tenant.url]) {
        const headers = { ...bearer(tenant.adminToken), origin };
        expect([origin, (await upgradeOf(tenant, { headers })).status]).toEqual([origin, 101]);
      }
      for (const headers of [bearer(tenant.adminToken), own(worker)])
        expect((await upgradeOf(tenant, { headers })).status).toBe(101);
    },
  );

  it(verifies('core.13.3-carriers', 'is known by the cookie or the subprotocol of a browser'), async () => {
    const signedIn = await sendAs(tenant, {})('POST', '/auth/sign-in', { token: tenant.adminToken });
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect((await upgradeOf(tenant, { headers: { cookie, origin: tenant.url } })).status).toBe(101);
    expect(await upgradeOf(tenant, { protocols: ['molecule', `bearer.${tenant.adminToken}`] })).toMatchObject(
      {
        status: 101,
        protocol: 'molecule',
      },
    );
    expect((await upgradeOf(tenant, { protocols: [`bearer.${tenant.adminToken}`] })).status).toBe(101);
    expect((await upgradeOf(tenant, { protocols: ['bearer.wrong'] })).status).toBe(401);
    const ofWorker = await follow(tenant, { protocols: ['molecule', `bearer.${worker.token}`] });
    await say(helper, 'not for the worker');
    await say(worker, 'for itself');
    await hears(ofWorker, 'AGENT_MESSAGE', worker.id);
    expect(ofWorker.frames.some(({ workspace_id }) => workspace_id === helper.id)).toBe(false);
    ofWorker.socket.close();
  });

  it(verifies('core.13.3-plain', 'speaks WebSocket: a plain request is 400'), async () => {
    expectAnswer(await asAdmin('GET', '/ws'), 400, 'this address speaks WebSocket only');
    const other = await sendRaw(tenant.url, '/ws', [
      ['authorization', `Bearer ${tenant.adminToken}`],
      ['connection', 'upgrade'],
      ['upgrade', 'h2c'],
    ]);
    expect([other.status, JSON.parse(other.text)]).toMatchObject([
      400,
      { error: 'this address speaks WebSocket only' },
    ]);
  });
});

describe('a socket', () => {
  it(
    verifies(
      'core.13.3-overflow',
      'that does not read is closed with 1013, and misses nothing once it comes back',
    ),
    async () => {
      const lagging = await follow(tenant, { headers: bearer(tenant.adminToken) });
      const brisk = await follow(tenant, { headers: bearer(tenant.adminToken) });
      const before = bodyOf<{ seq: number }[]>(await asAdmin('GET', '/events?limit=1'))[0]?.seq ?? 0;
      lagging.socket.pause();
      const large = 'x'.repeat(100_000);
      const rounds = 460;
      for (let at = 0; at < rounds; at += 20)
        await Promise.all(Array.from({ length: 20 }, (_, part) => say(boss, `${at + part} ${large}`)));
      const { id } = await addExternalAgent(tenant, 'added meanwhile');
      const said = () => brisk.frames.filter(({ event }) => event === 'AGENT_MESSAGE');
      await until('the other socket heard all', () => said().length === rounds, 60_000);
      lagging.socket.resume();
      expect(await lagging.closedWith()).toBe(1013);
      expect(lagging.frames.length).toBeLessThan(brisk.frames.length);
      const back = await follow(tenant, {
        headers: bearer(tenant.adminToken),
        query: `?since_seq=${before}`,
      });
      await hears(back, 'WORKSPACE_ONLINE', id);
      for (const { socket } of [brisk, back]) socket.close();
    },
  );

  it(
    verifies('core.13.3-ping', 'that leaves two pings unanswered is cut; one that answers is not'),
    async () => {
      const hasty = await startScenarioTenant({ SOCKET_PING_SECONDS: '1' });
      try {
        const headers = bearer(hasty.adminToken);
        const answering = await follow(hasty, { headers });
        const silent = await follow(hasty, { headers, client: { autoPong: false } });
        expect(await silent.closedWith()).toBe(1006);
        expect(silent.pingedAt).toHaveLength(2);
        await until('two more pings', () => answering.pingedAt.length >= 5);
        expect(answering.socket.readyState).toBe(answering.socket.OPEN);
      } finally {
        await hasty.stop();
      }
    },
  );

  it(verifies('core.13.3-ping', 'that nothing happens on is pinged every 30 s'), async () => {
    await until('the second ping', () => quiet.pingedAt.length >= 2, 70_000);
    const [first = 0, second = 0] = quiet.pingedAt;
    for (const gap of [first - quietSince, second - first]) {
      expect(gap).toBeGreaterThan(PING_MS - 1_000);
      expect(gap).toBeLessThan(PING_MS + 5_000);
    }
    quiet.socket.close();
  });
});
