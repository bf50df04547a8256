// Own engine: a real container engine is frozen and killed for a minute under load, and its disk runs full. No container is
// restarted, every message has an answer or a typed refusal, and what could not start says what to do and starts then.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OwnEngine } from './support/own-engine.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const COUNT = 3;
const OUTAGE_MS = Number(process.env.ENGINE_OUTAGE_MS ?? 60_000);
const START_MS = 120_000;
const DISK_MB = 700;

let tenant: ScenarioTenant;
let engine: OwnEngine;
let ids: string[];

interface Row {
  id: string;
  status: string;
  status_reason: string | null;
  status_detail: string | null;
}

const read = (id: string) => tenant.asAdmin<Row>(`/workspaces/${id}`);
const act = (id: string, verb: string) =>
  tenant.asAdmin(`/workspaces/${id}/${verb}`, { method: 'POST', body: {} });
const isOnline = async (id: string) => (await read(id)).status === 'online';
const allOnline = async () => (await Promise.all(ids.map(isOnline))).every(Boolean);
const startsOf = () =>
  ids.map((id) => engine.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', `ws-${id}`));

async function make(name: string): Promise<string> {
  const body = { name, runtime: 'rehearsal', tier: 2 };
  return (await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body })).id;
}

/** The answer, or the code of the refusal. Never without either: then it throws. */
async function send(id: string): Promise<string> {
  const message = {
    role: 'user',
    messageId: crypto.randomUUID(),
    parts: [{ kind: 'text', text: 'Are you there?' }],
  };
  const answer = await tenant.call(`/workspaces/${id}/a2a`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.adminToken}` },
    body: { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } },
  });
  const body = JSON.parse(answer.text) as { result?: unknown; queued?: unknown; error?: unknown };
  if (body.result !== undefined) return 'answered';
  if (body.queued !== undefined) return 'queued';
  expect([answer.status, body.error]).toEqual([expect.any(Number), expect.anything()]);
  return `refused ${answer.status}`;
}

/** Sends to everybody, one message after the other each, until `isOver`. */
async function load(isOver: () => boolean): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const one = async (id: string) => {
    while (!isOver()) {
      const outcome = await send(id);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await Promise.all(ids.map(one));
  return counts;
}

const mayRun = Boolean(process.env.MOLECULE_TEST_DOCKER) && process.getuid?.() === 0;

describe.skipIf(!mayRun)('a container engine of its own', () => {
  beforeAll(async () => {
    engine = await OwnEngine.start(DISK_MB);
    tenant = await startScenarioTenant({
      WORKSPACE_BACKEND: 'docker',
      DOCKER_HOST: `unix://${engine.socket}`,
    });
    ids = await Promise.all(Array.from({ length: COUNT }, (_, i) => make(`Unit ${i}`)));
    await until('all online', allOnline, START_MS);
  }, 2 * START_MS);
  afterAll(async () => {
    await tenant?.stop();
    await engine?.stop();
  }, START_MS);

  it.each<[string, () => Promise<void> | void, () => Promise<void> | void]>([
    ['frozen', () => engine.freeze(true), () => engine.freeze(false)],
    ['killed', () => engine.die(), () => engine.comeBack()],
  ])(
    '%s for a while under load costs no container and no message',
    async (name, begin, end) => {
      const before = startsOf();
      await begin();
      const endAt = performance.now() + OUTAGE_MS;
      const counts = await load(() => performance.now() > endAt);
      await end();
      expect(startsOf()).toEqual(before);
      // Those that beat see the engine again, and nobody thinks of them as gone.
      await until('all online', allOnline, START_MS);
      const after = await load(() => true).then(() => Promise.all(ids.map(send)));
      expect(after).toEqual(Array(COUNT).fill('answered'));
      expect(startsOf()).toEqual(before);
      console.log(`${name} for ${OUTAGE_MS / 1000} s: ${JSON.stringify(Object.fromEntries(counts))}`);
      expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(COUNT);
    },
    OUTAGE_MS + 2 * START_MS,
  );

  it(
    'whose disk is full keeps a start from succeeding with a reason, and a retry works',
    async () => {
      const [id = ''] = ids;
      await act(id, 'pause');
      await until('no unit', () => engine.docker('ps', '-aq', '--filter', `name=ws-${id}`) === '', START_MS);
      engine.fill();
      await act(id, 'resume');
      await until('given up', async () => (await read(id)).status === 'failed', START_MS);
      const row = await read(id);
      expect(row.status_reason).toBe('storage_full');
      expect(row.status_detail).toMatch(/room|space|full/i);
      expect(row.status_detail).not.toContain('/');
      await engine.makeRoom();
      await act(id, 'restart');
      await until('online again', () => isOnline(id), START_MS);
      expect(await send(id)).toBe('answered');
      await until('the others never left', allOnline, START_MS);
    },
    3 * START_MS,
  );
});
