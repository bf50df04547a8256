// Bench edge: what the edge adds to a request, against nginx doing the same in the same run: one worker each, kept connections
// both ways, the client's forwarding headers replaced. The edge signs each request besides. Load generator, upstream and
// proxies share the machine's cores.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { readCpuSeconds, readRssMb } from './process-usage.ts';
import { freePort } from './tenant-process.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const SECONDS = Number(process.env.BENCH_SECONDS ?? 6);
const ROUNDS = 3;
const CONCURRENCIES = [1, 10, 50];
const HOST = 'bench.localhost';
const NGINX = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find(existsSync);
const UP_LIMIT_MS = 20_000;

if (!NGINX) {
  console.log('nginx is not on this machine, and a figure without it says little: install nginx');
  process.exit(1);
}

const folder = await mkdtemp(join(tmpdir(), 'molecule-bench-edge-'));
const upstream = fork(join(HERE, 'echo-agent.mjs'), [], { stdio: 'inherit' });
const upstreamPort = await new Promise<number>((resolve) =>
  upstream.once('message', (message) => resolve((message as { port: number }).port)),
);
const lookUps = createServer((_, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      slug: 'bench',
      status: 'running',
      ip: null,
      region: null,
      upstream: `http://127.0.0.1:${upstreamPort}`,
      org_id: '3b241101-e2bb-4255-8caf-4136c566a962',
      slot: 'a',
      generation: 1,
    }),
  );
});
await new Promise<void>((resolve) => lookUps.listen(0, '127.0.0.1', resolve));
const [edgePort, nginxPort] = [await freePort(), await freePort()];
const edge = spawn(process.execPath, [join(HERE, '../apps/edge/dist/main.js')], {
  env: {
    PATH: process.env.PATH ?? '',
    PORT: String(edgePort),
    CONTROL_PLANE_URL: `http://127.0.0.1:${(lookUps.address() as AddressInfo).port}`,
    EDGE_SIGNING_KEY: 'a-key-for-a-bench',
    MOLECULE_DATA_DIR: folder,
    LOG_LEVEL: 'warn',
  },
  stdio: 'ignore',
});
const nginx = await startNginx(NGINX);
const body = JSON.stringify({ jsonrpc: '2.0', id: '1', method: 'message/send', params: {} });
const WAYS = { direct: upstreamPort, edge: edgePort, nginx: nginxPort } as const;
type Way = keyof typeof WAYS;

try {
  for (const way of Object.keys(WAYS) as Way[]) {
    await untilUp(WAYS[way]);
    await run(WAYS[way], 10, 2);
  }
  const rows = [];
  for (const connections of CONCURRENCIES) {
    // In turns: what else runs on the machine meets all of them.
    const found: Record<Way, Measured[]> = { direct: [], edge: [], nginx: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const way of Object.keys(WAYS) as Way[]) {
        found[way].push(await run(WAYS[way], connections, SECONDS / ROUNDS));
      }
    }
    const [direct, throughEdge, throughNginx] = [found.direct, found.edge, found.nginx].map(middle);
    if (!direct || !throughEdge || !throughNginx) throw new Error('nothing was measured');
    rows.push({
      connections,
      direct,
      edge: added(throughEdge, direct),
      nginx: added(throughNginx, direct),
      throughputToNginx: round(throughEdge.perSecond / throughNginx.perSecond),
    });
  }
  for (const row of rows) {
    console.log(
      `c=${row.connections}: direct ${row.direct.perSecond}/s p50 ${row.direct.p50} ms; edge ${row.edge.perSecond}/s, adds p50 ${row.edge.addedP50Ms} ms p99 ${row.edge.addedP99Ms} ms; nginx ${row.nginx.perSecond}/s, adds p50 ${row.nginx.addedP50Ms} ms p99 ${row.nginx.addedP99Ms} ms; edge to nginx ${row.throughputToNginx}; errors ${row.edge.errors}`,
    );
  }
  const usage = { cpuSeconds: readCpuSeconds(edge.pid ?? 0), rssMb: readRssMb(edge.pid ?? 0) };
  console.log(JSON.stringify({ bench: 'edge', seconds: SECONDS, rows, usage }));
} finally {
  await Promise.all([end(edge), end(nginx)]);
  upstream.disconnect();
  lookUps.close();
  await rm(folder, { recursive: true, force: true });
}

interface Measured {
  perSecond: number;
  p50: number;
  p99: number;
  errors: number;
}

async function startNginx(program: string): Promise<ChildProcess> {
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000000;
  upstream tenant { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${nginxPort};
    server_name ${HOST};
    location / {
      proxy_pass http://tenant;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Molecule-Org-Id bench;
    }
  }
}
`,
  );
  return spawn(program, ['-p', folder, '-c', file], { stdio: 'ignore' });
}

async function untilUp(port: number): Promise<void> {
  const endAt = Date.now() + UP_LIMIT_MS;
  while (Date.now() < endAt) {
    const isUp = await run(port, 1, 0.2).then(
      ({ perSecond, errors }) => perSecond > 0 && errors === 0,
      () => false,
    );
    if (isUp) return;
  }
  throw new Error(`nothing answers on port ${port}`);
}

async function run(port: number, connections: number, seconds: number): Promise<Measured> {
  const latencies: number[] = [];
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: `http://127.0.0.1:${port}/workspaces`,
        method: 'POST',
        headers: { host: HOST, 'content-type': 'application/json', 'x-forwarded-for': '10.0.0.1' },
        body,
        connections,
        duration: seconds,
      },
      (error: Error | null, done) => (error ? reject(error) : resolve(done)),
    );
    instance.on('response', (_client, _status, _bytes, ms) => latencies.push(ms));
  });
  latencies.sort((x, y) => x - y);
  const at = (q: number) =>
    round(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0);
  return {
    perSecond: Math.round(latencies.length / result.duration),
    p50: at(0.5),
    p99: at(0.99),
    errors: result.errors + result.non2xx,
  };
}

/** The round in the middle by throughput; errors of all. */
function middle(rounds: readonly Measured[]): Measured {
  const sorted = [...rounds].sort((a, b) => a.perSecond - b.perSecond);
  const found = sorted[Math.floor(sorted.length / 2)];
  if (!found) throw new Error('nothing was measured');
  return { ...found, errors: rounds.reduce((sum, { errors }) => sum + errors, 0) };
}

function added(through: Measured, direct: Measured) {
  return {
    ...through,
    addedP50Ms: round(through.p50 - direct.p50),
    addedP99Ms: round(through.p99 - direct.p99),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await ended;
}
