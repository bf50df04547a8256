// Tests of the edge over real sockets: what goes through, what comes back, what it says itself.

import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EDGE_HEADER, signEdge, tenantEdgeKey, verifyEdge } from '@molecule/http';
import { createLog, systemClock } from '@molecule/kit';
import { Agent } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEdge } from './edge.ts';
import { type Route, RouteTable } from './route-table.ts';

const KEY = 'key-of-the-platform';
const log = createLog({ level: 'silent' });
const dispatcher = new Agent();
const servers: Server[] = [];
let routes: Record<string, Route | null | 'away'> = {};
let edgePort: number;
let handle: (request: IncomingMessage, response: ServerResponse) => void;
let upstream: Server;
let lookUps: string[] = [];

function listen(server: Server): Promise<number> {
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

const route = (port: number, over: Partial<Route> = {}): Route => ({
  slug: 'acme',
  status: 'running',
  upstream: `http://127.0.0.1:${port}`,
  orgId: 'org-a',
  generation: 1,
  slot: 'a',
  ...over,
});

let upstreamPort: number;
beforeAll(async () => {
  upstream = createServer((request, response) => handle(request, response));
  upstreamPort = await listen(upstream);
  const controlPlane = await listen(createServer((_, response) => response.end('control plane')));
  await openEdge(controlPlane);
});
afterEach(() => {
  routes = {};
  lookUps = [];
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await dispatcher.destroy();
});

async function openEdge(controlPlane: number): Promise<void> {
  const table = new RouteTable({
    clock: systemClock,
    log,
    file: join(tmpdir(), 'molecule-edge-never-written.json'),
    lookUp: async (slug) => {
      lookUps.push(slug);
      const found = routes[slug] ?? null;
      if (found === 'away') throw new Error('away');
      return found;
    },
  });
  edgePort = await listen(
    createEdge({
      table,
      dispatcher,
      clock: systemClock,
      log,
      edgeKey: KEY,
      controlPlaneUrl: `http://127.0.0.1:${controlPlane}`,
      appDomain: 'localhost',
      scheme: 'http',
      certificates: null,
    }),
  );
}

interface Got {
  status: number;
  text: string;
  headers: IncomingMessage['headers'];
}

function ask(
  host: string,
  path = '/',
  headers: Record<string, string> = {},
  body?: string,
  method = body ? 'POST' : 'GET',
) {
  return new Promise<Got>((resolve, reject) => {
    const options = { host: '127.0.0.1', port: edgePort, path, method, headers: { host, ...headers } };
    const request = httpRequest(options, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Each test has a name of its own: what the table knows of one is no matter of another. */
let counter = 0;
const fresh = (over: Partial<Route> = {}): string => {
  const slug = `t-${++counter}x`;
  routes[slug] = route(upstreamPort, { slug, ...over });
  return slug;
};

describe('a request to a tenant', () => {
  it('arrives with method, path, body and Host as they were, and the organisation that the edge signed', async () => {
    const slug = fresh();
    let seen: { url?: string; body: string; headers: IncomingMessage['headers'] } = { body: '', headers: {} };
    handle = (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        seen = { url: request.url, body, headers: request.headers };
        response.writeHead(207, { 'x-own': '1', 'set-cookie': ['a=1', 'b=2'], server: 'secret' }).end('done');
      });
    };
    const got = await ask(
      `${slug}.localhost:1`,
      '/a/b?c=%2F..',
      { 'x-molecule-org-id': 'forged', cookie: 's=1' },
      'hello',
    );
    expect([
      got.status,
      got.text,
      got.headers['x-own'],
      got.headers['set-cookie'],
      got.headers.server,
    ]).toEqual([207, 'done', '1', ['a=1', 'b=2'], undefined]);
    expect([seen.url, seen.body, seen.headers.host, seen.headers.cookie]).toEqual([
      '/a/b?c=%2F..',
      'hello',
      `${slug}.localhost:1`,
      's=1',
    ]);
    expect(seen.headers['x-molecule-org-id']).toBe('org-a');
    expect(seen.headers['x-forwarded-for']).toMatch(/127\.0\.0\.1$/);
    const key = tenantEdgeKey(KEY, 'org-a');
    expect(verifyEdge(key, 'org-a', seen.headers[EDGE_HEADER], Date.now())).toBe(true);
    expect(got.headers['x-molecule-route-age']).toBe('0');
  });

  it('gets a stream part by part, and ends it upstream when the reader leaves (F1, F2)', async () => {
    const slug = fresh();
    let isClosed = false;
    handle = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      response.on('close', () => {
        isClosed = true;
      });
    };
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: edgePort, headers: { host: `${slug}.localhost` } },
        (response) =>
          response.once('data', (chunk) => {
            expect(String(chunk)).toBe('data: 1\n\n');
            request.destroy();
            resolve();
          }),
      );
      request.on('error', (error) => (isClosed ? undefined : reject(error)));
      request.end();
    });
    await expect.poll(() => isClosed, { timeout: 5_000 }).toBe(true);
  });

  it('follows a tenant that moved, before anything was sent (F3)', async () => {
    const gone = await new Promise<number>((resolve) => {
      const server = createServer();
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
    });
    const slug = fresh({ upstream: `http://127.0.0.1:${gone}` });
    await ask(`${slug}.localhost`).then((got) => expect(got.status).toBe(502));
    routes[slug] = route(upstreamPort, { slug, generation: 2 });
    handle = (request, response) => request.pipe(response);
    expect((await ask(`${slug}.localhost`, '/', {}, 'body')).text).toBe('body');
  });

  it('to a tenant that was removed or suspended since the last look says so (F3)', async () => {
    const gone = await listen(createServer((_, response) => response.end('here')));
    for (const [status, now] of [
      [404, null],
      [404, { status: 'purging' }],
      [403, { status: 'suspended' }],
    ] as const) {
      const slug = `gone-${crypto.randomUUID().slice(0, 8)}`;
      routes = { [slug]: route(gone, { slug }) };
      expect((await ask(`${slug}.localhost`)).text).toBe('here');
      const server = servers.at(-1) as Server;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      routes = { [slug]: now && route(gone, { slug, ...now }) };
      expect((await ask(`${slug}.localhost`)).status).toBe(status);
      await new Promise<void>((resolve) => server.listen(gone, '127.0.0.1', resolve));
    }
  });

  it('is refused by the edge where its target is no path', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(edgePort, '127.0.0.1', () =>
        socket.write(
          'GET http://other.localhost/ HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n',
        ),
      );
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
  });
});

