// Transcripts: an agent's session is fetched from the agent, from allowed addresses only and with its own credential only.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const page = { runtime: 'test', supported: true, lines: [], cursor: 0, more: false, source: null };

/** What the agent does is chosen by `since`. */
const answers: Record<string, RequestListener> = {
  teapot: (_, response) =>
    void response.writeHead(418, { 'content-type': 'text/plain' }).end('short and stout'),
  redirect: (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  large: (_, response) => void response.end('x'.repeat(1024 * 1024 + 1)),
  full: (_, response) => void response.end('x'.repeat(1024 * 1024)),
  cut: (_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{', () => response.destroy());
  },
  gone: (request) => void request.socket.destroy(),
};

let tenant: ScenarioTenant;
let agent: Server;
let agentUrl: string;
const seen: { url: string; authorization: string | undefined; cookie: string | undefined }[] = [];

beforeAll(async () => {
  agent = createServer((request, response) => {
    const { authorization, cookie } = request.headers;
    seen.push({ url: request.url ?? '', authorization, cookie });
    const since = new URL(request.url ?? '', 'http://agent').searchParams.get('since') ?? '';
    const answer = answers[since];
    if (answer) return void answer(request, response);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
  });
  await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
  agentUrl = `http://localhost:${(agent.address() as AddressInfo).port}`;
  tenant = await startScenarioTenant({ MOLECULE_ENV: 'development' });
});

afterAll(async () => {
  await tenant?.stop();
  agent?.closeAllConnections();
  agent?.close();
});

interface Made {
  id: string;
  token: string;
}

/** `url` is where the row says it is; `cardUrl` what its card says. */
async function external(where: ScenarioTenant, url: string | null, cardUrl?: string): Promise<Made> {
  const headers: Record<string, string> = where.adminToken
    ? { authorization: `Bearer ${where.adminToken}` }
    : {};
  const made = await where.call('/workspaces', {
    method: 'POST',
    headers,
    body: { name: 'far', external: true },
  });
  const { id, connection } = JSON.parse(made.text) as { id: string; connection: { auth_token: string } };
  const token = connection.auth_token;
  if (url === null && cardUrl === undefined) return { id, token };
  const registered = await where.call('/registry/register', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: {
      id,
      agent_card: { name: 'far', ...(cardUrl === undefined ? {} : { url: cardUrl }) },
      ...(url === null ? { delivery_mode: 'poll' } : { url, delivery_mode: 'push' }),
    },
  });
  expect(registered.status).toBe(200);
  return { id, token };
}

const read = (where: ScenarioTenant, id: string, query = '', headers: Record<string, string> = {}) =>
  where.call(`/workspaces/${id}/transcript${query}`, { headers });

describe('the transcript of an agent elsewhere', () => {
  it(
    verifies(
      'core.9.5-forwarded',
      'is asked for at the address of its row, with since and limit and nothing else',
    ),
    async () => {
      const { id } = await external(tenant, `${agentUrl}/deep/path`, 'http://203.0.113.9/');
      seen.length = 0;
      const answer = await read(tenant, id, '?since=7&limit=3&other=1');
      expect([answer.status, JSON.parse(answer.text)]).toEqual([200, page]);
      expect(seen).toEqual([
        { url: '/transcript?since=7&limit=3', authorization: undefined, cookie: undefined },
      ]);
      expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    },
  );

  it('is asked for at the address of its card where the row has none', async () => {
    const { id } = await external(tenant, null, agentUrl);
    expect((await read(tenant, id)).status).toBe(200);
  });

  it(
    verifies('core.9.5-credential', "sees the workspace's own credential, and never anybody else's"),
    async () => {
      const { id, token } = await external(tenant, agentUrl);
      const minted = await tenant.call('/org/tokens', { method: 'POST', body: {} });
      const orgToken = (JSON.parse(minted.text) as { auth_token: string }).auth_token;
      seen.length = 0;
      const callers: Record<string, string>[] = [
        { authorization: `Bearer ${token}` },
        { authorization: `Bearer ${orgToken}` },
        { cookie: 'somebody=here' },
        {},
      ];
      for (const headers of callers) {
        expect((await read(tenant, id, '', headers)).status).toBe(200);
      }
      expect(seen.map(({ authorization }) => authorization)).toEqual([
        `Bearer ${token}`,
        undefined,
        undefined,
        undefined,
      ]);
      expect(seen.every((call) => call.cookie === undefined)).toBe(true);
    },
  );

  it.each([
    ['passes on status, type and body', 'teapot', 418, 'short and stout'],
    ['takes up to one MiB', 'full', 200, 'x'.repeat(1024 * 1024)],
    ['refuses more than one MiB', 'large', 500, 'failed to read workspace response'],
    ['says when the answer breaks off', 'cut', 500, 'failed to read workspace response'],
    ['says when nobody answers', 'gone', 502, 'workspace unreachable'],
    ['follows no redirect', 'redirect', 502, 'workspace unreachable'],
  ])(verifies(['core.9.5-errors', 'core.1.5-transcript'], '%s'), async (_, since, status, text) => {
    const { id } = await external(tenant, agentUrl);
    const answer = await read(tenant, id, `?since=${since}`);
    expect(answer.status).toBe(status);
    if (status >= 500) expect(JSON.parse(answer.text).error).toBe(text);
    else expect(answer.text === text).toBe(true);
    if (since === 'teapot') expect(answer.headers.get('content-type')).toContain('text/plain');
  });

  it.each<[string, string | null, string | undefined, number, string]>([
    ['without an address', null, undefined, 503, 'workspace not registered (no URL on file)'],
    ['with an address that is none', null, 'remote://no-inbound', 400, 'invalid workspace URL'],
    ['with rubbish for an address', null, 'http://', 400, 'invalid workspace URL'],
    [
      'at an address of the metadata service',
      null,
      'http://169.254.169.254/',
      400,
      'workspace URL not allowed',
    ],
  ])(verifies('core.9.5-errors', '%s is refused'), async (_, url, cardUrl, status, error) => {
    const { id } = await external(tenant, url, cardUrl);
    const answer = await read(tenant, id);
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([status, error]);
  });

  it('of an unknown workspace is 404', async () => {
    const answer = await read(tenant, '11111111-1111-4111-8111-111111111111');
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([404, 'workspace not found']);
  });

  it('at a name that leads into this machine is refused outside development', async () => {
    const closed = await startScenarioTenant();
    try {
      const { id, token } = await external(closed, agentUrl);
      seen.length = 0;
      const answer = await read(closed, id, '', { authorization: `Bearer ${token}` });
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, 'workspace URL not allowed']);
      expect(seen).toEqual([]);
    } finally {
      await closed.stop();
    }
  });
});

