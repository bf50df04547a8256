// Tests of TLS at the edge over real sockets: which certificate answers, what is refused, what is read again.

import { chmod, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { createLog, systemClock } from '@molecule/kit';
import { type TestAuthority, testAuthority } from '@molecule/testkit';
import { Agent } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Certificates } from './certificates.ts';
import { loadConfig } from './config.ts';
import { createEdge } from './edge.ts';
import { createRedirect } from './redirect.ts';
import { tableOfAcme } from './testing/table-of-acme.ts';

const log = createLog({ level: 'silent' });
const DAY_MS = 24 * 3_600_000;
let authority: TestAuthority;
let folder: string;
let servers: Server[] = [];
const dispatcher = new Agent();

beforeAll(async () => {
  authority = await testAuthority();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molecule-tls-'));
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
  await rm(folder, { recursive: true });
});
afterAll(() => dispatcher.destroy());

async function put(file: string, names: string[], endsAt?: number): Promise<void> {
  const { cert, key } = await authority.issue(names, endsAt);
  await writeFile(join(folder, `${file}.key`), key, { mode: 0o600 });
  await writeFile(join(folder, `${file}.crt`), cert);
}

function listen(server: Server): Promise<number> {
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

const read = () => new Certificates({ folder, appDomain: 'molecule.test', clock: systemClock, log });

async function openEdge(
  handle: Parameters<typeof createServer>[1] = (_, response) => response.end('tenant'),
) {
  const certificates = read();
  await certificates.load();
  const upstream = createServer(handle as never);
  upstream.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.pipe(socket);
  });
  const upstreamPort = await listen(upstream);
  const table = tableOfAcme(folder, upstreamPort, log);
  const port = await listen(
    createEdge({
      table,
      dispatcher,
      clock: systemClock,
      log,
      edgeKey: 'key-of-the-platform',
      controlPlaneUrl: `http://127.0.0.1:${upstreamPort}`,
      appDomain: 'molecule.test',
      scheme: 'https',
      certificates,
    }),
  );
  return { port, certificates };
}

/** The names on the certificate that answers; verified against the authority and, when a name is said, against it. */
function namesServed(
  port: number,
  servername: string,
  version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3',
) {
  return new Promise<string | undefined>((resolve, reject) => {
    const socket: TLSSocket = connect(
      {
        host: '127.0.0.1',
        port,
        servername,
        ca: authority.certificate,
        minVersion: version,
        maxVersion: version,
        // Node's own list leaves out what the old version needs.
        ...(version === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
        checkServerIdentity: () => undefined,
      },
      () => {
        resolve(socket.getPeerCertificate().subjectaltname);
        socket.destroy();
      },
    );
    socket.once('error', reject);
  });
}

function ask(port: number, name: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; text: string; headers: IncomingMessage['headers'] }>(
    (resolve, reject) => {
      httpsRequest(
        {
          host: '127.0.0.1',
          port,
          servername: name,
          ca: authority.certificate,
          headers: { host: name, ...headers },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk) => (text += String(chunk)));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
          );
        },
      )
        .once('error', reject)
        .end();
    },
  );
}

