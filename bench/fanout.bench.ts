// Bench fanout: 1,000 WebSocket clients follow one tenant that tells 50 events a second; then the rate is raised until
// the 99th percentile passes 100 ms. The comparator is the same frames from a bare `ws` server in the same run.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { startTenantProcess } from './tenant-process.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 1_000);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const RATES = [50, 100, 200, 400];

interface Report {
  received: number;
  p50: number;
  p99: number;
}

const tenant = await startTenantProcess({ MOLECULE_ENV: 'development', WORKSPACE_BACKEND: 'none' });
const agent = new Agent({ connections: 16 });
const listeners = fork(join(HERE, 'fanout-clients.mjs'), [], { stdio: 'inherit' });
try {
  const id = (await post('/workspaces', { name: 'teller', external: true })).id as string;
  const rows: ({ rate: number; expected: number } & Report)[] = [];
  for (const rate of RATES) {
    const report = await measure(`${tenant.url.replace('http', 'ws')}/ws`, rate, () => tell(id));
    rows.push({ rate, expected: rate * SECONDS * CLIENTS, ...report });
    console.log(
      `${rate} events/s × ${CLIENTS} clients: p50 ${report.p50} ms, p99 ${report.p99} ms, ${report.received} frames`,
    );
    if (report.received === 0) throw new Error('no client saw an event');
    if (report.p99 > 100) break;
  }
  const bare = fork(join(HERE, 'fanout-bare.mjs'), [], { stdio: 'inherit' });
  const [{ port }] = (await once(bare, 'message')) as [{ port: number }];
  const comparator = await measure(`ws://127.0.0.1:${port}`, 50, async () => void bare.send('tell'));
  bare.kill();
  const good = rows.filter((row) => row.p99 <= 100 && row.received >= row.expected * 0.99);
  const at50 = rows[0];
  console.log(
    JSON.stringify({
      bench: 'fanout',
      clients: CLIENTS,
      seconds: SECONDS,
      rows,
      bareWsAt50: comparator,
      ratioP99ToBareWs: at50 ? Math.round((at50.p99 / Math.max(comparator.p99, 0.01)) * 100) / 100 : null,
      highestRateWithin100ms: good.at(-1)?.rate ?? 0,
      goals: {
        p99At50AtMost100ms: (at50?.p99 ?? 999) <= 100,
        nothingLostAt50: (at50?.received ?? 0) >= (at50?.expected ?? 1),
      },
    }),
  );
} finally {
  listeners.kill();
  await agent.destroy();
  await tenant.stop();
}

/** Opens the clients, makes `rate` events a second, and asks for what they saw. */
async function measure(url: string, rate: number, make: () => Promise<void>): Promise<Report> {
  listeners.send({ open: url, clients: CLIENTS });
  await once(listeners, 'message');
  const startedAt = performance.now();
  const pending: Promise<void>[] = [];
  for (let i = 0; i < rate * SECONDS; i++) {
    const dueAt = startedAt + (i * 1000) / rate;
    while (performance.now() < dueAt) await new Promise((resolve) => setTimeout(resolve, 1));
    pending.push(make());
  }
  await Promise.all(pending);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  listeners.send({ report: true });
  const [report] = (await once(listeners, 'message')) as [Report];
  return report;
}

/** One durable activity row and one event. Its summary carries the time at which it was asked for. */
async function tell(id: string): Promise<void> {
  await post(`/workspaces/${id}/activity`, { activity_type: 'agent_log', summary: `at:${Date.now()}` });
}

async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await request(tenant.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    dispatcher: agent,
  });
  return (await response.body.json()) as Record<string, unknown>;
}
