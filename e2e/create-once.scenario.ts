// Creating a workspace under an idempotency key: a repeat makes no second workspace, and another request is refused.

import { LIMITS } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';

let tenant: ScenarioTenant;

beforeAll(async () => {
  tenant = await startScenarioTenant();
});

afterAll(() => tenant?.stop());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const create = async (
  key: string,
  body: unknown,
  headers: Record<string, string> = bearer(tenant.adminToken),
) => {
  const answer = await tenant.call('/workspaces', {
    method: 'POST',
    headers: { ...headers, 'idempotency-key': key },
    body,
  });
  return [answer.status, JSON.parse(answer.text) as Record<string, unknown>] as const;
};
const named = async (name: string) =>
  (await tenant.asAdmin<{ name: string }[]>('/workspaces')).filter((workspace) => workspace.name === name);

describe('creating a workspace with an idempotency key', () => {
  it('replays the stored answer for the same body, in whatever order its fields come', async () => {
    const first = await create('one', { name: 'once', runtime: 'rehearsal' });
    expect(first).toEqual([
      201,
      {
        id: expect.any(String),
        status: 'provisioning',
        awareness_namespace: `workspace:${first[1].id}`,
        workspace_access: 'none',
      },
    ]);
    expect(await create('one', { runtime: 'rehearsal', name: 'once' })).toEqual(first);
    expect(await named('once')).toHaveLength(1);
    const [event, ...more] = await tenant.asAdmin<unknown[]>(
      `/events/${first[1].id}?type=WORKSPACE_PROVISIONING`,
    );
    expect([event !== undefined, more]).toEqual([true, []]);
  });

  it('refuses another body under the same key', async () => {
    const [, { id }] = await create('two', { name: 'first of two' });
    const other = await create('two', { name: 'second of two' });
    expect(other).toEqual([
      422,
      { error: 'this Idempotency-Key was used for another request', code: 'idempotency_mismatch' },
    ]);
    expect(await named('second of two')).toEqual([]);
    expect((await create('two', { name: 'first of two' }))[1].id).toBe(id);
  });

  it('makes one workspace of many requests at once, and tells all of them of the same one', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => create('many', { name: 'of many' })));
    expect(new Set(answers.map(([status]) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(([, { id }]) => id)).size).toBe(1);
    expect(await named('of many')).toHaveLength(1);
  });

  it('gives an external agent its connection again, with a token that works beside the first', async () => {
    const body = { name: 'external once', external: true };
    const answers = [await create('external', body), await create('external', body)];
    expect(answers[0]?.[1].id).toBe(answers[1]?.[1].id);
    for (const [, reply] of answers) {
      expect(reply).toMatchObject({ external: true, status: 'awaiting_agent' });
      const { auth_token } = reply.connection as { auth_token: string };
      const state = await tenant.call(`/workspaces/${reply.id}/state`, { headers: bearer(auth_token) });
      expect(state.status).toBe(200);
    }
    await tenant.asAdmin(`/workspaces/${answers[0]?.[1].id}`, { method: 'DELETE' });
    const [status, late] = await create('external', body);
    expect([status, late]).toEqual([
      201,
      { id: answers[0]?.[1].id, external: true, status: 'awaiting_agent' },
    ]);
  });

  it('keeps no key of a request that was refused, and no key of one caller for another', async () => {
    expect((await create('retry', { name: '' }))[0]).toBe(400);
    expect((await create('retry', { name: 'retried' }))[0]).toBe(201);
    const { auth_token } = await tenant.asAdmin<{ auth_token: string }>('/org/tokens', { method: 'POST' });
    expect((await create('retry', { name: 'by another' }, bearer(auth_token)))[0]).toBe(201);
    expect(await named('by another')).toHaveLength(1);
  });

  it('takes keys up to their length, and refuses what is no key', async () => {
    const error = 'Idempotency-Key must be 1 to 255 visible ASCII characters';
    expect((await create('k'.repeat(LIMITS.requestKeyChars), { name: 'long key' }))[0]).toBe(201);
    for (const key of ['k'.repeat(LIMITS.requestKeyChars + 1), '', 'two words']) {
      expect(await create(key, { name: 'bad key' }), key).toMatchObject([400, { error }]);
    }
    expect(await named('bad key')).toEqual([]);
  });

  it('makes two workspaces of two requests without a key', async () => {
    for (const _ of [1, 2]) {
      await tenant.asAdmin('/workspaces', { method: 'POST', body: { name: 'twice' } });
    }
    expect(await named('twice')).toHaveLength(2);
  });
});