describe('a connection with TLS', () => {
  it('gets the certificate of the name before that of a wildcard, and the one of the domain for any other (T2)', async () => {
    await put('a-wild', ['*.molecule.test', 'molecule.test']);
    await put('b-own', ['acme.molecule.test']);
    await put('c-other', ['elsewhere.test']);
    const { port } = await openEdge();
    expect(await namesServed(port, 'acme.molecule.test')).toBe('DNS:acme.molecule.test');
    expect(await namesServed(port, 'ACME.molecule.test')).toBe('DNS:acme.molecule.test');
    expect(await namesServed(port, 'elsewhere.test')).toBe('DNS:elsewhere.test');
    for (const name of ['beta.molecule.test', 'deep.acme.molecule.test', 'nobody.test', '']) {
      expect(await namesServed(port, name)).toBe('DNS:*.molecule.test, DNS:molecule.test');
    }
  });

  it('gets a certificate that still holds before one that ended, however well that one fits (T2)', async () => {
    await put('own', ['acme.molecule.test'], Date.now() - DAY_MS);
    await put('wild', ['*.molecule.test']);
    const { port } = await openEdge();
    expect(await namesServed(port, 'acme.molecule.test')).toBe('DNS:*.molecule.test');
  });

  it('is refused below 1.2 (G5)', async () => {
    await put('own', ['molecule.test']);
    const { port } = await openEdge();
    expect(await namesServed(port, 'molecule.test', 'TLSv1.2')).toBe('DNS:molecule.test');
    await expect(namesServed(port, 'molecule.test', 'TLSv1.1')).rejects.toThrow(/version|protocol/i);
  });

  it('is told to stay with TLS by tenants, by the control plane and by the edge, once (G5)', async () => {
    await put('own', ['molecule.test', 'acme.molecule.test', 'none.molecule.test']);
    let seen: IncomingMessage['headers'] = {};
    const { port } = await openEdge((request, response) => {
      seen = request.headers;
      response.writeHead(200, { 'Strict-Transport-Security': 'max-age=0' }).end('tenant');
    });
    for (const [name, status] of [
      ['acme.molecule.test', 200],
      ['molecule.test', 200],
      ['none.molecule.test', 404],
    ] as const) {
      const got = await ask(port, name, { 'x-forwarded-proto': 'http' });
      expect([name, got.status, got.headers['strict-transport-security']]).toEqual([
        name,
        status,
        'max-age=31536000',
      ]);
    }
    expect(seen['x-forwarded-proto']).toBe('https');
  });

  it('carries a WebSocket', async () => {
    await put('own', ['acme.molecule.test']);
    const { port } = await openEdge();
    const echoed = await new Promise<string>((resolve, reject) => {
      httpsRequest({
        host: '127.0.0.1',
        port,
        servername: 'acme.molecule.test',
        ca: authority.certificate,
        headers: {
          host: 'acme.molecule.test',
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          'sec-websocket-version': '13',
        },
      })
        .once('upgrade', (_, socket) => {
          socket.once('data', (chunk) => {
            resolve(String(chunk));
            socket.destroy();
          });
          socket.write('hello');
        })
        .once('error', reject)
        .end();
    });
    expect(echoed).toBe('hello');
  });

  it('that is none gets nothing, and the edge goes on', async () => {
    await put('own', ['acme.molecule.test']);
    const { port } = await openEdge();
    await expect(
      new Promise((resolve, reject) => {
        httpRequest({ host: '127.0.0.1', port }, resolve).once('error', reject).end();
      }),
    ).rejects.toThrow();
    expect((await ask(port, 'acme.molecule.test')).text).toBe('tenant');
  });
});

describe('the folder of certificates', () => {
  it('is read again when it changes, for every name and for none (T3)', async () => {
    await put('own', ['molecule.test']);
    const { port, certificates } = await openEdge();
    await put('own', ['molecule.test', 'new.molecule.test']);
    await certificates.reload();
    for (const name of ['molecule.test', '']) {
      expect(await namesServed(port, name)).toBe('DNS:molecule.test, DNS:new.molecule.test');
    }
  });

  it('changes nothing while it cannot be used: half-written, another key, gone (T3)', async () => {
    await put('own', ['molecule.test']);
    const { port, certificates } = await openEdge();
    const { cert, key } = await authority.issue(['later.molecule.test', 'molecule.test']);
    const broken: (() => Promise<void>)[] = [
      () => writeFile(join(folder, 'own.crt'), cert),
      () => writeFile(join(folder, 'own.crt'), cert.slice(0, 200)),
      () => unlink(join(folder, 'own.key')),
      () => unlink(join(folder, 'own.crt')),
    ];
    for (const breakIt of broken) {
      await breakIt();
      await certificates.reload();
      expect(await namesServed(port, 'molecule.test')).toBe('DNS:molecule.test');
    }
    await writeFile(join(folder, 'own.crt'), cert);
    await writeFile(join(folder, 'own.key'), key, { mode: 0o600 });
    await certificates.reload();
    expect(await namesServed(port, 'molecule.test')).toBe('DNS:later.molecule.test, DNS:molecule.test');
  });

  it('is refused at the start in words that say what is wrong, and quote no key', async () => {
    await expect(read().load()).rejects.toThrow(/there is no pair of \.crt and \.key/);
    await put('own', ['molecule.test']);
    await writeFile(join(folder, 'own.key'), 'hush-hush');
    await expect(read().load()).rejects.toThrow(
      'own.crt and own.key are not a certificate and its key in PEM',
    );
    await writeFile(join(folder, 'own.key'), (await authority.issue(['x.test'])).key);
    await expect(read().load()).rejects.toThrow('own.key is not the key of own.crt');
    await unlink(join(folder, 'own.key'));
    await expect(read().load()).rejects.toThrow('own.crt has no own.key beside it');
  });

  it('is told of when everybody may open a key', async () => {
    await put('own', ['molecule.test']);
    await chmod(join(folder, 'own.key'), 0o644);
    const warned: unknown[] = [];
    const watched = {
      ...log,
      warn: (...said: unknown[]) => void warned.push(said[0]),
    } as unknown as typeof log;
    await new Certificates({ folder, appDomain: 'molecule.test', clock: systemClock, log: watched }).load();
    expect(warned).toEqual([{ file: 'own.key' }]);
  });
});

