// Session search and the addresses that published clients use: what a workspace did, found by a text; the activity list
// under its other address; a delegation to the workspace in the path.

import { LIMITS } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
} from './support/tenant.ts';

let tenant: ScenarioTenant;
let manager: ExternalAgent;
let worker: ExternalAgent;
let stranger: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  manager = await addExternalAgent(tenant, 'manager');
  worker = await addExternalAgent(tenant, 'worker', manager.id);
  const other = await addExternalAgent(tenant, 'other');
  stranger = await addExternalAgent(tenant, 'stranger', other.id);
});

afterAll(() => tenant?.stop());

const as = ({ token }: ExternalAgent) => ({ authorization: `Bearer ${token}` });
const log = (at: ExternalAgent, fields: Record<string, unknown>) =>
  tenant.call(`/workspaces/${at.id}/activity`, {
    method: 'POST',
    headers: as(at),
    body: { activity_type: 'agent_log', ...fields },
  });
const search = async (at: ExternalAgent, query: Record<string, string>) => {
  const answer = await tenant.call(`/workspaces/${at.id}/session-search?${new URLSearchParams(query)}`, {
    headers: as(at),
  });
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text) as Record<string, unknown>[];
};

describe('session search', () => {
  it(
    verifies(
      'core.9.4-search',
      'finds rows by each of their parts, whatever the case, and shows them in the form of the contract',
    ),
    async () => {
      await log(worker, {
        summary: 'Counted the words',
        method: 'count/words',
        status: 'timeout',
        request_body: { of: 'a letter' },
        response_body: { words: 12, note: '100% sure' },
      });
      await log(worker, { summary: 'something else' });
      for (const q of ['COUNTED the', 'count/W', 'TimeOut', 'A LETTER', '100% sure', '  words  ']) {
        expect(await search(worker, { q })).toEqual([
          {
            kind: 'activity',
            id: expect.any(String),
            workspace_id: worker.id,
            label: 'agent_log',
            content: 'Counted the words',
            method: 'count/words',
            status: 'timeout',
            created_at: expect.any(String),
            request_body: { of: 'a letter' },
            response_body: { words: 12, note: '100% sure' },
          },
        ]);
      }
      expect(await search(worker, { q: 'agent_log' })).toHaveLength(2);
      for (const q of ['%', 'w_rds', '1__% sure']) {
        expect(await search(worker, { q }), q).toHaveLength(q === '%' ? 1 : 0);
      }
    },
  );

  it('gives the most recent rows without a text, without the bodies that are not there, and of nobody else', async () => {
    const nothing: Record<string, string>[] = [{}, { q: '' }, { q: '   ' }];
    for (const query of nothing) {
      const rows = await search(worker, query);
      expect(rows.map(({ content }) => content)).toEqual(['something else', 'Counted the words']);
      expect(rows[0]).not.toHaveProperty('request_body');
      expect(rows[0]).not.toHaveProperty('response_body');
    }
    expect(await search(stranger, { q: 'words' })).toEqual([]);
  });

  it(
    verifies('core.9.4-limit', 'gives 50 rows unless asked, 200 at most, the default for what is no number'),
    async () => {
      const busy = await addExternalAgent(tenant, 'busy');
      for (let at = 0; at <= LIMITS.sessionSearchMax; at += 50) {
        await Promise.all(Array.from({ length: 51 }, (_, n) => log(busy, { summary: `${at + n}` })));
      }
      const count = async (limit?: string) =>
        (await search(busy, limit === undefined ? {} : { limit })).length;
      expect(await count()).toBe(LIMITS.sessionSearchDefault);
      expect(await count(`${LIMITS.sessionSearchMax}`)).toBe(LIMITS.sessionSearchMax);
      expect(await count(`${LIMITS.sessionSearchMax + 1}`)).toBe(LIMITS.sessionSearchMax);
      expect(await count('1')).toBe(1);
      for (const bad of ['0', '-1', 'x', '1.5', '']) {
        expect(await count(bad), bad).toBe(LIMITS.sessionSearchDefault);
      }
    },
  );
});

