// Agent assignment: one active agent in a workspace, replaced, removed and moved, each with its event and its refusals.

import { LIMITS } from '@molecule/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

let tenant: ScenarioTenant;
let here: ExternalAgent;
let there: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant();
});

beforeEach(async () => {
  here = await addExternalAgent(tenant, 'here');
  there = await addExternalAgent(tenant, 'there');
});

afterAll(() => tenant?.stop());

const as = ({ token }: ExternalAgent) => ({ authorization: `Bearer ${token}` });

async function call(
  method: string,
  at: ExternalAgent | { id: string },
  body?: unknown,
  options: { verb?: string; headers?: Record<string, string> } = {},
): Promise<[number, Record<string, unknown>]> {
  const { verb = '', headers = { authorization: `Bearer ${tenant.adminToken}` } } = options;
  const { status, text } = await tenant.call(`/workspaces/${at.id}/agent${verb}`, { method, headers, body });
  return [status, JSON.parse(text) as Record<string, unknown>];
}

const assign = (at: ExternalAgent, model: string) => call('POST', at, { model });
const move = (body: unknown, headers?: Record<string, string>) =>
  call('POST', here, body, { verb: '/move', ...(headers ? { headers } : {}) });

/** The agent events of a workspace, oldest first, once as many as expected are published. */
async function agentEvents(at: ExternalAgent, count: number): Promise<[string, unknown][]> {
  let told: [string, unknown][] = [];
  await until('the events are told', async () => {
    const rows = await tenant.asAdmin<{ event_type: string; payload: unknown }[]>(`/events/${at.id}`);
    told = rows
      .filter(({ event_type }) => /^AGENT_(ASSIGNED|REPLACED|REMOVED|MOVED)$/.test(event_type))
      .map(({ event_type, payload }): [string, unknown] => [event_type, payload])
      .reverse();
    return told.length >= count;
  });
  return told;
}

describe('the agent of a workspace', () => {
  it(
    verifies(
      ['core.11-assign', 'core.11-replace', 'core.11-remove', 'core.11-events'],
      'is assigned, replaced and removed by the workspace itself, and each step is told',
    ),
    async () => {
      const own = { headers: as(here) };
      const [assignedStatus, first] = await call('POST', here, { model: 'opus' }, own);
      expect([assignedStatus, first]).toEqual([201, { agent_id: expect.any(String), model: 'opus' }]);
      const [replacedStatus, second] = await call('PATCH', here, { model: 'haiku' }, own);
      expect([replacedStatus, second]).toEqual([
        200,
        { agent_id: expect.any(String), model: 'haiku', old_model: 'opus' },
      ]);
      expect(second.agent_id).not.toBe(first.agent_id);
      expect(await call('DELETE', here, undefined, own)).toEqual([
        200,
        { status: 'removed', agent_id: second.agent_id },
      ]);
      expect(await agentEvents(here, 3)).toEqual([
        ['AGENT_ASSIGNED', { agent_id: first.agent_id, model: 'opus' }],
        ['AGENT_REPLACED', { agent_id: second.agent_id, model: 'haiku', old_model: 'opus' }],
        ['AGENT_REMOVED', { agent_id: second.agent_id, model: 'haiku' }],
      ]);
      expect((await assign(here, 'opus'))[0]).toBe(201);
    },
  );

  it(verifies('core.11-move', 'moves to another workspace, and both are told'), async () => {
    const [, { agent_id }] = await assign(here, 'opus');
    expect(await move({ target_workspace_id: there.id.toUpperCase() })).toEqual([
      200,
      { agent_id, model: 'opus', from_workspace: here.id, to_workspace: there.id },
    ]);
    expect((await agentEvents(here, 2)).at(-1)).toEqual([
      'AGENT_MOVED',
      { agent_id, model: 'opus', target_workspace_id: there.id },
    ]);
    expect(await agentEvents(there, 1)).toEqual([
      ['AGENT_MOVED', { agent_id, model: 'opus', source_workspace_id: here.id }],
    ]);
    expect(await move({ target_workspace_id: there.id })).toMatchObject([
      404,
      { error: 'no active agent in source workspace' },
    ]);
    expect(await call('DELETE', there)).toEqual([200, { status: 'removed', agent_id }]);
  });

  it('is not moved into another workspace by a workspace, which learns nothing about the other', async () => {
    await assign(here, 'opus');
    const answers = await Promise.all(
      [there.id, crypto.randomUUID()].map((id) => move({ target_workspace_id: id }, as(here))),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject([
      403,
      { error: 'moving an agent needs authorisation on the target workspace' },
    ]);
    expect((await move({ target_workspace_id: here.id }, as(there)))[0]).toBe(401);
  });

  it(
    verifies(
      ['core.11-assign', 'core.11-replace', 'core.11-remove', 'core.11-move'],
      'answers each conflict and absence with the text of the contract',
    ),
    async () => {
      const conflict = 'workspace already has an active agent, use PATCH to replace';
      expect(await call('PATCH', here, { model: 'x' })).toMatchObject([
        404,
        { error: 'no active agent to replace' },
      ]);
      expect(await call('DELETE', here)).toMatchObject([404, { error: 'no active agent to remove' }]);
      await assign(here, 'opus');
      await assign(there, 'haiku');
      expect(await assign(here, 'x')).toMatchObject([409, { error: conflict }]);
      expect(await move({ target_workspace_id: there.id })).toMatchObject([
        409,
        { error: 'target workspace already has an active agent' },
      ]);
      const gone = await addExternalAgent(tenant, 'gone');
      await tenant.asAdmin(`/workspaces/${gone.id}`, { method: 'DELETE' });
      for (const id of [crypto.randomUUID(), gone.id]) {
        expect(await move({ target_workspace_id: id })).toMatchObject([
          404,
          { error: 'target workspace not found' },
        ]);
      }
      const nowhere = { id: crypto.randomUUID() };
      for (const method of ['POST', 'PATCH']) {
        expect(await call(method, nowhere, { model: 'x' })).toMatchObject([
          404,
          { error: 'workspace not found' },
        ]);
      }
      expect(await call('DELETE', nowhere)).toMatchObject([404, { error: 'workspace not found' }]);
    },
  );

  it.each([
    ['nothing', undefined],
    ['no model', {}],
    ['an empty model', { model: ' ' }],
    ['a number', { model: 7 }],
    ['two lines', { model: 'a\nb' }],
    ['too long a name', { model: 'm'.repeat(LIMITS.modelChars + 1) }],
  ])('is not made of %s', async (_what, body) => {
    for (const method of ['POST', 'PATCH']) {
      expect(await call(method, here, body)).toMatchObject([400, { error: 'invalid request body' }]);
    }
  });

  it('takes the longest name of a model', async () => {
    expect((await assign(here, 'm'.repeat(LIMITS.modelChars)))[0]).toBe(201);
  });

  it.each([
    ['nothing', undefined],
    ['no target', {}],
    ['a target that is no id', { target_workspace_id: 'there' }],
    ['a number', { target_workspace_id: 1 }],
  ])('does not move with %s', async (_what, body) => {
    expect(await move(body)).toMatchObject([400, { error: 'invalid request body' }]);
  });
});