describe('a name', () => {
  it('of the platform leads to the control plane, and no tenant is looked up', async () => {
    for (const host of ['localhost', '127.0.0.1:99', 'app.localhost'])
      expect((await ask(host)).text).toBe('control plane');
    expect(lookUps).toEqual([]);
  });

  it('of a tenant that is not open yet: a page that looks again, or 503 for programs', async () => {
    const slug = fresh({ status: 'provisioning', upstream: null });
    const page = await ask(`${slug}.localhost`, '/', { accept: 'text/html' });
    expect([page.status, page.headers.refresh]).toEqual([200, '5']);
    const api = await ask(`${slug}.localhost`, '/workspaces', { accept: 'application/json' });
    expect([api.status, api.headers['retry-after']]).toEqual([503, '5']);
  });

  it.each([
    ['suspended', 403],
    ['purging', 404],
    ['failed', 503],
    ['stopped', 503],
  ])('of a tenant that is %s answers %i', async (status, expected) => {
    expect((await ask(`${fresh({ status })}.localhost`)).status).toBe(expected);
  });

  it('answers alike for nobody, an unknown tenant and one that is being removed (G1)', async () => {
    const texts = await Promise.all([
      ask('unknown-one.localhost'),
      ask('admin.localhost'),
      ask('other.example'),
      ask(`${fresh({ status: 'purging' })}.localhost`),
    ]);
    expect(new Set(texts.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  });

  it('is not there and not unknown while the control plane is away and nothing is known (G2)', async () => {
    routes['away-one'] = 'away';
    expect((await ask('away-one.localhost')).status).toBe(503);
  });

  it('passes a signed probe to a tenant that is not open yet, and no unsigned one (G4)', async () => {
    const slug = fresh({ status: 'provisioning' });
    handle = (_, response) => response.end('tenant');
    const probe = signEdge(KEY, `probe:${slug}`, Date.now());
    expect((await ask(`${slug}.localhost`, '/', { 'x-molecule-probe': probe })).text).toBe('tenant');
    const wrong = signEdge('other', `probe:${slug}`, Date.now());
    expect((await ask(`${slug}.localhost`, '/', { 'x-molecule-probe': wrong })).status).toBe(503);
  });
});

describe('a WebSocket', () => {
  const upgrade = (host: string) =>
    new Promise<{ first: string; send(text: string): void; next(): Promise<string>; end(): void }>(
      (resolve) => {
        const socket = connect(edgePort, '127.0.0.1', () =>
          socket.write(
            `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nX-Molecule-Org-Id: forged\r\n\r\n`,
          ),
        );
        const next = () => new Promise<string>((got) => socket.once('data', (chunk) => got(String(chunk))));
        socket.on('error', () => {});
        void next().then((first) =>
          resolve({ first, next, send: (text) => socket.write(text), end: () => socket.destroy() }),
        );
      },
    );

  it('passes both ways as it is, with the organisation of its name', async () => {
    const slug = fresh();
    let org: unknown;
    upstream.removeAllListeners('upgrade');
    upstream.on('upgrade', (request, socket) => {
      org = request.headers['x-molecule-org-id'];
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\n',
      );
      socket.on('data', (chunk: Buffer) => socket.write(`echo ${String(chunk)}`));
      socket.on('error', () => {});
    });
    const client = await upgrade(`${slug}.localhost`);
    expect(client.first).toMatch(/^HTTP\/1\.1 101/);
    expect(client.first).toMatch(/sec-websocket-accept: y/i);
    const echoed = client.next();
    client.send('hello');
    expect(await echoed).toBe('echo hello');
    expect(org).toBe('org-a');
    client.end();
  });

  it('gets the refusal of the tenant, or of the edge, as an answer', async () => {
    const slug = fresh();
    upstream.removeAllListeners('upgrade');
    upstream.on('upgrade', (_, socket) => {
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
    });
    const refused = await upgrade(`${slug}.localhost`);
    expect(refused.first).toMatch(/^HTTP\/1\.1 401/);
    const nobody = await upgrade('admin.localhost');
    expect(nobody.first).toMatch(/^HTTP\/1\.1 404/);
  });
});
