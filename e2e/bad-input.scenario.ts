// Bad input scenarios: whatever comes in gets the typed error of the contract; bad agents harm nobody but themselves.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRssMb } from '../bench/process-usage.ts';
import { startTenantProcess, type TenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { apiOf, type Call, message } from './support/api.ts';
import { type BadAgent, type Behaviour, startBadAgent } from './support/bad-agents.ts';

const UNKNOWN = '11111111-1111-4111-8111-111111111111';

let tenant: TenantProcess;
let call: Call;
let live = '';
let child = '';
let removed = '';

async function create(body: Record<string, unknown>): Promise<string> {
  const answer = await call('POST', '/workspaces', { external: true, ...body });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.id as string;
}

beforeAll(async () => {
  tenant = await startTenantProcess({
    MOLECULE_ENV: 'development',
    WORKSPACE_BACKEND: 'none',
    A2A_IDLE_TIMEOUT_SECONDS: '2',
  });
  call = apiOf(tenant);
  live = await create({ name: 'live' });
  child = await create({ name: 'child', parent_id: live });
  removed = await create({ name: 'removed' });
  await call('DELETE', `/workspaces/${removed}`);
});
afterAll(() => tenant?.stop());

type Row = [
  title: string,
  method: string,
  path: () => string,
  body: () => unknown,
  status: number,
  error: string | RegExp | null,
];

const ROWS: Row[] = [
  ['an unknown route', 'GET', () => '/workspaces-of-nobody/x', () => undefined, 404, 'not found'],
  ['an unknown method', 'PUT', () => `/workspaces/${live}`, () => ({}), 404, 'not found'],
  ['malformed JSON', 'POST', () => '/workspaces', () => '{"name":', 400, 'invalid workspace payload'],
  ['a body that is no object', 'POST', () => '/workspaces', () => '[1]', 400, 'invalid workspace payload'],
  ['a wrong type', 'POST', () => '/workspaces', () => ({ name: 7 }), 400, 'invalid workspace payload'],
  ['no name', 'POST', () => '/workspaces', () => ({}), 400, 'invalid workspace payload'],
  ['a blank name', 'POST', () => '/workspaces', () => ({ name: ' ' }), 400, 'invalid workspace fields'],
  [
    'a name of 256',
    'POST',
    () => '/workspaces',
    () => ({ name: 'x'.repeat(256) }),
    400,
    'invalid workspace fields',
  ],
  [
    'a name with YAML in it',
    'POST',
    () => '/workspaces',
    () => ({ name: 'a: {b}' }),
    400,
    'invalid workspace fields',
  ],
  ['a tier of 5', 'POST', () => '/workspaces', () => ({ name: 'x', tier: 5 }), 400, /tier must be/],
  [
    'an unknown parent',
    'POST',
    () => '/workspaces',
    () => ({ name: 'x', parent_id: UNKNOWN }),
    400,
    /names no workspace/,
  ],
  [
    'a removed parent',
    'POST',
    () => '/workspaces',
    () => ({ name: 'x', parent_id: removed }),
    400,
    /workspace/,
  ],
  [
    'a system folder',
    'POST',
    () => '/workspaces',
    () => ({ name: 'x', workspace_dir: '/etc/x' }),
    400,
    'invalid workspace directory',
  ],
  [
    'access without a folder',
    'POST',
    () => '/workspaces',
    () => ({ name: 'x', workspace_access: 'read_only' }),
    400,
    'invalid workspace access',
  ],
  [
    'an agent on loopback',
    'POST',
    () => '/workspaces',
    () => ({ name: 'x', external: true, url: 'http://127.0.0.1:1' }),
    400,
    /blocked address/,
  ],
  [
    'an agent at the metadata address',
    'POST',
    () => '/workspaces',
    () => ({ name: 'x', external: true, url: 'http://169.254.169.254/' }),
    400,
    /blocked address/,
  ],
  [
    'an agent of another scheme',
    'POST',
    () => '/workspaces',
    () => ({ name: 'x', external: true, url: 'file:///etc/passwd' }),
    400,
    /scheme must be http/,
  ],
  ['an id that is no UUID', 'GET', () => '/workspaces/42', () => undefined, 400, 'invalid workspace ID'],
  ['an unknown id', 'GET', () => `/workspaces/${UNKNOWN}`, () => undefined, 404, 'workspace not found'],
  ['a removed id', 'GET', () => `/workspaces/${removed}`, () => undefined, 410, 'workspace removed'],
  [
    'a change of a removed one',
    'PATCH',
    () => `/workspaces/${removed}`,
    () => ({ name: 'y' }),
    410,
    'workspace removed',
  ],
  ['itself as parent', 'PATCH', () => `/workspaces/${live}`, () => ({ parent_id: live }), 400, /own parent/],
  ['a cycle', 'PATCH', () => `/workspaces/${live}`, () => ({ parent_id: child }), 400, /cycle/],
  ['deleting a manager unasked', 'DELETE', () => `/workspaces/${live}`, () => undefined, 409, null],
  [
    'deleting the unknown',
    'DELETE',
    () => `/workspaces/${UNKNOWN}`,
    () => undefined,
    404,
    'workspace not found',
  ],
  [
    'a register without card',
    'POST',
    () => '/registry/register',
    () => ({ id: live }),
    400,
    'invalid request body',
  ],
  [
    'a heartbeat of nobody',
    'POST',
    () => '/registry/heartbeat',
    () => ({ workspace_id: UNKNOWN }),
    404,
    'workspace not found',
  ],
  [
    'a heartbeat of a removed one',
    'POST',
    () => '/registry/heartbeat',
    () => ({ workspace_id: removed }),
    410,
    'workspace removed',
  ],
  [
    'a message to nobody',
    'POST',
    () => `/workspaces/${UNKNOWN}/a2a`,
    () => message('x'),
    404,
    'workspace not found',
  ],
  [
    'a message to a removed one',
    'POST',
    () => `/workspaces/${removed}/a2a`,
    () => message('x'),
    410,
    'workspace removed',
  ],
  ['a message that is no JSON', 'POST', () => `/workspaces/${live}/a2a`, () => 'hello', 400, 'invalid JSON'],
  [
    'a message without body',
    'POST',
    () => `/workspaces/${live}/a2a`,
    () => undefined,
    400,
    'failed to read request body',
  ],
  [
    'an unknown activity type',
    'POST',
    () => `/workspaces/${live}/activity`,
    () => ({ activity_type: 'tool_call' }),
    400,
    /^invalid activity_type/,
  ],
  [
    'a cursor of zeros',
    'GET',
    () => `/workspaces/${live}/activity?since_id=00000000-0000-0000-0000-000000000000`,
    () => undefined,
    410,
    /^since_id cursor not found/,
  ],
  [
    'a bad source',
    'GET',
    () => `/workspaces/${live}/activity?source=both`,
    () => undefined,
    400,
    "source must be 'canvas' or 'agent'",
  ],
  [
    'a notice without words',
    'POST',
    () => `/workspaces/${live}/notify`,
    () => ({}),
    400,
    'message is required',
  ],
  [
    'a delegation to itself',
    'POST',
    () => `/workspaces/${live}/delegate`,
    () => ({ target_id: live, task: 'x' }),
    400,
    'self-delegation not permitted',
  ],
  [
    'a delegation to no UUID',
    'POST',
    () => `/workspaces/${live}/delegate`,
    () => ({ target_id: 'x', task: 'x' }),
    400,
    'target_id must be a valid UUID',
  ],
  [
    'an unknown delegation',
    'POST',
    () => `/workspaces/${live}/delegations/x/update`,
    () => ({ status: 'completed' }),
    404,
    'delegation not found',
  ],
];

describe('bad input', () => {
  it.each(ROWS)(verifies('input.typed', '%s'), async (_title, method, path, body, status, error) => {
    const answer = await call(method, path(), body());
    expect([answer.status, answer.body.error ?? null]).toEqual([
      status,
      error instanceof RegExp ? expect.stringMatching(error) : error,
    ]);
  });

  it(verifies('input.typed', 'takes a body of 1 MiB and refuses one byte more'), async () => {
    const body = (bytes: number) => {
      const start = JSON.stringify({ ...message('x'), pad: '' }).slice(0, -2);
      return `${start}${'x'.repeat(bytes - start.length - 2)}"}`;
    };
    const limit = 1024 * 1024;
    expect((await call('POST', `/workspaces/${UNKNOWN}/a2a`, body(limit))).status).toBe(404);
    expect((await call('POST', `/workspaces/${UNKNOWN}/a2a`, body(limit + 1))).status).toBe(413);
  });
});

const EXPECTED: [Behaviour, number, RegExp][] = [
  ['hangs', 202, /"queued":true/],
  ['answers rubbish', 502, /failed to read agent response/],
  ['answers 100 MB', 502, /larger than/],
  ['cuts the connection', 202, /"queued":true/],
  ['cuts its answer', 502, /failed to read agent response/],
  ['answers 500', 500, /out of tokens/],
  ['redirects into loopback', 302, /HTTP status 302/],
];

describe('a bad agent', () => {
  const agents: BadAgent[] = [];
  afterAll(() => Promise.all(agents.map((agent) => agent.stop())));

  async function createAgent(behaviour: Behaviour): Promise<string> {
    const agent = await startBadAgent(behaviour);
    agents.push(agent);
    return create({ name: behaviour, url: agent.url });
  }

  it.each(EXPECTED)(
    verifies('agent.faults', 'that %s gives %i and one row that says so'),
    async (behaviour, status, text) => {
      const id = await createAgent(behaviour);
      const good = await createAgent('echoes');
      const before = readRssMb(tenant.pid);
      const bad = call('POST', `/workspaces/${id}/a2a`, message('hello'));
      const startedAt = Date.now();
      expect((await call('POST', `/workspaces/${good}/a2a`, message('hello'))).text).toContain('echo');
      expect(Date.now() - startedAt).toBeLessThan(1_500);
      const answer = await bad;
      expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(text)]);
      expect(readRssMb(tenant.pid) - before).toBeLessThan(96);
      const rows = (await call('GET', `/workspaces/${id}/activity`)).body as unknown as { status: string }[];
      expect(rows.some((row) => row.status === 'error')).toBe(true);
    },
  );

  it(verifies('agent.faults', 'that nobody listens for gives 502'), async () => {
    const agent = await startBadAgent('echoes');
    const id = await create({ name: 'gone', url: agent.url });
    await agent.stop();
    const answer = await call('POST', `/workspaces/${id}/a2a`, message('hello'));
    expect([answer.status, answer.body.error]).toEqual([502, 'failed to reach workspace agent']);
  });

  it(verifies('agent.faults', 'that exceeds the caller’s X-Timeout gives 504'), async () => {
    const id = await createAgent('hangs');
    const answer = await call('POST', `/workspaces/${id}/a2a`, message('hello'), { 'x-timeout': '1' });
    expect(answer.status).toBe(504);
  });
});
