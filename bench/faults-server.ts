// Faults of the server's own making: a stop under load, and tokens that are revoked.

import { once } from 'node:events';
import { echoes, FaultsClient, inLanes, pause, startAgent, type Timed } from './faults-client.ts';
import { startTenantProcess } from './tenant-process.ts';

const TOKENS = 10_000;
const PER_WORKSPACE = 40;
const SLOW_AGENT_MS = 1_000;

export async function stopUnderLoad() {
  const tenant = await startTenantProcess({ MOLECULE_ENV: 'development', WORKSPACE_BACKEND: 'none' });
  const client = new FaultsClient(tenant.url);
  const slow = await startAgent(echoes(SLOW_AGENT_MS));
  try {
    const id = await client.create('writer', { url: slow.url });
    const answers: { sentAt: number; answer: Timed }[] = [];
    let isOver = false;
    const lane = (call: () => Promise<Timed>) => async () => {
      const sentAt = performance.now();
      answers.push({ sentAt, answer: await call() });
      await pause(1);
    };
    const load = Promise.all([
      inLanes(
        16,
        () => isOver,
        lane(() => client.log(id, 'row')),
      ),
      inLanes(
        16,
        () => isOver,
        lane(() => client.say(id)),
      ),
    ]);
    await pause(3_000);
    const stoppedAt = performance.now();
    const exit = once(tenant.child, 'exit');
    tenant.child.kill('SIGTERM');
    const [code] = (await exit) as [number | null];
    const drainedMs = Math.round(performance.now() - stoppedAt);
    isOver = true;
    await load;
    const inFlight = answers.filter(
      ({ sentAt, answer }) => sentAt < stoppedAt && sentAt + answer.ms >= stoppedAt - 1,
    );
    const failed = inFlight.filter(({ answer }) => answer.status !== 200);
    return {
      goal: '0 failed in flight, drained within 10 s',
      inFlight: inFlight.length,
      failed: failed.length,
      failures: [
        ...new Set(failed.map(({ answer }) => `${answer.status} ${String(answer.body.error)}`)),
      ].slice(0, 5),
      drainedMs,
      exitCode: code,
      isMet: failed.length === 0 && drainedMs <= 10_000 && code === 0,
    };
  } finally {
    await client.close();
    slow.stop();
    await tenant.stop();
  }
}

export async function revocations() {
  const tenant = await startTenantProcess({ WORKSPACE_BACKEND: 'none', RATE_LIMIT: '1000000' });
  const client = new FaultsClient(tenant.url);
  const admin = { authorization: `Bearer ${tenant.adminToken}` };
  const latencies: number[] = [];
  let stillAccepted = 0;
  try {
    for (let made = 0; made < TOKENS; made += PER_WORKSPACE) {
      const reply = await client.call('POST', '/workspaces', { name: `w ${made}`, external: true }, admin);
      const tokensPath = `/workspaces/${reply.body.id}/tokens`;
      const revokeOne = async () => {
        const minted = await client.call('POST', tokensPath, {}, admin);
        const { auth_token: token, prefix } = minted.body as { auth_token: string; prefix: string };
        const listed = (await client.call('GET', tokensPath, undefined, admin)).body as {
          tokens: { id: string; prefix: string }[];
        };
        const id = listed.tokens.find((row) => row.prefix === prefix)?.id;
        const use = () =>
          client.call('GET', `/workspaces/${reply.body.id}/activity?limit=1`, undefined, {
            authorization: `Bearer ${token}`,
          });
        if ((await use()).status !== 200) throw new Error('a fresh token opens nothing');
        const startedAt = performance.now();
        const revoked = await client.call('DELETE', `${tokensPath}/${id}`, undefined, admin);
        if (revoked.status !== 200) throw new Error(`revoke: ${JSON.stringify(revoked)}`);
        for (let isFirst = true; (await use()).status !== 401; isFirst = false) if (isFirst) stillAccepted++;
        latencies.push(performance.now() - startedAt);
      };
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          for (let i = 0; i < PER_WORKSPACE / 4; i++) await revokeOne();
        }),
      );
    }
    const maxMs = Math.round(Math.max(...latencies));
    return {
      goal: 'the request after a revocation is refused, within 1 s',
      revocations: latencies.length,
      stillAccepted,
      maxMs,
      isMet: stillAccepted === 0 && maxMs <= 1_000,
    };
  } finally {
    await client.close();
    await tenant.stop();
  }
}
