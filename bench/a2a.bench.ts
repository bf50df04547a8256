// Bench a2a: one hop through the relay (identity, policy, durable activity row, event) against the same agent called
// directly, in the same run. Load generator, tenant, database and agent share the machine's cores.

import { fork } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { startTenantProcess } from './tenant-process.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const SECONDS = Number(process.env.BENCH_SECONDS ?? 8);
const CONCURRENCIES = [1, 10, 50];

const agent = fork(join(HERE, 'echo-agent.mjs'), [], { stdio: 'inherit' });
const agentPort = await new Promise<number>((resolve) =>
  agent.once('message', (message) => resolve((message as { port: number }).port)),
);
// An agent on loopback is reachable in development mode only; callers still prove who they are by their token.
const tenant = await startTenantProcess({ MOLECULE_ENV: 'development', WORKSPACE_BACKEND: 'none' });

try {
  const caller = await create('caller', undefined);
  const target = await create('target', `http://localhost:${agentPort}`);
  const token = (await post(`/workspaces/${caller}/tokens`, {})).auth_token as string;
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: '1',
    method: 'message/send',
    params: { message: { role: 'user', messageId: 'm', parts: [{ kind: 'text', text: 'hello' }] } },
  });
  const direct = { url: `http://localhost:${agentPort}/`, headers: { 'content-type': 'application/json' } };
  const relayed = {
    url: `${tenant.url}/workspaces/${target}/a2a`,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'x-workspace-id': caller,
    },
  };
  await run(relayed, body, 10, 3);
  await run(direct, body, 10, 1);
  const rows = [];
  for (const connections of CONCURRENCIES) {
    const a = await run(direct, body, connections, SECONDS);
    const b = await run(relayed, body, connections, SECONDS);
    rows.push({
      connections,
      direct: a,
      relayed: b,
      addedP50Ms: round(b.p50 - a.p50),
      addedP99Ms: round(b.p99 - a.p99),
      throughputRatio: round(b.perSecond / a.perSecond),
    });
  }
  for (const row of rows) {
    console.log(
      `c=${row.connections}: direct ${row.direct.perSecond}/s p50 ${row.direct.p50} ms; relay ${row.relayed.perSecond}/s p50 ${row.relayed.p50} ms p99 ${row.relayed.p99} ms; added p50 ${row.addedP50Ms} ms; ratio ${row.throughputRatio}; errors ${row.relayed.errors}`,
    );
  }
  const goals = {
    addedP50At1AtMost2: (rows[0]?.addedP50Ms ?? 99) <= 2,
    addedP50At50AtMost10: (rows[2]?.addedP50Ms ?? 99) <= 10,
    perSecondAtLeast3000: Math.max(...rows.map((row) => row.relayed.perSecond)) >= 3_000,
    noErrors: rows.every((row) => row.relayed.errors === 0),
  };
  console.log(JSON.stringify({ bench: 'a2a', seconds: SECONDS, rows, goals }));
} finally {
  await tenant.stop();
  agent.disconnect();
}

async function create(name: string, url: string | undefined): Promise<string> {
  const reply = await post('/workspaces', { name, external: true, ...(url ? { url } : {}) });
  return reply.id as string;
}

async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(tenant.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const reply = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(reply)}`);
  return reply;
}

async function run(
  to: { url: string; headers: Record<string, string> },
  body: string,
  connections: number,
  seconds: number,
) {
  const latencies: number[] = [];
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      { ...to, method: 'POST', body, connections, duration: seconds },
      (error: Error | null, done) => (error ? reject(error) : resolve(done)),
    );
    instance.on('response', (_client, _status, _bytes, ms) => latencies.push(ms));
  });
  latencies.sort((x, y) => x - y);
  const at = (q: number) =>
    round(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0);
  return {
    perSecond: Math.round(result.requests.average),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    errors: result.errors + result.non2xx,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
