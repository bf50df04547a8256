// Upstreams: what a tenant hands on to its platform and to a canvas elsewhere: which paths, which credentials, and what it
// says when nobody is there.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const ORG = '5a8c7f7e-0f0b-4c9e-9a53-6f3a0f3f1c11';
const SLUG = 'acme';
const MEMBER = 'mcp_session=member';

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

let platform: Upstream;
let canvas: Upstream;
let tenant: ScenarioTenant;

class Upstream {
  readonly seen: Seen[] = [];
  readonly #server: Server;
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void = (_, response) =>
    response.end('answered');

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.seen.push({ method, url, headers, body });
        this.answer(request, response, body);
      });
    });
  }

  async open(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** The platform's answer about members: by one cookie alone. */
const knowsOneMember: Upstream['answer'] = (request, response) => {
  if (!request.url?.startsWith('/cp/auth/tenant-member')) return void response.end('answered');
  const isMember =
    request.headers.cookie?.startsWith(MEMBER) === true && request.url.endsWith(`?slug=${SLUG}`);
  response.writeHead(isMember ? 200 : 403, { 'content-type': 'application/json' });
  response.end(isMember ? '{"member":true,"user_id":"u-1"}' : '{"error":"no"}');
};

beforeAll(async () => {
  platform = await new Upstream().open();
  canvas = await new Upstream().open();
  tenant = await startScenarioTenant({
    MOLECULE_ORG_ID: ORG,
    MOLECULE_ORG_SLUG: SLUG,
    CP_UPSTREAM_URL: `${platform.url}/ignored/path`,
    CANVAS_PROXY_URL: canvas.url,
    ADMIN_TOKEN: 'an-admin-token-of-this-scenario-1234',
  });
  tenant.adminToken = 'an-admin-token-of-this-scenario-1234';
});
afterAll(async () => {
  await tenant?.stop();
  platform?.close();
  canvas?.close();
});
beforeEach(() => {
  platform.seen.length = 0;
  canvas.seen.length = 0;
  platform.answer = knowsOneMember;
});

const admin = () => ({ authorization: `Bearer ${tenant.adminToken}`, 'x-molecule-org-id': ORG });

describe('what begins with /cp', () => {
  it(
    verifies(
      ['core.1.8-cp', 'core.1.7-exempt-cp'],
      'is handed on with the platform’s cookie and bearer, past the guard, and answered as it came',
    ),
    async () => {
      platform.answer = (_, response) => {
        response.writeHead(207, {
          'x-answer': 'theirs',
          'x-powered-by': 'x',
          'set-cookie': 'mcp_session=new; Path=/',
        });
        response.end('multi');
      };
      const answer = await tenant.call('/cp/orgs/acme?x=1&y=%20', {
        method: 'POST',
        headers: {
          cookie: `${MEMBER}; molecule_session=own; other=1`,
          authorization: 'Bearer mol_pk_live_partner',
          'x-molecule-org-id': 'forged',
          'x-molecule-admin-token': 'forged',
          'x-forwarded-for': '203.0.113.9',
        },
        body: { a: 1 },
      });
      expect([answer.status, answer.text]).toEqual([207, 'multi']);
      expect(answer.headers.get('x-answer')).toBe('theirs');
      expect(answer.headers.get('x-powered-by')).toBeNull();
      expect(answer.headers.get('set-cookie')).toBe('mcp_session=new; Path=/');
      const [{ method, url, headers, body } = { method: '', url: '', headers: {}, body: '' }] = platform.seen;
      expect([method, url, body]).toEqual(['POST', '/cp/orgs/acme?x=1&y=%20', '{"a":1}']);
      expect(headers).toMatchObject({
        host: new URL(platform.url).host,
        cookie: MEMBER,
        authorization: 'Bearer mol_pk_live_partner',
        'x-forwarded-for': '127.0.0.1',
      });
      for (const name of ['x-molecule-org-id', 'x-molecule-admin-token'])
        expect(headers).not.toHaveProperty(name);
    },
  );

  it(verifies('core.1.8-cp', 'carries no credential of the tenant'), async () => {
    const { id: _, ...agent } = await guestAgent();
    const link = await tenant.call('/admin/sign-in-links', { method: 'POST', headers: admin() });
    const { pathname, search } = new URL((JSON.parse(link.text) as { url: string }).url);
    const session = (await tenant.call(pathname + search)).headers.get('set-cookie')?.split(';')[0] ?? '';
    const credentials: Record<string, string>[] = [
      { authorization: `Bearer ${tenant.adminToken}` },
      { authorization: `Bearer ${agent.token}` },
      { cookie: session },
    ];
    for (const headers of credentials) expect((await tenant.call('/cp/orgs', { headers })).status).toBe(200);
    expect(platform.seen.filter(({ url }) => url === '/cp/orgs')).toHaveLength(3);
    for (const { headers } of platform.seen) {
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('cookie');
    }
  });

  it(
    verifies('core.1.8-cp', 'carries no cookie from another site, and shows the platform its own origin'),
    async () => {
      const cookie = MEMBER;
      const cases = [
        [{ cookie, origin: 'https://evil.example' }, [undefined, 'https://evil.example']],
        [{ cookie, 'sec-fetch-site': 'cross-site' }, [undefined, undefined]],
        [{ cookie, origin: tenant.url }, [cookie, platform.url]],
      ] as const;
      for (const [headers, expected] of cases) {
        platform.seen.length = 0;
        await tenant.call('/cp/auth/logout', { method: 'POST', headers });
        const last = platform.seen.at(-1)?.headers;
        expect([last?.cookie, last?.origin]).toEqual(expected);
      }
    },
  );

  it.each([
    ['GET', '/cp'],
    ['GET', '/cp/admin/orgs'],
    ['GET', '/cp/tenants/config'],
    ['POST', '/cp/workspaces/provision'],
    ['DELETE', '/cp/orgs/acme'],
    ['GET', '/cp/orgs/%2e%2e/admin/orgs'],
    ['GET', '/cp/orgs%2f..%2fadmin'],
    ['GET', '/cp//orgs'],
  ])(
    verifies('core.1.8-cp', 'stays here, as a bare 404, where it is not allowed: %s %s'),
    async (method, path) => {
      const answer = await rawCall(method, path);
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
      expect(answer.split('\r\n\r\n')[1]).toBe('');
      expect(platform.seen).toEqual([]);
    },
  );

  it(verifies('core.1.8-cp', 'is 502 when the platform is away, and 413 when it is too much'), async () => {
    const away = await startScenarioTenant({ CP_UPSTREAM_URL: `http://127.0.0.1:${await freePort()}` });
    try {
      const answer = await away.call('/cp/auth/me');
      expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([
        502,
        'control plane unavailable',
        'text/plain; charset=utf-8',
      ]);
    } finally {
      await away.stop();
    }
    platform.answer = (request) => request.socket.destroy();
    expect((await tenant.call('/cp/auth/me')).status).toBe(502);
    const body = JSON.stringify('x'.repeat(1024 * 1024));
    const large = await tenant.call('/cp/orgs', { method: 'POST', body });
    expect([large.status, JSON.parse(large.text).code]).toEqual([413, 'payload_too_large']);
    expect(platform.seen.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it(verifies('core.1.8-cp', 'is not there where no platform is named'), async () => {
    const alone = await startScenarioTenant();
    try {
      const answer = await alone.call('/cp/auth/me');
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([404, 'not_found']);
    } finally {
      await alone.stop();
    }
  });
});

describe('a browser with the cookie of the platform', () => {
  const list = (cookie: string, more: Record<string, string> = {}) =>
    tenant.call('/workspaces', { headers: { cookie, ...more } });

  it(
    verifies(
      'core.2.8-platform-cookie',
      'is let in when the platform says that it is a member, who is asked for once',
    ),
    async () => {
      const cookie = `${MEMBER}-once`;
      expect((await list(`${cookie}; molecule_session=old; secret=1`)).status).toBe(200);
      for (let i = 0; i < 5; i++) expect((await list(cookie)).status).toBe(200);
      expect(platform.seen.map(({ method, url, headers }) => [method, url, headers.cookie])).toEqual([
        ['GET', `/cp/auth/tenant-member?slug=${SLUG}`, cookie],
      ]);
      expect((await list(cookie, { 'sec-fetch-site': 'cross-site' })).status).toBe(404);
      const mine = await tenant.call('/admin/sessions', { headers: { cookie } });
      expect(mine.status).toBe(200);
      const all = { method: 'POST', headers: { cookie } };
      expect((await tenant.call('/admin/sessions/revoke-others', all)).status).toBe(200);
      expect((await tenant.call('/auth/sign-out', all)).status).toBe(200);
      const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/ws`, { headers: { cookie } });
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      socket.close();
    },
  );

  it.each<[string, Upstream['answer']]>([
    ['refuses', (_, response) => response.writeHead(403).end()],
    ['names nobody', (_, response) => response.end('{"member":true}')],
    ['is in trouble', (_, response) => response.writeHead(500).end()],
    ['goes away', (request) => request.socket.destroy()],
  ])(verifies('core.2.8-platform-cookie', 'stays out when the platform %s'), async (_what, answer) => {
    platform.answer = answer;
    expect((await list(`mcp_session=${crypto.randomUUID()}`)).status).toBe(404);
  });

  it(verifies('core.2.8-platform-cookie', 'stays out after 3 s when the platform says nothing'), async () => {
    platform.answer = () => {};
    const startedAt = performance.now();
    expect((await list('mcp_session=slow')).status).toBe(404);
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(seconds).toBeGreaterThan(2.9);
    expect(seconds).toBeLessThan(15);
    platform.answer = (_, response) => response.end('{"member":true,"user_id":"u-2"}');
    expect((await list('mcp_session=slow')).status).toBe(200);
  });
});

describe('the pages of a canvas that is served elsewhere', () => {
  it(verifies('core.1.8-canvas', 'come from there, without any credential'), async () => {
    canvas.answer = (request, response) =>
      response.writeHead(200, { 'x-page': request.url ?? '' }).end('<p>page</p>');
    for (const path of ['/', '/board/deep?x=1', '/assets/app.js', '/_next/static/a.js']) {
      canvas.seen.length = 0;
      const answer = await tenant.call(path, {
        headers: { ...admin(), cookie: 'molecule_session=1; mcp_session=2', accept: 'text/html' },
      });
      expect([answer.status, answer.text, answer.headers.get('x-page')]).toEqual([200, '<p>page</p>', path]);
      const [page] = canvas.seen;
      expect(page?.headers.host).toBe(new URL(canvas.url).host);
      for (const name of ['cookie', 'authorization', 'x-molecule-org-id'])
        expect(page?.headers).not.toHaveProperty(name);
    }
    canvas.seen.length = 0;
    expect((await tenant.call('/workspaces/unknown/path')).status).toBe(404);
    expect((await tenant.call('/health')).text).not.toContain('page');
    expect(canvas.seen).toEqual([]);
  });

  it(verifies('core.1.8-canvas', 'are 502 when nobody is there'), async () => {
    const away = await startScenarioTenant({ CANVAS_PROXY_URL: `http://127.0.0.1:${await freePort()}` });
    try {
      for (const path of ['/', '/assets/app.js']) {
        const answer = await away.call(path);
        expect([answer.status, answer.text]).toEqual([502, 'canvas unavailable']);
      }
      expect((await away.call('/health')).status).toBe(200);
    } finally {
      await away.stop();
    }
  });

  it(verifies('core.1.8-canvas', 'stream, and end with the reader'), async () => {
    let ended = false;
    canvas.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('first ');
      response.on('close', () => {
        ended = true;
      });
    };
    const controller = new AbortController();
    const response = await fetch(`${tenant.url}/slow-page`, { signal: controller.signal });
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe('first ');
    controller.abort();
    await until('the upstream is told', () => ended);
  });
});

async function guestAgent() {
  return addExternalAgent(
    Object.assign(Object.create(tenant) as ScenarioTenant, {
      asAdmin: async (path: string, options: Parameters<ScenarioTenant['call']>[1] = {}) => {
        const answer = await tenant.call(path, {
          ...options,
          headers: { ...admin(), ...options.headers },
        });
        return JSON.parse(answer.text);
      },
    }),
    'guest',
  );
}

/** As it stands: `fetch` would tidy the path up. */
function rawCall(method: string, path: string): Promise<string> {
  const { hostname, port, host } = new URL(tenant.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    });
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}
