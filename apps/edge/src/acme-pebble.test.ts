// Tests of ACME against Pebble, the test authority of Let's Encrypt, over real sockets: from a handshake for a name without a
// certificate to the answer with one.

import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, get, type Server } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createLog, systemClock } from '@molecule/kit';
import { testAuthority } from '@molecule/testkit';
import { axios } from 'acme-client';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAcmeAuthority } from './acme-authority.ts';
import { AcmeOrders } from './acme-orders.ts';
import { Certificates } from './certificates.ts';
import { createEdge } from './edge.ts';
import { createRedirect } from './redirect.ts';
import { tableOfAcme } from './testing/table-of-acme.ts';

const PROGRAMS = process.env.MOLECULE_TEST_PEBBLE ?? '';
const log = createLog({ level: 'silent' });

describe.skipIf(PROGRAMS === '')('with Pebble', () => {
  const children: ChildProcess[] = [];
  const servers: Server[] = [];
  const dispatcher = new Agent();
  let folder: string;
  let ports: number[];
  let orders: AcmeOrders;
  let port: number;
  let plainPort: number;

  const listen = (server: Server): Promise<number> => {
    servers.push(server);
    return new Promise((done) =>
      server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)),
    );
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'molecule-pebble-'));
    const certificates = new Certificates({
      folder,
      appDomain: 'molecule.test',
      clock: systemClock,
      log,
      mayBeEmpty: true,
    });
    await certificates.load();
    const upstream = await listen(createServer((_, response) => response.end('tenant')));
    const table = tableOfAcme(folder, upstream, log);
    ports = await freePorts(4);
    const [apiPort, adminPort, namesPort, namesAdminPort] = ports;
    const answers: { orders: AcmeOrders | null } = { orders: null };
    plainPort = await listen(
      createRedirect({
        appDomain: 'molecule.test',
        httpsPort: 443,
        orders: {
          answerFor: (name, token) => answers.orders?.answerFor(name, token) ?? null,
          health: () => (answers.orders as AcmeOrders).health(),
        },
      }),
    );
    const authority = await testAuthority();
    const own = await authority.issue(['localhost']);
    await writeFile(join(folder, 'pebble-cert.pem'), own.cert);
    await writeFile(join(folder, 'pebble-key.pem'), own.key);
    await writeFile(
      join(folder, 'pebble.json'),
      JSON.stringify({
        pebble: {
          listenAddress: `127.0.0.1:${apiPort}`,
          managementListenAddress: `127.0.0.1:${adminPort}`,
          certificate: join(folder, 'pebble-cert.pem'),
          privateKey: join(folder, 'pebble-key.pem'),
          httpPort: plainPort,
          tlsPort: 1,
          profiles: { default: { description: 'As usual', validityPeriod: 7_776_000 } },
        },
      }),
    );
    const names = ['-dnsserver', `127.0.0.1:${namesPort}`, '-management', `127.0.0.1:${namesAdminPort}`];
    const none = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', '', '-defaultIPv6', ''];
    start('pebble-challtestsrv', [...names, ...none]);
    start('pebble', ['-config', join(folder, 'pebble.json'), '-dnsserver', `127.0.0.1:${namesPort}`]);
    axios.defaults.httpsAgent = new HttpsAgent({ ca: authority.certificate });
    await vi.waitUntil(() => isUp(apiPort ?? 0, authority.certificate), { timeout: 20_000 });
    orders = new AcmeOrders({
      issue: createAcmeAuthority({
        directoryUrl: `https://localhost:${apiPort}/dir`,
        email: 'operations@molecule.test',
        folder,
      }),
      folder,
      appDomain: 'molecule.test',
      certificates,
      table,
      clock: systemClock,
      log,
    });
    answers.orders = orders;
    port = await listen(
      createEdge({
        table,
        dispatcher,
        clock: systemClock,
        log,
        edgeKey: 'key-of-the-platform',
        controlPlaneUrl: `http://127.0.0.1:${upstream}`,
        appDomain: 'molecule.test',
        scheme: 'https',
        certificates,
        prepareName: (name) => orders.prepare(name),
      }),
    );
  }, 60_000);

  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    for (const child of children) child.kill('SIGKILL');
    await dispatcher.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  function start(program: string, args: string[]): void {
    children.push(
      spawn(join(PROGRAMS, program), args, {
        env: { PATH: process.env.PATH ?? '', PEBBLE_VA_NOSLEEP: '1' },
        stdio: 'ignore',
      }),
    );
  }

  it('a handshake for an unknown name is refused and orders nothing', async () => {
    await expect(namesServed(port, 'nobody.molecule.test')).rejects.toThrow();
    expect(orders.health()).toEqual({ held: 0, ordering: 0, failing: 0 });
  });

  it('a name of a tenant is ordered, proven on the plain listener, and answered with its certificate', async () => {
    await orders.want('acme.molecule.test');
    expect(await namesServed(port, 'acme.molecule.test')).toBe('DNS:acme.molecule.test');
    expect(orders.health()).toEqual({ held: 1, ordering: 0, failing: 0 });
    for (const file of (await readdir(folder)).filter((name) => /acme\..*\.(crt|key)$|account/.test(name)))
      expect([file, (await stat(join(folder, file))).mode & 0o777]).toEqual([file, 0o600]);
  }, 60_000);

  it('the platform’s own names are ordered in a round, with the same account', async () => {
    await orders.round();
    expect(orders.health()).toEqual({ held: 5, ordering: 0, failing: 0 });
    expect(await namesServed(port, 'molecule.test')).toBe('DNS:molecule.test');
    expect(await namesServed(port, 'www.molecule.test')).toBe('DNS:www.molecule.test');
  }, 60_000);

  it('the plain listener tells how it goes by its address, and answers no other challenge', async () => {
    expect(await ask(plainPort, '127.0.0.1', '/health')).toEqual([
      200,
      '{"service":"molecule-edge","status":"ok","certificates":{"held":5,"ordering":0,"failing":0}}',
    ]);
    expect((await ask(plainPort, 'acme.molecule.test', '/health'))[0]).toBe(308);
    const [status] = await ask(plainPort, 'acme.molecule.test', '/.well-known/acme-challenge/guess');
    expect(status).toBe(404);
  });
});

async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer());
  const found = await Promise.all(
    probes.map(
      (probe) =>
        new Promise<number>((done) =>
          probe.listen(0, '127.0.0.1', () => done((probe.address() as AddressInfo).port)),
        ),
    ),
  );
  await Promise.all(probes.map((probe) => new Promise((done) => probe.close(done))));
  return found;
}

function isUp(port: number, ca: string): Promise<boolean> {
  return new Promise((done) => {
    // An authority refuses who does not say what asks (RFC 8555, 6.1).
    const headers = { host: `localhost:${port}`, 'user-agent': 'molecule-tests' };
    const options = { host: '127.0.0.1', servername: 'localhost', port, path: '/dir', ca, headers };
    httpsRequest(options, (response) => {
      response.resume();
      done(response.statusCode === 200);
    })
      .once('error', () => done(false))
      .end();
  });
}

function namesServed(port: number, servername: string): Promise<string | undefined> {
  return new Promise((done, fail) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false }, () => {
      const { subjectAltName } = new X509Certificate(socket.getPeerCertificate().raw);
      socket.destroy();
      done(subjectAltName);
    });
    socket.once('error', fail);
  });
}

function ask(port: number, host: string, path: string): Promise<[number | undefined, string]> {
  return new Promise((done, fail) => {
    get({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => done([response.statusCode, text]));
    }).once('error', fail);
  });
}
