// Bad values: every field of every body, one at a time, takes values that look right and are not. Each call ends in an
// answer below 500, and what one caller sends never breaks another's call.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
} from './support/tenant.ts';

const VALUES: unknown[] = [
  'x\u0000y',
  '\ud800',
  '\u202e',
  '',
  'x'.repeat(70_000),
  1e308,
  2 ** 53,
  2 ** 31,
  -1,
  1.5,
  true,
  null,
  [],
  {},
  { 'k\u0000': 1 },
];

type Fields = Record<string, unknown>;

let tenant: ScenarioTenant;
let agent: ExternalAgent;
let peer: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  agent = await addExternalAgent(tenant, 'agent');
  peer = await addExternalAgent(tenant, 'peer');
});

afterAll(() => tenant?.stop());

const headers = () => ({ authorization: `Bearer ${tenant.adminToken}` });

function requests(): [string, string, Fields][] {
  const own = `/workspaces/${agent.id}`;
  const message = {
    role: 'user',
    messageId: 'm1',
    parts: [{ kind: 'text', text: 'x' }],
    metadata: { delegation_id: 'd' },
  };
  return [
    [
      'POST',
      '/workspaces',
      {
        name: 'n',
        role: 'r',
        model: 'm',
        runtime: 'external',
        tier: 3,
        external: true,
        template: 't',
        workspace_dir: '/tmp/x',
        workspace_access: 'none',
        parent_id: agent.id,
        budget_limit: 5,
        max_concurrent_tasks: 2,
        canvas: { x: 1, y: 2 },
        secrets: { A: 'b' },
        initial_memories: [],
        url: '',
        files: { 'a.txt': 'b' },
      },
    ],
    [
      'PATCH',
      own,
      {
        name: 'n',
        role: 'r',
        tier: 3,
        parent_id: null,
        collapsed: true,
        runtime: 'external',
        workspace_dir: '/tmp/x',
        x: 1,
        y: 2,
      },
    ],
    [
      'POST',
      `${own}/activity`,
      {
        activity_type: 'agent_log',
        method: 'm',
        summary: 's',
        target_id: 't',
        source_id: agent.id,
        status: 'ok',
        error_detail: 'e',
        duration_ms: 1,
        request_body: { a: 1 },
        response_body: { a: 1 },
        metadata: {},
      },
    ],
    [
      'POST',
      `${own}/notify`,
      { message: 'm', attachments: [{ uri: 'u', name: 'n', mimeType: 'x', size: 1 }] },
    ],
    ['POST', `${own}/delegate`, { target_id: peer.id, task: 't', idempotency_key: 'k' }],
    ['POST', `${own}/delegations/record`, { target_id: peer.id, task: 't', delegation_id: 'd' }],
    [
      'POST',
      '/registry/heartbeat',
      {
        workspace_id: agent.id,
        error_rate: 0.1,
        sample_error: 's',
        active_tasks: 1,
        uptime_seconds: 1,
        current_task: 'c',
        monthly_spend: 1,
        runtime_state: 'ok',
        runtime_metadata: { idle_timeout_seconds: 5 },
        agent_card: {},
      },
    ],
    [
      'POST',
      '/registry/register',
      { id: agent.id, url: '', agent_card: { name: 'x' }, delivery_mode: 'poll' },
    ],
    [
      'POST',
      '/registry/update-card',
      { workspace_id: agent.id, agent_card: { name: 'x', description: 'y' } },
    ],
    ['POST', '/registry/check-access', { caller_id: agent.id, target_id: peer.id }],
    ['PUT', '/canvas/viewport', { x: 1, y: 1, zoom: 1 }],
    [
      'POST',
      '/org/import',
      { dir: 'x', mode: 'create', template: { name: 'o', workspaces: [{ name: 'n', external: true }] } },
    ],
    ['POST', '/auth/sign-in', { code: 'c', token: 't' }],
    [
      'POST',
      `/workspaces/${peer.id}/a2a`,
      { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } },
    ],
  ];
}

/** Each field in turn, at any depth, with each value. */
function* mutations(body: Fields): Generator<[string, Fields]> {
  for (const [field, present] of Object.entries(body)) {
    for (const value of VALUES)
      yield [`${field}=${JSON.stringify(value).slice(0, 24)}`, { ...body, [field]: value }];
    if (typeof present !== 'object' || present === null) continue;
    for (const [name, inner] of mutations(present as Fields)) {
      yield [`${field}.${name}`, { ...body, [field]: Array.isArray(present) ? Object.values(inner) : inner }];
    }
  }
}

describe('bad values', () => {
  it('in any field of any body are answered below 500', async () => {
    const failures: string[] = [];
    let calls = 0;
    for (const [method, path, body] of requests()) {
      for (const [name, mutated] of mutations(body)) {
        calls++;
        const { status, text } = await tenant.call(path, { method, headers: headers(), body: mutated });
        if (status >= 500) failures.push(`${method} ${path} ${name}: ${status} ${text.slice(0, 100)}`);
      }
    }
    console.info(`bad values: ${calls} calls`);
    expect(calls).toBeGreaterThan(1_000);
    expect(failures).toEqual([]);
  });

  it('in paths and queries are answered below 500', async () => {
    const own = `/workspaces/${agent.id}`;
    const paths = [
      ...[
        'since_id=%00',
        'type=%00',
        'peer_id=%00',
        'before_ts=9999999-01-01T00:00:00Z',
        'before_ts=0000-01-01T00:00:00Z',
        'since_secs=99999999999999999',
        'limit=1e9',
      ].map((query) => `${own}/activity?${query}`),
      ...[
        'type=%00',
        'before=%00',
        'since_seq=',
        'since_seq=9007199254740991',
        'before=-271821-04-20T00:00:00Z',
        'before=%2B275760-09-13T00:00:00Z',
      ].map((query) => `/events?${query}`),
      `${own}/tokens?limit=9e15&offset=99999999999`,
      `${own}/tokens/%00`,
      `${own}/delegations/%00/update`,
      `/registry/${agent.id}/peers?q=%00`,
      '/workspaces/%00',
      '/workspaces/%E0%A4%A',
      '/events/%00',
      '/admin/a2a-queue/drop-stale?max_age_minutes=1e15',
      '/auth/link?code=%00',
    ];
    const failures: string[] = [];
    for (const path of paths) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const body = method === 'POST' ? { status: 'completed' } : undefined;
        const { status, text } = await tenant.call(path, { method, headers: headers(), body });
        if (status >= 500) failures.push(`${method} ${path}: ${status} ${text.slice(0, 100)}`);
      }
    }
    expect(failures).toEqual([]);
  });

  it('of one workspace fail nobody else who writes at the same moment', async () => {
    const log = (who: ExternalAgent, type: string) =>
      tenant.call(`/workspaces/${who.id}/activity?type=${type}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${who.token}` },
        // Out of the database's range, though not of JSON's.
        body: { activity_type: 'agent_log', duration_ms: type === 'bad' ? 2 ** 31 : 1 },
      });
    const calls = Array.from({ length: 200 }, (_, at) =>
      at % 4 === 0 ? log(agent, 'bad') : log(peer, 'good'),
    );
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 200 }, (_, at) => (at % 4 === 0 ? 400 : 200)));
  });
});
