// Provisioning: what a failed start leaves behind is told, once, and the words of the boot can be read.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

let tenant: ScenarioTenant;

beforeAll(async () => {
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
});

afterAll(() => tenant?.stop());

const asAdmin = () => ({ authorization: `Bearer ${tenant.adminToken}` });

async function create(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const body = { name, runtime: 'rehearsal', ...more };
  return (await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body })).id;
}

const report = (id: string, body: unknown) =>
  tenant.call(`/admin/workspaces/${id}/bootstrap-failed`, { method: 'POST', headers: asAdmin(), body });

const readConsole = (id: string) => tenant.call(`/workspaces/${id}/console`, { headers: asAdmin() });

const statusOf = async (id: string) =>
  (await tenant.asAdmin<{ status: string }>(`/workspaces/${id}?include_removed=true`)).status;

describe('a failed bootstrap', () => {
  it(
    verifies(
      ['core.3.6-bootstrap-failed', 'core.3.6-failed-payload', 'core.4.3-bootstrap-failed'],
      'ends the start of a workspace that is still provisioning, and is told with the end of its log',
    ),
    async () => {
      const id = await create('Doomed');
      const answer = await report(id, {
        error: 'disk is full',
        log_tail: `${'old '.repeat(4000)}last words`,
      });
      expect([answer.status, answer.text]).toEqual([200, '{"ok":true}']);
      let told: Record<string, unknown> | undefined;
      await until('the failure is told', async () => {
        const rows = await tenant.asAdmin<{ event_type: string; payload: Record<string, unknown> }[]>(
          `/events/${id}`,
        );
        told = rows.find(({ event_type }) => event_type === 'WORKSPACE_PROVISION_FAILED')?.payload;
        return told !== undefined;
      });
      expect(told).toMatchObject({ error: 'disk is full', source: 'bootstrap_watcher' });
      expect(told?.log_tail).toMatch(/^\.\.\.\(truncated\)\.\.\.\n/);
      expect(told?.log_tail).toMatch(/last words$/);
      expect(String(told?.log_tail).length).toBe(8192 + '...(truncated)...\n'.length);
      const again = await report(id, {});
      expect([again.status, again.text]).toEqual([200, '{"ok":true,"no_change":true}']);
    },
  );

  it(
    verifies('core.3.6-bootstrap-failed', 'changes nothing for a workspace that is past its start'),
    async () => {
      const { id } = await addExternalAgent(tenant, 'elsewhere');
      expect((await report(id, { error: 'late' })).text).toBe('{"ok":true,"no_change":true}');
      expect(await statusOf(id)).toBe('online');
    },
  );

  it.each<[string, unknown, number, string]>([
    ['', {}, 400, 'workspace id required'],
    ['not-a-uuid', {}, 400, 'invalid workspace ID'],
    ['11111111-1111-4111-8111-111111111111', { error: 5 }, 400, 'invalid request body'],
    ['11111111-1111-4111-8111-111111111111', '{', 400, 'invalid request body'],
    ['11111111-1111-4111-8111-111111111111', undefined, 400, 'invalid request body'],
  ])('of %j with %j is refused with %i %s', async (id, body, status, error) => {
    const answer = await report(id, body);
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([status, error]);
  });
});

describe('the console', () => {
  it(verifies('core.3.6-console', 'holds what the backend noted about the start'), async () => {
    const id = await create('Talkative');
    await until('it is online', async () => (await statusOf(id)) === 'online', 60_000);
    const answer = await readConsole(id);
    expect(answer.status).toBe(200);
    expect((JSON.parse(answer.text) as { output: string }).output).not.toBe('');
  });

  it(
    verifies('core.3.6-console', 'does not exist where the agent runs elsewhere, and the answer says so'),
    async () => {
      const { id } = await addExternalAgent(tenant, 'far away');
      const answer = await readConsole(id);
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([
        501,
        'console output unavailable on this deployment (no control plane)',
      ]);
    },
  );

  it('of an unknown workspace is 404', async () => {
    const answer = await readConsole('11111111-1111-4111-8111-111111111111');
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([404, 'workspace not found']);
  });
});