describe('the transcript of an agent of ours', () => {
  it('holds what was asked and answered, page by page', async () => {
    const hosting = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
    try {
      const { id } = await hosting.asAdmin<{ id: string }>('/workspaces', {
        method: 'POST',
        body: { name: 'Scribe', runtime: 'rehearsal' },
      });
      const status = async () => (await hosting.asAdmin<{ status: string }>(`/workspaces/${id}`)).status;
      await until('it is online', async () => (await status()) === 'online', 60_000);
      const message = { role: 'user', parts: [{ kind: 'text', text: 'remember the milk' }] };
      await hosting.asAdmin(`/workspaces/${id}/a2a`, {
        method: 'POST',
        body: { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } },
      });
      interface Page {
        lines: { type: string; text: string }[];
        cursor: number;
        more: boolean;
      }
      const first = await hosting.asAdmin<Page>(`/workspaces/${id}/transcript?limit=1`);
      expect([first.lines[0]?.text, first.more]).toEqual(['remember the milk', true]);
      const rest = await hosting.asAdmin<Page>(`/workspaces/${id}/transcript?since=${first.cursor}`);
      expect([rest.lines.map(({ type }) => type), rest.more]).toEqual([['agent'], false]);
      const wrong = await hosting.call(`/workspaces/${id}/transcript?since=x`, {
        headers: { authorization: `Bearer ${hosting.adminToken}` },
      });
      expect(wrong.status).toBe(400);
    } finally {
      await hosting.stop();
    }
  });
});
