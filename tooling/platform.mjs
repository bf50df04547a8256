// Platform: `npm run platform` on one machine. Builds what is stale, then runs the control plane and the edge as two
// processes, so that each survives the other, and starts one again that ends.
//
//   P1. Ctrl-C stops everything that runs here, tenants included; the data folder keeps all of it for the next start.
//   P2. A process that ends by itself is started again, after a wait that grows from 250 ms to 10 s.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { requireNode } from './node-version.mjs';

requireNode();

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { sayStep } = await import('./steps.mjs');
const { ensureInstalled } = await import('./install.mjs');
const { buildStale } = await import('./build.mjs');
const { countRepeatedSignalsOnce } = await import('./repeated-signals.mjs');

await ensureInstalled(ROOT, () => sayStep('installing packages (once; a minute or so) …'));
try {
  await buildStale({ onBuild: (name) => sayStep(`building ${name} …`) });
} catch (error) {
  process.stderr.write(`\n${error.message}\n`);
  process.exit(1);
}

const port = Number(process.env.PORT || 8080);
const dataDir = resolve(process.env.MOLECULE_DATA_DIR || './.molecule-platform');
const domain = process.env.APP_DOMAIN || 'localhost';
const ordersCertificates = Boolean(process.env.EDGE_ACME_DIRECTORY);
const scheme = process.env.EDGE_TLS_DIR || ordersCertificates ? 'https' : 'http';
const baseUrl = process.env.CP_BASE_URL || `${scheme}://${domain}:${port}`;
mkdirSync(dataDir, { recursive: true });
const controlPlanePort = await freePort();

const shared = {
  ...process.env,
  MOLECULE_DATA_DIR: dataDir,
  APP_DOMAIN: domain,
  EDGE_SIGNING_KEY: process.env.EDGE_SIGNING_KEY || keptSecret('edge-key'),
};
const PARTS = {
  'control-plane': { ...shared, CONTROL_PLANE_PORT: String(controlPlanePort), CP_BASE_URL: baseUrl },
  edge: { ...shared, PORT: String(port), CONTROL_PLANE_URL: `http://127.0.0.1:${controlPlanePort}` },
};

const running = new Map();
let isStopping = false;

// npm sends a copy of each signal that the terminal sent already.
countRepeatedSignalsOnce();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (isStopping) {
      // Asked twice, nobody waits. Tenants go on, and the next start finds them.
      for (const child of running.values()) child.kill('SIGKILL');
      process.exit(1);
    }
    isStopping = true;
    sayStep('stopping: tenants finish what they do …');
    // The edge last: who is connected is served while tenants drain.
    running.get('control-plane')?.kill('SIGINT');
  });
}

const parts = Object.entries(PARTS).map(([name, env]) => keepRunning(name, env));
await announce();
const codes = await Promise.all(parts);
process.exit(codes.every((code) => code === 0) ? 0 : 1);

async function keepRunning(name, env) {
  for (let failures = 0; ; failures++) {
    const startedAt = Date.now();
    const code = await runOnce(name, env);
    if (isStopping) {
      if (name === 'control-plane') running.get('edge')?.kill('SIGTERM');
      return code ?? 1;
    }
    if (Date.now() - startedAt > 60_000) failures = 0;
    sayStep(`the ${name} ended (${code ?? 'killed'}) and is started again`);
    await sleep(Math.min(250 * 2 ** failures, 10_000));
    if (isStopping) return 0;
  }
}

function runOnce(name, env) {
  return new Promise((done) => {
    // A group of its own: Ctrl-C reaches this process, which stops the others in order.
    const child = spawn(process.execPath, [join(ROOT, 'apps', name, 'dist/main.js')], {
      env,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    running.set(name, child);
    child.once('exit', (code) => done(code));
    child.once('error', () => done(1));
  });
}

async function announce() {
  while (!isStopping) {
    if (await isUp()) break;
    await sleep(100);
  }
  if (isStopping) return;
  sayStep(`ready: data in ${dataDir}`);
  process.stdout.write(`\n  Open ${baseUrl}\n\n`);
}

/** On this machine, by its address: whose certificate that is, is no question here. The first may take its time to be issued. */
function isUp() {
  const isSecure = scheme === 'https' && !ordersCertificates;
  const { request } = isSecure ? https : http;
  const asked = ordersCertificates ? controlPlanePort : port;
  return new Promise((done) => {
    request({ host: '127.0.0.1', port: asked, path: '/health', rejectUnauthorized: false }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    })
      .once('error', () => done(false))
      .end();
  });
}

/** From the data folder, made at the first start. */
function keptSecret(name) {
  const file = join(dataDir, name);
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address();
      probe.close(() => done(free));
    });
  });
}
