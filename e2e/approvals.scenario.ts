// Approvals: a workspace asks, those above it decide, an agent that follows the socket is told, and nobody decides twice.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { verifies } from './requirements.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

let tenant: ScenarioTenant;
let manager: ExternalAgent;
let worker: ExternalAgent;
let colleague: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  manager = await addExternalAgent(tenant, 'manager');
  worker = await addExternalAgent(tenant, 'worker', manager.id);
  colleague = await addExternalAgent(tenant, 'colleague', manager.id);
});

afterAll(() => tenant?.stop());

const as = ({ token }: ExternalAgent) => ({ authorization: `Bearer ${token}` });

async function ask(): Promise<string> {
  const answer = await tenant.call(`/workspaces/${worker.id}/approvals`, {
    method: 'POST',
    headers: as(worker),
    body: { action: 'deploy', reason: 'it is ready', context: { to: 'production' } },
  });
  const body = JSON.parse(answer.text) as { approval_id: string };
  expect([answer.status, body]).toEqual([201, { approval_id: expect.any(String), status: 'pending' }]);
  return body.approval_id;
}

const decide = (id: string, who: ExternalAgent, body: unknown, verb = 'decide') =>
  tenant.call(`/workspaces/${worker.id}/approvals/${id}/${verb}`, { method: 'POST', headers: as(who), body });

describe('approvals', () => {
  it(
    verifies(
      ['core.10-list', 'core.10-pending', 'core.10-events'],
      'are told to the worker and its manager, and listed for both the worker and the administrator',
    ),
    async () => {
      const id = await ask();
      const pending = await tenant.asAdmin<Record<string, unknown>[]>('/approvals/pending');
      expect(pending.find((row) => row.id === id)).toEqual({
        id,
        workspace_id: worker.id,
        workspace_name: 'worker',
        action: 'deploy',
        reason: 'it is ready',
        status: 'pending',
        created_at: expect.any(String),
      });
      const own = await tenant.call(`/workspaces/${worker.id}/approvals`, { headers: as(worker) });
      expect(JSON.parse(own.text)[0]).toMatchObject({
        id,
        status: 'pending',
        decided_by: null,
        task_id: null,
      });
      await until('the escalation is told', async () => {
        const told = await tenant.asAdmin<{ event_type: string }[]>(`/events/${manager.id}`);
        return told.some(({ event_type }) => event_type === 'APPROVAL_ESCALATED');
      });
    },
  );

  it(
    verifies(
      ['core.10-events', 'core.10-deciders'],
      'are decided by an ancestor, which signs with its own id, and reach the agent beside the payload',
    ),
    async () => {
      const id = await ask();
      const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/ws`, {
        headers: { ...as(worker), 'x-workspace-id': worker.id },
      });
      const frames: Record<string, unknown>[] = [];
      socket.on('message', (data) => frames.push(JSON.parse(String(data))));
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));

      const answer = await decide(id, manager, { decision: 'approve', decided_by: 'the president' });
      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        200,
        { status: 'approved', approval_id: id },
      ]);

      await until('the agent is told', () => frames.some((frame) => frame.approval_id === id));
      const signature = `workspace:${manager.id}`;
      expect(frames.find((frame) => frame.approval_id === id)).toMatchObject({
        event: 'APPROVAL_DECIDED',
        workspace_id: worker.id,
        status: 'approved',
        decided_by: signature,
        payload: { approval_id: id, status: 'approved', decided_by: signature },
      });
      socket.close();
    },
  );

  it(
    verifies(
      'core.10-deciders',
      'are not decided by whoever asked, nor by a colleague, nor by a manager about itself',
    ),
    async () => {
      const id = await ask();
      expect((await decide(id, worker, { decision: 'approved' })).status).toBe(403);
      expect((await decide(id, worker, undefined, 'approve')).status).toBe(403);
      expect((await decide(id, colleague, { decision: 'approved' })).status).toBe(401);
      const mine = await tenant.call(`/workspaces/${manager.id}/approvals/${id}/approve`, {
        method: 'POST',
        headers: as(manager),
      });
      expect(mine.status).toBe(403);
      const rows = await tenant.asAdmin<{ id: string; status: string }[]>(
        `/workspaces/${worker.id}/approvals`,
      );
      expect(rows.find((row) => row.id === id)?.status).toBe('pending');
    },
  );

  it(verifies('core.10-decide', 'accept every spelling of a decision, once'), async () => {
    const spellings: [string, unknown, string][] = [
      ['decide', { approved: true, decided_by: 'ann' }, 'approved'],
      ['decide', { decision: 'reject' }, 'denied'],
      ['approve', undefined, 'approved'],
      ['deny', { decided_by: 'bob' }, 'denied'],
    ];
    for (const [verb, body, status] of spellings) {
      const id = await ask();
      const path = `/workspaces/${worker.id}/approvals/${id}/${verb}`;
      expect(await tenant.asAdmin(path, { method: 'POST', body })).toEqual({ status, approval_id: id });
      const again = await decide(id, manager, { decision: 'approved' });
      expect([again.status, JSON.parse(again.text).error]).toEqual([
        404,
        'approval not found or already decided',
      ]);
    }
    const rows = await tenant.asAdmin<{ decided_by: string }[]>(`/workspaces/${worker.id}/approvals?limit=4`);
    expect(rows.map((row) => row.decided_by)).toEqual(['bob', 'human', 'human', 'ann']);
  });

  it.each([
    ['nothing', undefined, 'invalid request body'],
    ['no verdict', {}, "decision must be 'approved' or 'denied'"],
    ['an unknown verdict', { decision: 'later' }, "decision must be 'approved' or 'denied'"],
    ['a wrong type', { decision: 1 }, 'invalid request body'],
  ])(verifies('core.10-decide', 'refuse %s with the text of the contract'), async (_name, body, error) => {
    const answer = await decide(await ask(), manager, body);
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, error]);
  });

  it(verifies('core.10-request', 'refuse a request without an action'), async () => {
    for (const body of [{}, { action: '' }, { action: 7 }, { action: 'x', context: 'text' }]) {
      const answer = await tenant.call(`/workspaces/${worker.id}/approvals`, {
        method: 'POST',
        headers: as(worker),
        body,
      });
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, 'invalid request body']);
    }
  });

  it('answer an unknown id like a decided one', async () => {
    for (const id of [crypto.randomUUID(), 'not-a-uuid']) {
      expect((await decide(id, manager, { decision: 'approved' })).status).toBe(404);
    }
  });
});