describe('the listener without TLS', () => {
  const go = (port: number, host: string, path = '/', method = 'GET') =>
    new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port, path, method, headers: { host } }, (response) => {
        response.resume();
        resolve(response);
      })
        .once('error', reject)
        .end();
    });

  it('leads to the same address with https, whatever the method, and nowhere else', async () => {
    const port = await listen(createRedirect({ appDomain: 'molecule.test', httpsPort: 443 }));
    for (const method of ['GET', 'POST', 'DELETE']) {
      const got = await go(port, 'acme.molecule.test:80', '/a?b=%2F', method);
      expect([got.statusCode, got.headers.location]).toEqual([308, 'https://acme.molecule.test/a?b=%2F']);
    }
    expect((await go(port, 'ACME.molecule.test.')).headers.location).toBe('https://acme.molecule.test/');
    expect((await go(port, '[::1]:80', '//evil.test/')).headers.location).toBe('https://[::1]//evil.test/');
    for (const host of [
      'evil.test',
      'molecule.test.evil.test',
      'molecule.test@evil.test',
      'admin.molecule.test',
    ]) {
      const got = await go(port, host);
      expect([host, got.statusCode, got.headers.location]).toEqual([host, 404, undefined]);
    }
    expect((await go(port, 'acme.molecule.test', 'http://evil.test/')).statusCode).toBe(400);
  });

  it('names a port that is not that of https', async () => {
    const port = await listen(createRedirect({ appDomain: 'molecule.test', httpsPort: 8443 }));
    expect((await go(port, 'molecule.test:8080')).headers.location).toBe('https://molecule.test:8443/');
  });
});

describe('the settings of TLS', () => {
  const env = { EDGE_SIGNING_KEY: 'k', APP_DOMAIN: 'molecule.test' };

  it('make the scheme https, and are asked for together', () => {
    expect(loadConfig({ ...env, EDGE_TLS_DIR: '/c', EDGE_HTTP_PORT: '80' })).toMatchObject({
      scheme: 'https',
      tlsDir: '/c',
      httpPort: 80,
    });
    expect(loadConfig(env)).toMatchObject({ scheme: 'http', tlsDir: null, httpPort: null });
    expect(() => loadConfig({ ...env, EDGE_HTTP_PORT: '80' })).toThrow(/EDGE_TLS_DIR/);
  });

  it('ask for everything that ACME needs at once, and for no folder beside it', () => {
    const acme = { ...env, EDGE_ACME_DIRECTORY: 'https://ca.test/dir' };
    expect(() => loadConfig(acme)).toThrow(
      /EDGE_ACME_EMAIL[\s\S]*EDGE_ACME_TERMS_ACCEPTED=1[\s\S]*EDGE_HTTP_PORT/,
    );
    const whole = {
      ...acme,
      EDGE_ACME_EMAIL: 'a@molecule.test',
      EDGE_ACME_TERMS_ACCEPTED: '1',
      EDGE_HTTP_PORT: '80',
    };
    expect(loadConfig(whole)).toMatchObject({ scheme: 'https', acme: { email: 'a@molecule.test' } });
    expect(() => loadConfig({ ...whole, EDGE_TLS_DIR: '/c' })).toThrow(/exclude each other/);
  });
});