describe('the activity list under /activity', () => {
  const read = (query: string, headers: Record<string, string> = as(worker)) =>
    tenant.call(`/activity${query}`, { headers });

  it(
    verifies(
      'core.16-cli-activity',
      'is the list of the workspace that the query names, with the same parameters',
    ),
    async () => {
      for (const rest of ['', '&limit=1', '&source=agent', '&since_secs=3600']) {
        const answer = await read(`?workspace_id=${worker.id.toUpperCase()}${rest}`);
        const same = await tenant.call(`/workspaces/${worker.id}/activity?x=1${rest}`, {
          headers: as(worker),
        });
        expect([answer.status, answer.text]).toEqual([200, same.text]);
      }
      const cursor = `?workspace_id=${worker.id}&since_id=00000000-0000-0000-0000-000000000000`;
      expect((await read(cursor)).status).toBe(410);
    },
  );

  it('asks for the same token as the workspace does', async () => {
    const query = `?workspace_id=${worker.id}`;
    const twice = `?workspace_id=${manager.id}&workspace_id=${worker.id}`;
    const refusals: [string, Record<string, string>, number, string][] = [
      [query, {}, 401, 'missing workspace auth token'],
      [query, as(stranger), 401, 'invalid workspace auth token'],
      [query, as(manager), 401, 'invalid workspace auth token'],
      ['', as(worker), 401, 'invalid workspace auth token'],
      [twice, as(worker), 401, 'invalid workspace auth token'],
      ['', { authorization: `Bearer ${tenant.adminToken}` }, 400, 'invalid workspace ID'],
    ];
    for (const [at, headers, status, error] of refusals) {
      const answer = await read(at, headers);
      expect([answer.status, JSON.parse(answer.text).error], at).toEqual([status, error]);
    }
    expect((await read(query, { authorization: `Bearer ${tenant.adminToken}` })).status).toBe(200);
  });
});

describe('a delegation to the workspace in the path', () => {
  const delegate = (to: string, who: ExternalAgent, body: unknown, named: string | null = who.id) =>
    tenant.call(`/workspaces/${to}/delegate`, {
      method: 'POST',
      headers: { ...as(who), ...(named === null ? {} : { 'x-workspace-id': named }) },
      body,
    });

  it(
    verifies(
      ['core.16-sdk-delegate', 'core.16-runtime-idempotent'],
      'goes from the workspace that names itself and shows its token, once for each key',
    ),
    async () => {
      const body = { task: 'count the words', idempotency_key: 'sdk-1' };
      const answer = await delegate(worker.id, manager, body);
      const reply = JSON.parse(answer.text) as { delegation_id: string };
      expect([answer.status, reply]).toEqual([
        202,
        { delegation_id: expect.any(String), status: 'delegated', target_id: worker.id },
      ]);
      const again = await delegate(worker.id, manager, body);
      expect([again.status, JSON.parse(again.text)]).toMatchObject([
        202,
        { delegation_id: reply.delegation_id, idempotent_hit: true },
      ]);
      const rows = await tenant.asAdmin<{ source_id: string; target_id: string }[]>(
        `/workspaces/${manager.id}/delegations`,
      );
      expect(rows.find(({ source_id }) => source_id === manager.id)).toMatchObject({ target_id: worker.id });
      expect(await tenant.asAdmin(`/workspaces/${worker.id}/delegations`)).toEqual([]);
    },
  );

  it(
    verifies(
      'core.8-hierarchy',
      'is refused without the name, with another name, with a target as well, to itself and past the chart',
    ),
    async () => {
      const task = { task: 'count' };
      const refusals: [string, Promise<{ status: number; text: string }>, number, string][] = [
        ['no name', delegate(worker.id, manager, task, null), 401, 'invalid workspace auth token'],
        ['another name', delegate(worker.id, manager, task, worker.id), 401, 'invalid workspace auth token'],
        [
          'a target as well',
          delegate(worker.id, manager, { ...task, target_id: stranger.id }),
          401,
          'invalid workspace auth token',
        ],
        ['itself', delegate(manager.id, manager, task), 400, 'invalid delegation request'],
        [
          'past the chart',
          delegate(stranger.id, worker, task),
          403,
          'access denied: workspaces cannot communicate per hierarchy rules',
        ],
        [
          'nobody',
          delegate(crypto.randomUUID(), worker, task),
          403,
          'access denied: workspaces cannot communicate per hierarchy rules',
        ],
        ['no id', delegate('worker', worker, task), 400, 'target_id must be a valid UUID'],
        ['no task', delegate(worker.id, manager, {}), 400, 'invalid delegation request'],
      ];
      for (const [what, call, status, error] of refusals) {
        const answer = await call;
        expect([answer.status, JSON.parse(answer.text).error], what).toEqual([status, error]);
      }
    },
  );
});
