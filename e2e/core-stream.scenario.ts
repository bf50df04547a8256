// Core stream: one workspace's events as server-sent events: how they look, whose they are, and what comes after a break.

import { LIMITS } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { bearer, bodyOf, exchange, type Row, type Send, sendAs } from './support/exchange.ts';
import { readStream, type StreamReader } from './support/follow.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const PING_MS = 15_000;
const UNKNOWN = '11111111-1111-4111-8111-111111111111';
/** More than a reader may lag behind, less than a page. */
const MISSED = 150;
const PAGE = LIMITS.eventsMax;

let tenant: ScenarioTenant;
let asAdmin: Send;
let agent: ExternalAgent;
let other: ExternalAgent;
let quiet: StreamReader;
let quietSince: number;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  asAdmin = sendAs(tenant, bearer(tenant.adminToken));
  agent = await addExternalAgent(tenant, 'streamed');
  other = await addExternalAgent(tenant, 'other');
  quiet = await readStream(tenant, other.id, bearer(other.token));
  quietSince = Date.now();
});
afterAll(() => tenant?.stop());

const newCard = (at: number, { id, token }: ExternalAgent = agent) =>
  sendAs(tenant, bearer(token))('POST', '/registry/update-card', {
    workspace_id: id,
    agent_card: { name: `card ${at}` },
  });

describe('the stream of a workspace', () => {
  it(verifies('core.13.4-headers', 'has the four headers'), async () => {
    const reader = await readStream(tenant, agent.id, bearer(agent.token));
    expect(reader.status).toBe(200);
    expect(Object.fromEntries(reader.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    });
    reader.stop();
  });

  it(
    verifies(['core.13.4-event', 'core.13.4-scope'], 'tells what is stored and what is not, of it alone'),
    async () => {
      const reader = await readStream(tenant, agent.id, bearer(tenant.adminToken));
      const startedAt = Date.now();
      await sendAs(tenant, bearer(other.token))('POST', `/workspaces/${other.id}/notify`, {
        message: 'other',
      });
      await newCard(1, other);
      await sendAs(tenant, bearer(agent.token))('POST', `/workspaces/${agent.id}/notify`, { message: 'own' });
      await newCard(2);
      await until('the new card is told', () =>
        reader.told().some(({ type }) => type === 'AGENT_CARD_UPDATED'),
      );
      const told = reader.told();
      expect(told.find(({ type }) => type === 'AGENT_MESSAGE')?.data).toMatchObject({ message: 'own' });
      expect(told.filter(({ type }) => type === 'AGENT_CARD_UPDATED').map(({ data }) => data)).toEqual([
        { agent_card: { name: 'card 2' } },
      ]);
      for (const event of told) {
        expect(Object.keys(event)).toEqual(['type', 'timestamp', 'data']);
        expect(event.timestamp).toBeGreaterThan(startedAt - 60_000);
        expect(event.timestamp).toBeLessThanOrEqual(Date.now());
      }
      expect(reader.text()).not.toContain('"other"');
      expect(reader.ids()).toHaveLength(1);
      reader.stop();
    },
  );

  it(
    verifies('core.13.4-replay', `replays what was missed, ${MISSED} events too, and goes on without a gap`),
    async () => {
      const start = bodyOf<{ seq: number }[]>(await asAdmin('GET', '/events?limit=1'))[0]?.seq ?? 0;
      for (let at = 0; at < MISSED; at++) expect((await newCard(at)).status).toBe(200);
      const seqs = async () =>
        bodyOf<{ seq: number }[]>(await asAdmin('GET', `/events/${agent.id}?since_seq=${start}`)).map(
          ({ seq }) => seq,
        );
      await until('all are published', async () => (await seqs()).length === MISSED);
      // More come while the readers open.
      const live = (async () => {
        for (let at = 0; at < 30; at++) await newCard(MISSED + at);
      })();
      const headers = { ...bearer(agent.token), 'last-event-id': String(start) };
      const readers = await Promise.all(
        Array.from({ length: 8 }, () => readStream(tenant, agent.id, headers)),
      );
      await live;
      const all = await (async () => {
        await until('all are published', async () => (await seqs()).length === MISSED + 30);
        return seqs();
      })();
      for (const reader of readers) {
        await until('all are told', () => reader.ids().length >= all.length);
        expect(reader.ids()).toEqual(all);
        reader.stop();
      }
    },
  );

  it(
    verifies('core.13.4-replay', 'ends after a page of what was missed, so that nothing is left out'),
    async () => {
      const start = bodyOf<{ seq: number }[]>(await asAdmin('GET', '/events?limit=1'))[0]?.seq ?? 0;
      for (let at = 0; at < PAGE + 10; at++) await newCard(at);
      const published = async () =>
        bodyOf<{ seq: number }[]>(await asAdmin('GET', '/events?limit=1'))[0]?.seq ?? 0;
      await until('all are published', async () => (await published()) >= start + PAGE + 10);
      const after = (seq: number) =>
        readStream(tenant, agent.id, { ...bearer(agent.token), 'last-event-id': String(seq) });
      const page = await after(start);
      await page.ended;
      expect(page.ids()).toHaveLength(PAGE);
      const rest = await after(page.ids().at(-1) ?? 0);
      await until('the rest is told', () => rest.ids().length >= 10);
      expect(rest.ids()[0]).toBe((page.ids().at(-1) ?? 0) + 1);
      rest.stop();
    },
  );

  const ROWS: Row[] = [
    [
      verifies('core.13.4-unknown', 'of nobody is 404'),
      () => asAdmin('GET', `/workspaces/${UNKNOWN}/events/stream`),
      404,
      'workspace not found',
    ],
    [
      verifies('core.13.4-scope', 'is not told to another workspace'),
      () => sendAs(tenant, bearer(other.token))('GET', `/workspaces/${agent.id}/events/stream`),
      401,
      'invalid workspace auth token',
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(verifies('core.13.4-ping', 'begins with a comment, and has another every 15 s'), async () => {
    await until('two more comments', () => quiet.pingedAt.length >= 2, 40_000);
    expect(quiet.text().startsWith(': ping\n\n')).toBe(true);
    const [first = 0, second = 0] = quiet.pingedAt;
    for (const gap of [first - quietSince, second - first]) {
      expect(gap).toBeGreaterThan(PING_MS - 1_000);
      expect(gap).toBeLessThan(PING_MS + 5_000);
    }
    quiet.stop();
  });
});
