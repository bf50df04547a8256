// Delegation chains: agents that hand tasks on are held to one chain by the server, whether they speak of it or not.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LIMITS } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTenantProcess, type TenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { type Answer, apiOf, type Call, message, until } from './support/api.ts';

const CYCLE = 'delegation refused: the target is in this chain of delegations already';
const TOO_DEEP = 'delegation refused: the chain of delegations is 16 deep already';

interface Role {
  id: string;
  token: string;
  /** What it does with a message before it answers; the metadata is that of the message. */
  work(metadata: Record<string, unknown>): Promise<unknown>;
}

let tenant: TenantProcess;
let call: Call;
const servers: Server[] = [];

beforeAll(async () => {
  tenant = await startTenantProcess({ MOLECULE_ENV: 'development', WORKSPACE_BACKEND: 'none' });
  call = apiOf(tenant);
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await tenant?.stop();
});

/** A root workspace whose agent works as its `work` says. Roots may talk to each other. */
async function addRole(name: string, work: Role['work'] = async () => 'done'): Promise<Role> {
  const role: Role = { id: '', token: '', work };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', async () => {
      const { id, params } = JSON.parse(text) as {
        id: unknown;
        params: { message: { metadata?: Record<string, unknown> } };
      };
      const said = JSON.stringify(await role.work(params.message.metadata ?? {}));
      const result = {
        kind: 'message',
        role: 'agent',
        messageId: 'm',
        parts: [{ kind: 'text', text: said }],
      };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const made = await call('POST', '/workspaces', { name, external: true, url });
  role.id = made.body.id as string;
  role.token = (await call('POST', `/workspaces/${role.id}/tokens`)).body.auth_token as string;
  return role;
}

const own = (role: Role) => ({ authorization: `Bearer ${role.token}` });

/** One role's message to another, as an agent sends it. */
function tell(from: Role, to: Role, metadata?: Record<string, unknown>): Promise<Answer> {
  const body = message('go on') as { params: { message: Record<string, unknown> } };
  if (metadata) body.params.message.metadata = metadata;
  return call('POST', `/workspaces/${to.id}/a2a`, body, { ...own(from), 'x-workspace-id': from.id });
}

const delegate = (from: Role, to: Role, more: Record<string, unknown> = {}) =>
  call('POST', `/workspaces/${from.id}/delegate`, { target_id: to.id, task: 'count', ...more }, own(from));

type Rows = Record<string, unknown>[];
const rowsOf = async (role: Role, what: 'delegations' | 'activity') =>
  (await call('GET', `/workspaces/${role.id}/${what}`, undefined, own(role))).body as unknown as Rows;

const start = (role: Role) => call('POST', `/workspaces/${role.id}/a2a`, message('begin'));

