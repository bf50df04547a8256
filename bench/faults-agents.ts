// Faults of agents: agents that hang, agents that flood, and a pause of a team whose agents hang.

import { gzipSync } from 'node:zlib';
import { echoes, FaultsClient, hangs, inLanes, pause, quantile, startAgent } from './faults-client.ts';
import { readRssMb } from './process-usage.ts';
import { startTenantProcess } from './tenant-process.ts';

// Agents of these experiments send no heartbeats.
const ENV = {
  MOLECULE_ENV: 'development',
  WORKSPACE_BACKEND: 'none',
  REMOTE_LIVENESS_STALE_AFTER: '86400',
};
const HUNG = 1_000;
/** One connection for each call that hangs, and some to ask with. */
const CONNECTIONS = HUNG + 100;
const HUNG_ROUNDS = 5;
const MEASURE_MS = 6_000;
const MEGABYTE = Buffer.alloc(1024 * 1024, 'x');

export async function hungAgents() {
  const tenant = await startTenantProcess(ENV);
  const client = new FaultsClient(tenant.url);
  const echo = await startAgent(echoes(0));
  const hung = await startAgent(hangs);
  try {
    const healthy = await client.create('healthy', { url: echo.url });
    const stuck: string[] = [];
    for (let i = 0; i < HUNG; i++) stuck.push(await client.create(`hung ${i}`, { url: hung.url }));
    await measureP99(client, healthy); // Warms up.
    const rounds: { beforeMs: number; duringMs: number; worsePercent: number }[] = [];
    // One round says as much about the machine as about the tenant: the median of several counts.
    for (let round = 0; round < HUNG_ROUNDS; round++) {
      const hanging = new FaultsClient(tenant.url, CONNECTIONS);
      const beforeMs = await measureP99(client, healthy);
      const calls = stuck.map((id) => hanging.say(id));
      await pause(2_000);
      const duringMs = await measureP99(client, healthy);
      await hanging.close();
      await Promise.all(calls);
      await pause(1_000);
      rounds.push({ beforeMs, duringMs, worsePercent: Math.round((duringMs / beforeMs - 1) * 100) });
    }
    const worsePercent = quantile(
      rounds.map((round) => round.worsePercent),
      0.5,
    );
    return {
      goal: "other workspaces' p99 worsens by at most 20 %",
      hungAgents: HUNG,
      rounds,
      worsePercent,
      isMet: worsePercent <= 20,
    };
  } finally {
    await client.close();
    hung.stop();
    echo.stop();
    await tenant.stop();
  }
}

async function measureP99(client: FaultsClient, id: string): Promise<number> {
  const latencies: number[] = [];
  const endAt = Date.now() + MEASURE_MS;
  await inLanes(
    4,
    () => Date.now() > endAt,
    async () => {
      const startedAt = performance.now();
      const { status } = await client.say(id);
      if (status !== 200) throw new Error(`a healthy agent was answered for with ${status}`);
      latencies.push(performance.now() - startedAt);
    },
  );
  return Math.round(quantile(latencies, 0.99) * 100) / 100;
}

export async function floods() {
  const tenant = await startTenantProcess(ENV);
  const client = new FaultsClient(tenant.url);
  const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024));
  const flood = await startAgent((request, response) => {
    request.resume();
    if (request.url?.startsWith('/bomb')) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb);
      return;
    }
    const isEndless = request.url?.startsWith('/endless');
    response.writeHead(200, { 'content-type': isEndless ? 'text/event-stream' : 'application/json' });
    let left = isEndless ? Number.POSITIVE_INFINITY : 100;
    const more = () => {
      while (left-- > 0 && !response.destroyed)
        if (!response.write(MEGABYTE)) return void response.once('drain', more);
      response.end();
    };
    more();
  });
  const echo = await startAgent(echoes(0));
  let peakMb = 0;
  const look = setInterval(() => {
    peakMb = Math.max(peakMb, readRssMb(tenant.pid));
  }, 20);
  try {
    const healthy = await client.create('healthy', { url: echo.url });
    await measureP99(client, healthy);
    const beforeMb = readRssMb(tenant.pid);
    peakMb = beforeMb;
    const answers: Record<string, string> = {};
    for (const kind of ['big', 'endless', 'bomb']) {
      const id = await client.create(kind, { url: `${flood.url}/${kind}` });
      for (const method of kind === 'endless' ? ['message/send', 'message/stream'] : ['message/send']) {
        const answer = await Promise.race([client.say(id, method), pause(20_000)]);
        answers[`${kind} ${method}`] = answer
          ? `${answer.status} ${JSON.stringify(answer.body).slice(-200)}`
          : 'no end within 20 s';
      }
    }
    const grownMb = peakMb - beforeMb;
    const isTyped = Object.values(answers).every((text) =>
      /^(4|502|504|200.*(error|limit|too large))/.test(text),
    );
    return {
      goal: 'RSS grows by at most 32 MB; every flood is refused with a typed error',
      beforeMb,
      peakMb,
      grownMb,
      answers,
      isMet: grownMb <= 32 && isTyped,
    };
  } finally {
    clearInterval(look);
    await client.close();
    flood.stop();
    echo.stop();
    await tenant.stop();
  }
}

export async function pauseHung() {
  const tenant = await startTenantProcess(ENV);
  const client = new FaultsClient(tenant.url, CONNECTIONS);
  const hung = await startAgent(hangs);
  try {
    const root = await client.create('root', { url: hung.url });
    const team = [root];
    for (let i = 1; i < HUNG; i++)
      team.push(await client.create(`hung ${i}`, { url: hung.url, parent_id: root }));
    const calls = team.map((id) => client.say(id));
    await pause(2_000);
    const startedAt = performance.now();
    const paused = await client.call('POST', `/workspaces/${root}/pause`, {});
    await Promise.race([Promise.all(calls), pause(30_000)]);
    const effectiveMs = Math.round(performance.now() - startedAt);
    const after = await client.say(root);
    const statuses = [...new Set((await Promise.all(calls)).map(({ status }) => status))];
    return {
      goal: 'effective within 5 s',
      workspaces: team.length,
      hungCalls: calls.length,
      pauseStatus: paused.status,
      effectiveMs,
      statuses,
      nextMessage: after.status,
      isMet: effectiveMs <= 5_000 && paused.status === 200 && after.status === 503,
    };
  } finally {
    await client.close();
    hung.stop();
    await tenant.stop();
  }
}
