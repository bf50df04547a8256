// Main: start, serve, stop.

import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { TOKEN_PATTERN } from '@molecule/domain';
import { createLog, Shutdown, Supervisor, systemClock } from '@molecule/kit';
import { Agent } from 'undici';
import { createAcmeAuthority } from './acme-authority.ts';
import { AcmeOrders } from './acme-orders.ts';
import { Certificates } from './certificates.ts';
import { type Config, readConfig } from './config.ts';
import { createEdge } from './edge.ts';
import { createLookUp } from './look-up.ts';
import { createRedirect } from './redirect.ts';
import { RouteTable } from './route-table.ts';

const SAVE_MS = 2_000;
/** Files are looked at, and opened when they changed. */
const LOOK_AT_CERTIFICATES_MS = 2_000;
/** Between the end of one look at what is to be ordered and the next. */
const ORDER_CERTIFICATES_MS = 10_000;
/** Many names may be due at once. */
const ORDERS_LIMIT_MS = 3_600_000;
const CONNECT_LIMIT_MS = 5_000;
const MAX_CONNECTIONS = 2_000;

async function main(): Promise<void> {
  const config = readConfig();
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const edge = await startEdge(config);
  process.stdout.write(`edge ready on port ${config.port}\n`);
  const { isClean } = await edge.run(await signalled);
  process.exit(isClean ? 0 : 1);
}

async function startEdge(config: Config): Promise<Shutdown> {
  await mkdir(config.dataDir, { recursive: true });
  const log = createLog({
    level: config.logLevel,
    file: join(config.dataDir, 'edge.log'),
    hide: TOKEN_PATTERN,
  });
  const supervisor = new Supervisor(log);
  const shutdown = new Shutdown(log);
  const dispatcher = new Agent({
    connections: MAX_CONNECTIONS,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connect: { timeout: CONNECT_LIMIT_MS },
  });
  const edgeKey = config.edgeKey.reveal();
  const table = new RouteTable({
    clock: systemClock,
    log,
    file: join(config.dataDir, 'edge-routes.json'),
    lookUp: createLookUp({ controlPlaneUrl: config.controlPlaneUrl, edgeKey, dispatcher }),
  });
  await table.load();
  const { acme, appDomain } = config;
  if (acme) await mkdir(acme.folder, { recursive: true, mode: 0o700 });
  const folder = acme?.folder ?? config.tlsDir;
  const certificates = folder
    ? new Certificates({ folder, appDomain, clock: systemClock, log, mayBeEmpty: acme !== null })
    : null;
  if (certificates) {
    await certificates.load();
    supervisor.add({
      name: 'read-certificates',
      intervalMs: LOOK_AT_CERTIFICATES_MS,
      run: () => certificates.reload(),
    });
  }
  const orders =
    acme && certificates
      ? new AcmeOrders({
          issue: createAcmeAuthority(acme),
          folder: acme.folder,
          appDomain,
          certificates,
          table,
          clock: systemClock,
          log,
        })
      : null;
  if (orders) {
    supervisor.add({
      name: 'order-certificates',
      intervalMs: ORDER_CERTIFICATES_MS,
      timeoutMs: ORDERS_LIMIT_MS,
      run: () => orders.round(),
    });
  }
  const server = createEdge({
    table,
    dispatcher,
    clock: systemClock,
    log,
    edgeKey,
    controlPlaneUrl: config.controlPlaneUrl,
    appDomain: config.appDomain,
    scheme: config.scheme,
    certificates,
    prepareName: orders && ((name) => orders.prepare(name)),
  });
  supervisor.add({ name: 'save-routes', intervalMs: SAVE_MS, run: () => table.save() });
  const redirect = createRedirect({ appDomain, httpsPort: config.port, orders });
  await listen(server, config.port, config.host);
  if (config.httpPort !== null) await listen(redirect, config.httpPort, config.host);
  supervisor.start();
  shutdown.on('server', async () => {
    for (const one of [server, redirect]) {
      one.close();
      one.closeAllConnections();
    }
  });
  shutdown.on('loops', () => supervisor.stop());
  shutdown.on('routes', () => table.save());
  shutdown.on('connections', () => dispatcher.destroy());
  return shutdown;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

main().catch((error: unknown) => {
  const { code, name, message, stack } = error as Error & { code?: string };
  const sentence =
    code === 'EADDRINUSE'
      ? 'the port is in use. Stop what uses it, or choose another with PORT or EDGE_HTTP_PORT'
      : name === 'SettingsError' || name === 'CertificatesUnusable'
        ? message
        : stack;
  process.stderr.write(`\nThe edge cannot start: ${sentence}\n`);
  process.exit(1);
});
