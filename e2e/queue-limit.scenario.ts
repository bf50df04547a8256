// Queue limits: a workspace that is away keeps 200 messages, a workspace may have 256 delegations open; whoever comes
// next is told when to come back.

import { LIMITS } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { apiOf } from './support/api.ts';
import { startBadAgent } from './support/bad-agents.ts';
import { type Answer, type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';

let tenant: ScenarioTenant;
/** The last ones wait longest for their turn to start. */
let waiting: string[] = [];

beforeAll(async () => {
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
  // More workspaces than may start at once: the last ones stay provisioning while the messages come.
  const ids: string[] = [];
  for (let at = 0; at < LIMITS.startsInFlight * 8; at++) {
    const body = { name: `starts ${at}`, runtime: 'rehearsal' };
    ids.push((await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body })).id);
  }
  waiting = ids.slice(-3);
});

afterAll(() => tenant?.stop());

const statusOf = async (id: string | undefined) =>
  (await tenant.asAdmin<{ status: string }>(`/workspaces/${id}`)).status;

function send(text: string): Promise<Answer> {
  return tenant.call(`/workspaces/${waiting[2]}/a2a`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.adminToken}`, prefer: 'respond-async' },
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'message/send',
      params: { message: { role: 'user', parts: [{ kind: 'text', text }] } },
    },
  });
}

describe('queue limit', () => {
  it(
    verifies(
      'core.6.6-depth',
      'takes 200 messages for a workspace that is starting, and answers the rest with a typed 429',
    ),
    async () => {
      const sent = LIMITS.queueDepth + 20;
      const answers = await Promise.all(Array.from({ length: sent }, (_, at) => send(`message ${at}`)));
      const taken = answers.filter(({ status }) => status === 202);
      const refused = answers.filter(({ status }) => status === 429);
      expect(await statusOf(waiting[2]), 'the target came up before the queue was full').toBe('provisioning');
      expect(taken).toHaveLength(LIMITS.queueDepth);
      expect(refused).toHaveLength(20);
      expect(JSON.parse(refused[0]?.text ?? '')).toMatchObject({ code: 'queue_full' });
      expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
      const ids = new Set(taken.map(({ text }) => (JSON.parse(text) as { queue_id: string }).queue_id));
      expect(ids.size).toBe(LIMITS.queueDepth);
    },
  );

  it('lets a workspace have 256 delegations open, and answers one more with a typed 429', async () => {
    // An agent that never answers keeps what it was given open, however fast the machine is.
    const agent = await startBadAgent('hangs');
    const open = await startTenantProcess({ MOLECULE_ENV: 'development', WORKSPACE_BACKEND: 'none' });
    const call = apiOf(open);
    const create = async (body: object) =>
      (await call('POST', '/workspaces', { external: true, ...body })).body.id as string;
    const source = await create({ name: 'delegates' });
    const target = await create({ name: 'hangs', url: agent.url });
    const delegate = (at: number) =>
      call('POST', `/workspaces/${source}/delegate`, { target_id: target, task: `task ${at}` });
    const statuses: number[] = [];
    for (let at = 0; at < LIMITS.delegationsInFlight; at += 32) {
      const answers = await Promise.all(Array.from({ length: 32 }, (_, offset) => delegate(at + offset)));
      statuses.push(...answers.map(({ status }) => status));
    }
    const refused = await delegate(0);
    expect(new Set(statuses)).toEqual(new Set([202]));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('30');
    await agent.stop();
    await open.stop();
  });
});
