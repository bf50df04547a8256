// Hostile requests against the edge, byte for byte over a socket: what a client forges, smuggles or hides in Host.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, systemClock } from '@molecule/kit';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEdge } from './edge.ts';
import { RouteTable } from './route-table.ts';

const log = createLog({ level: 'silent' });
const dispatcher = new Agent();
const servers: Server[] = [];
/** Who got which request. */
let arrived: { at: string; request: IncomingMessage; body: string }[] = [];
let port: number;

function listen(server: Server): Promise<number> {
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

function open(at: string): Promise<number> {
  return listen(
    createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        arrived.push({ at, request, body });
        response.writeHead(200, {
          'keep-alive': 'timeout=999',
          'x-hidden': '1',
          connection: 'close, x-hidden',
          'proxy-authenticate': 'Basic',
          server: 'secret',
          'x-powered-by': 'secret',
        });
        response.end(at);
      });
    }),
  );
}

beforeAll(async () => {
  const ports: Record<string, number> = { acme: await open('acme'), beta: await open('beta') };
  const table = new RouteTable({
    clock: systemClock,
    log,
    file: join(tmpdir(), 'molecule-edge-never-written.json'),
    lookUp: async (slug) =>
      ports[slug] === undefined
        ? null
        : {
            slug,
            status: 'running',
            upstream: `http://127.0.0.1:${ports[slug]}`,
            orgId: `org-${slug}`,
            generation: 1,
            slot: 'a',
          },
  });
  port = await listen(
    createEdge({
      table,
      dispatcher,
      clock: systemClock,
      log,
      edgeKey: 'key-of-the-platform',
      controlPlaneUrl: `http://127.0.0.1:${await open('platform')}`,
      appDomain: 'molecule.test',
      scheme: 'https',
      certificates: null,
    }),
  );
});
beforeEach(() => {
  arrived = [];
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await dispatcher.destroy();
});

