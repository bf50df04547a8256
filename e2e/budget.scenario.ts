// Budget: an administrator sets what a workspace may spend; the workspace may read it; messages stop once it is spent.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import {
  type Answer,
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
} from './support/tenant.ts';

let tenant: ScenarioTenant;
let agent: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  agent = await addExternalAgent(tenant, 'spends');
});

afterAll(() => tenant?.stop());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const path = () => `/workspaces/${agent.id}/budget`;
const change = (body: unknown, at = path()): Promise<Answer> =>
  tenant.call(at, { method: 'PATCH', headers: bearer(tenant.adminToken), body });
const read = () => tenant.asAdmin(path());
const said = ({ status, text }: Answer) => [status, JSON.parse(text)] as const;

const spend = (cents: number) =>
  tenant.asAdmin('/registry/heartbeat', {
    method: 'POST',
    headers: bearer(agent.token),
    body: { workspace_id: agent.id, monthly_spend: cents },
  });

const sendMessage = () =>
  tenant.call(`/workspaces/${agent.id}/a2a`, {
    method: 'POST',
    headers: bearer(tenant.adminToken),
    body: { message: { role: 'user', parts: [{ kind: 'text', text: 'hello' }] } },
  });

describe('the budget of a workspace', () => {
  it(
    verifies(
      'core.3.7-budget',
      'is open-ended until it is set, read by the workspace itself, and lifted by null',
    ),
    async () => {
      const none = { budget_limit: null, monthly_spend: 0, budget_remaining: null, budget_used: 0 };
      expect(await read()).toEqual(none);
      const set = { budget_limit: 500, monthly_spend: 0, budget_remaining: 500, budget_used: 0 };
      expect(said(await change({ budget_limit: 500 }))).toEqual([200, set]);
      const own = await tenant.call(path(), { headers: bearer(agent.token) });
      expect(said(own)).toEqual([200, set]);
      expect(said(await change({ budget_limit: null }))).toEqual([200, none]);
    },
  );

  it.each([
    ['no body', undefined, 'invalid request body'],
    ['no object', '[1]', 'invalid request body'],
    ['no JSON', '{"budget_limit":', 'invalid request body'],
    ['no field', {}, 'budget_limit field is required'],
    ['less than nothing', { budget_limit: -1 }, 'budget_limit must be >= 0 (USD cents)'],
    ['a fraction', { budget_limit: 1.5 }, 'budget_limit must be an integer (USD cents) or null'],
    ['a text', { budget_limit: '5' }, 'budget_limit must be an integer (USD cents) or null'],
  ])(verifies('core.3.7-refused', 'is not changed by %s'), async (_what, body, error) => {
    const answer = await change(body);
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, error]);
  });

  it(
    verifies(
      ['core.3.7-refused', 'core.2.9-admin'],
      'is not changed by the workspace itself, nor for a workspace that is not there',
    ),
    async () => {
      const own = await tenant.call(path(), {
        method: 'PATCH',
        headers: bearer(agent.token),
        body: { budget_limit: 1 },
      });
      expect([own.status, JSON.parse(own.text).error]).toEqual([401, 'invalid admin auth token']);
      const unknown = `/workspaces/${crypto.randomUUID()}/budget`;
      for (const answer of [
        await change({ budget_limit: 1 }, unknown),
        await tenant.call(unknown, { headers: bearer(tenant.adminToken) }),
      ]) {
        expect([answer.status, JSON.parse(answer.text).error]).toEqual([404, 'workspace not found']);
      }
    },
  );

  it(
    verifies('core.6.2-budget', 'stops messages once it is spent, not before, and shows what was overspent'),
    async () => {
      await change({ budget_limit: 100 });
      await spend(99);
      expect((await sendMessage()).status).toBeLessThan(300);
      await spend(100);
      const refused = await sendMessage();
      expect([refused.status, JSON.parse(refused.text).error]).toEqual([
        402,
        'workspace budget limit exceeded',
      ]);
      await spend(130);
      expect(await read()).toEqual({
        budget_limit: 100,
        monthly_spend: 130,
        budget_remaining: -30,
        budget_used: 130,
      });
      await change({ budget_limit: 131 });
      expect((await sendMessage()).status).toBeLessThan(300);
      await change({ budget_limit: 0 });
      expect((await sendMessage()).status).toBe(402);
    },
  );

  it('is shown in the list, never in the reading of one workspace, and not changed by the general change', async () => {
    await change({ budget_limit: 700 });
    await tenant.asAdmin(`/workspaces/${agent.id}`, { method: 'PATCH', body: { budget_limit: 1 } });
    const list = await tenant.asAdmin<Record<string, unknown>[]>('/workspaces');
    expect(list.find(({ id }) => id === agent.id)).toMatchObject({ budget_limit: 700, monthly_spend: 130 });
    const one = await tenant.asAdmin(`/workspaces/${agent.id}`);
    for (const hidden of [
      'budget_limit',
      'monthly_spend',
      'current_task',
      'last_sample_error',
      'workspace_dir',
    ]) {
      expect(one).not.toHaveProperty(hidden);
    }
    const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { name: 'with a budget', external: true, budget_limit: 42 },
    });
    expect(await tenant.asAdmin(`/workspaces/${made.id}/budget`)).toMatchObject({ budget_limit: 42 });
  });
});