describe('a chain of delegations', () => {
  it(verifies('delegation.chain', 'has one id at every hop, and says how deep each is'), async () => {
    const seen: Record<string, unknown>[] = [];
    const [a, b, c] = [await addRole('a'), await addRole('b'), await addRole('c')];
    a.work = async () => (await tell(a, b)).status;
    b.work = async (metadata) => {
      seen.push(metadata);
      return (await tell(b, c, { note: 'kept', chain_id: metadata.chain_id })).status;
    };
    c.work = async (metadata) => seen.push(metadata);
    expect((await start(a)).status).toBe(200);
    const chainId = seen[0]?.chain_id;
    expect(chainId).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen).toEqual([
      { chain_id: chainId, delegation_depth: 1 },
      { note: 'kept', chain_id: chainId, delegation_depth: 2 },
    ]);
    for (const role of [a, b, c]) expect((await rowsOf(role, 'activity'))[0]?.chain_id).toBe(chainId);
  });

  it.each([
    ['speaks of its chain', (metadata: Record<string, unknown>) => ({ chain_id: metadata.chain_id })],
    ['says nothing', () => undefined],
    ['speaks of another', () => ({ chain_id: '11111111-1111-4111-8111-111111111111', delegation_depth: 0 })],
  ])(
    verifies('delegation.chain', 'never comes back to who waits for it, when the agent %s'),
    async (_name, say) => {
      const [a, b, c] = [await addRole('a'), await addRole('b'), await addRole('c')];
      const answers: Answer[] = [];
      a.work = async () => (await tell(a, b)).status;
      b.work = async (metadata) => (await tell(b, c, say(metadata))).status;
      c.work = async (metadata) => {
        answers.push(await tell(c, a, say(metadata)), await delegate(c, b, say(metadata) ?? {}));
        return null;
      };
      expect((await start(a)).status).toBe(200);
      expect(answers.map(({ status, body }) => [status, body.error, body.code])).toEqual([
        [409, CYCLE, 'delegation_cycle'],
        [409, CYCLE, 'delegation_cycle'],
      ]);
      const chainId = answers[0]?.body.chain_id;
      expect((await rowsOf(a, 'activity'))[0]).toMatchObject({ chain_id: chainId, status: 'ok' });
      const refused = (await rowsOf(a, 'activity')).find(({ source_id }) => source_id === c.id);
      expect(refused).toMatchObject({ status: 'error', error_detail: CYCLE });
      expect((await rowsOf(c, 'delegations'))[0]).toMatchObject({
        status: 'failed',
        target_id: b.id,
        error: CYCLE,
      });
      // When nobody waits any more, they may talk again.
      expect((await delegate(c, b)).status).toBe(202);
    },
  );

  it(verifies('delegation.chain', 'ends after sixteen hops'), async () => {
    const roles: Role[] = [];
    for (let at = 0; at < LIMITS.delegationDepth + 2; at++) roles.push(await addRole(`hop ${at}`));
    let last: Answer | null = null;
    let deepest: unknown = 0;
    roles.forEach((role, at) => {
      const next = roles[at + 1];
      role.work = async (metadata) => {
        deepest = metadata.delegation_depth ?? 0;
        if (!next) return null;
        const answer = await tell(role, next);
        if (answer.status !== 200) last = answer;
        return answer.status;
      };
    });
    expect((await start(roles[0] as Role)).status).toBe(200);
    expect(deepest).toBe(LIMITS.delegationDepth);
    const { status, body } = last as unknown as Answer;
    expect([status, body.error, body.code, body.depth_limit]).toEqual([
      409,
      TOO_DEEP,
      'delegation_too_deep',
      16,
    ]);
  });

  it(verifies('delegation.chain', 'goes on through tasks that nobody waits for, by their rows'), async () => {
    const [a, b, c] = [await addRole('a'), await addRole('b'), await addRole('c')];
    const answers: Answer[] = [];
    a.work = async () => (await delegate(a, b)).status;
    b.work = async (metadata) => (await delegate(b, c, { chain_id: metadata.chain_id })).status;
    c.work = async (metadata) => {
      answers.push(await delegate(c, a, { chain_id: metadata.chain_id }));
      return null;
    };
    expect((await start(a)).status).toBe(200);
    await until('the third one was asked', async () => answers.length > 0);
    expect(answers[0]?.body).toMatchObject({ error: CYCLE, code: 'delegation_cycle' });
    const [[first], [second]] = [await rowsOf(a, 'delegations'), await rowsOf(b, 'delegations')];
    expect(first).toMatchObject({ chain_id: answers[0]?.body.chain_id, depth: 1 });
    expect(second).toMatchObject({ chain_id: answers[0]?.body.chain_id, depth: 2 });
    const told = (await rowsOf(a, 'activity')).find(({ activity_type }) => activity_type === 'delegation');
    expect(told?.chain_id).toBe(first?.chain_id);
  });

  it(verifies('delegation.chain', 'is that of the agent, not of a person who acts for it'), async () => {
    const admin = await startTenantProcess({ WORKSPACE_BACKEND: 'none' });
    try {
      const asAdmin = apiOf(admin);
      const create = async (name: string) =>
        (await asAdmin('POST', '/workspaces', { name, external: true })).body.id as string;
      const [a, b] = [await create('a'), await create('b')];
      const answer = await asAdmin('POST', `/workspaces/${a}/delegate`, { target_id: b, task: 'x' });
      expect(answer.status).toBe(202);
      const [row] = (await asAdmin('GET', `/workspaces/${a}/delegations`)).body as unknown as Rows;
      expect(row?.depth).toBe(1);
    } finally {
      await admin.stop();
    }
  });

  it(
    verifies('delegation.chain', 'of a message that was fetched goes on when the agent speaks of it'),
    async () => {
      const [a, b] = [await addRole('a'), await addRole('b')];
      const fetching = await call('POST', '/workspaces', { name: 'fetches', external: true });
      const poll: Role = {
        id: fetching.body.id as string,
        token: (fetching.body.connection as { auth_token: string }).auth_token,
        work: async () => null,
      };
      await call(
        'POST',
        '/registry/register',
        { id: poll.id, agent_card: { name: 'fetches' }, delivery_mode: 'poll' },
        own(poll),
      );
      a.work = async () => (await tell(a, poll)).status;
      expect((await start(a)).status).toBe(200);
      const [row] = await rowsOf(poll, 'activity');
      const { params } = (
        row as { request_body: { params: { message: { metadata: Record<string, unknown> } } } }
      ).request_body;
      const { chain_id } = params.message.metadata;
      expect(row?.chain_id).toBe(chain_id);
      expect((await tell(poll, a, { chain_id })).body.code).toBe('delegation_cycle');
      expect((await tell(poll, b, { chain_id })).status).toBe(200);
      // Its answer to the sender is no delegation of its chain unless it says so.
      a.work = async () => null;
      expect((await tell(poll, a)).status).toBe(200);
    },
  );
});