/** Everything that comes back until the edge closes. */
function send(lines: string[], body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`));
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}

const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
const ACME = 'Host: acme.molecule.test';
const CLOSE = 'Connection: close';

describe('what a client forges', () => {
  it.each([
    ['X-Forwarded-For', '6.6.6.6'],
    ['X-Forwarded-Proto', 'gopher'],
    ['X-Forwarded-Host', 'beta.molecule.test'],
    ['X-Forwarded-Port', 'port-66'],
    ['X-Forwarded-Server', 'evil'],
    ['X-Real-IP', '6.6.6.6'],
    ['Forwarded', 'for=6.6.6.6;host=beta.molecule.test'],
    ['X-Molecule-Org-Id', 'org-beta'],
    ['X-MOLECULE-EDGE', 'org-beta.forged'],
    ['X-Molecule-Anything', 'forged'],
    ['Keep-Alive', 'timeout=999'],
    ['Proxy-Authorization', 'Basic Zm9yZ2Vk'],
    ['Proxy-Connection', 'forged'],
    ['TE', 'trailers, deflate'],
    ['Trailer', 'X-Later'],
  ])('%s does not arrive, neither once nor twice', async (name, value) => {
    const answer = await send([
      'GET / HTTP/1.1',
      ACME,
      `${name}: ${value}`,
      `${name.toLowerCase()}: ${value}`,
      CLOSE,
    ]);
    expect([statusOf(answer), arrived.map(({ at }) => at)]).toEqual([200, ['acme']]);
    const seen = arrived[0]?.request;
    expect(JSON.stringify(seen?.rawHeaders)).not.toContain(value);
    expect(seen?.headers['x-molecule-org-id']).toBe('org-acme');
    expect(seen?.headers['x-forwarded-proto']).toBe('https');
  });

  it('as a matter of one connection takes away nothing that the edge says', async () => {
    await send([
      'GET / HTTP/1.1',
      ACME,
      'X-Mine: 1',
      'Connection: close, x-mine, x-molecule-org-id, x-molecule-edge, x-forwarded-for, host',
    ]);
    const headers = arrived[0]?.request.headers ?? {};
    expect(headers).not.toHaveProperty('x-mine');
    for (const name of ['x-molecule-org-id', 'x-molecule-edge', 'x-forwarded-for', 'host']) {
      expect(headers).toHaveProperty(name);
    }
  });
});

describe('what a tenant says of one connection or of itself', () => {
  it('stays behind', async () => {
    const answer = (await send(['GET / HTTP/1.1', ACME, CLOSE])).toLowerCase();
    expect(answer).toMatch(/^http\/1\.1 200/);
    for (const hidden of ['999', 'x-hidden', 'proxy-authenticate', 'secret'])
      expect(answer).not.toContain(hidden);
  });
});

describe('a Host', () => {
  it.each([
    ['acme.molecule.test', 'acme'],
    ['ACME.Molecule.TEST', 'acme'],
    ['acme.molecule.test.', 'acme'],
    ['acme.molecule.test:1', 'acme'],
    ['molecule.test', 'platform'],
  ])('%s leads to %s', async (host, at) => {
    await send(['GET / HTTP/1.1', `Host: ${host}`, CLOSE]);
    expect(arrived.map((one) => one.at)).toEqual([at]);
  });

  it.each([
    'acme.molecule.test.evil.test',
    'evilmolecule.test',
    'acme.beta.molecule.test',
    'acme.molecule.test..',
    '.molecule.test',
    'acme@beta.molecule.test',
    'acme.molecule.test:80:80',
    'acme.molecule.test:port',
    'acme.molecule.test/beta',
    'acme.molecule.test, beta.molecule.test',
    'acme.molecule.test beta.molecule.test',
    'acme%2emolecule.test',
    'acme_.molecule.test',
    'äcme.molecule.test',
    'admin.molecule.test',
    '',
  ])('%j leads to nobody', async (host) => {
    const answer = await send(['GET / HTTP/1.1', `Host: ${host}`, CLOSE]);
    expect([400, 404]).toContain(statusOf(answer));
    expect(arrived).toEqual([]);
  });

  it.each([
    ['none', ['GET / HTTP/1.1', CLOSE]],
    ['in the target', ['GET http://beta.molecule.test/ HTTP/1.1', ACME, CLOSE]],
    ['folded', ['GET / HTTP/1.1', 'Host: acme', ' .molecule.test', CLOSE]],
    ['with a blank before the colon', ['GET / HTTP/1.1', 'Host : acme.molecule.test', CLOSE]],
  ])('%s is refused', async (_, lines) => {
    expect(statusOf(await send(lines))).toBe(400);
    expect(arrived).toEqual([]);
  });

  it.each(['beta.molecule.test', 'acme.molecule.test'])(
    'said twice, the second time as %s, is refused',
    async (host) => {
      const answer = await send(['GET / HTTP/1.1', ACME, `host: ${host}`, CLOSE]);
      expect([statusOf(answer), arrived]).toEqual([400, []]);
    },
  );
});

describe('a second request hidden in the first', () => {
  const hidden = 'GET /hidden HTTP/1.1\r\nHost: beta.molecule.test\r\n\r\n';

  it.each([
    [
      'a length and chunks',
      [`Content-Length: ${hidden.length + 5}`, 'Transfer-Encoding: chunked'],
      `0\r\n\r\n${hidden}`,
    ],
    ['two lengths', ['Content-Length: 0', `Content-Length: ${hidden.length}`], hidden],
    ['a length with a sign', [`Content-Length: +${hidden.length}`], hidden],
    ['chunks that are not last', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${hidden}`],
    ['chunks by another name', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${hidden}`],
    ['a blank before the colon', ['Transfer-Encoding : chunked'], `0\r\n\r\n${hidden}`],
    ['a chunk without a number', ['Transfer-Encoding: chunked'], `zz\r\n${hidden}\r\n0\r\n\r\n`],
  ])('by %s reaches nobody', async (_, headers, body) => {
    const answer = await send(['POST / HTTP/1.1', ACME, CLOSE, ...headers], body);
    expect(statusOf(answer)).toBeGreaterThanOrEqual(400);
    expect(arrived.filter(({ request }) => request.url === '/hidden')).toEqual([]);
  });
});
