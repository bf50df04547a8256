// Core statuses: each of the ten statuses as clients see it, and what the server finds out about units by itself.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WORKSPACE_STATUSES } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const LIMIT_MS = 50_000;

interface Seen {
  status: string;
  url: string;
}

const read = (tenant: ScenarioTenant, id: string) =>
  tenant.asAdmin<Seen>(`/workspaces/${id}?include_removed=true`);

const reaches = (tenant: ScenarioTenant, id: string, status: string) =>
  until(`${id} is ${status}`, async () => (await read(tenant, id)).status === status, LIMIT_MS);

async function make(tenant: ScenarioTenant, body: Record<string, unknown>): Promise<string> {
  const sent = { runtime: 'rehearsal', ...body };
  return (await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body: sent })).id;
}

const act = (tenant: ScenarioTenant, id: string, verb: string) =>
  tenant.asAdmin(`/workspaces/${id}/${verb}`, { method: 'POST' });

const beat = (tenant: ScenarioTenant, id: string, more: Record<string, unknown> = {}) =>
  tenant.asAdmin('/registry/heartbeat', { method: 'POST', body: { workspace_id: id, ...more } });

const typesOf = async (tenant: ScenarioTenant, id: string) =>
  (await tenant.asAdmin<{ event_type: string; seq: number }[]>(`/events/${id}?limit=500`))
    .sort((a, b) => a.seq - b.seq)
    .map(({ event_type }) => event_type)
    .filter((type) => type.startsWith('WORKSPACE_') && type !== 'WORKSPACE_UPDATED');

async function pidOf(dataDir: string, id: string): Promise<number> {
  const record = await readFile(join(dataDir, 'workspaces', `ws-${id}`, 'run', 'unit.json'), 'utf8');
  return (JSON.parse(record) as { pid: number }).pid;
}

describe('a workspace', () => {
  it(
    verifies(
      ['core.3.1-statuses', 'core.4.3-offline-beat', 'core.4.5-url-cache'],
      'is seen in each of the ten statuses, and keeps no address where nothing may be called',
    ),
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'molecule-statuses-'));
      const seen = new Set<string>();
      const expectSeen = async (tenant: ScenarioTenant, id: string, status: string) => {
        await reaches(tenant, id, status);
        const row = await read(tenant, id);
        if (['paused', 'hibernated', 'removed', 'offline'].includes(status)) expect(row.url).toBe('');
        seen.add(status);
      };
      let tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' }, { dataDir });
      try {
        const id = await make(tenant, { name: 'Changing' });
        // A start may be over before anybody looks.
        for (let tries = 0; tries < 10 && !seen.has('provisioning'); tries++) {
          if (tries > 0) await act(tenant, id, 'restart');
          seen.add((await read(tenant, id)).status);
        }
        await expectSeen(tenant, id, 'online');
        expect((await read(tenant, id)).url).toMatch(/^http:/);
        // A frozen process says nothing else meanwhile, and takes its time to end.
        process.kill(await pidOf(dataDir, id), 'SIGSTOP');
        await beat(tenant, id, { runtime_state: 'wedged' });
        await expectSeen(tenant, id, 'degraded');
        await beat(tenant, id, { runtime_state: 'ok', error_rate: 0 });
        const sleeping = act(tenant, id, 'hibernate');
        await expectSeen(tenant, id, 'hibernating');
        await sleeping;
        await expectSeen(tenant, id, 'hibernated');
        await act(tenant, id, 'restart');
        await expectSeen(tenant, id, 'online');
        await act(tenant, id, 'pause');
        await expectSeen(tenant, id, 'paused');
        const awaited = await make(tenant, { name: 'Awaited', external: true, runtime: 'external' });
        await expectSeen(tenant, awaited, 'awaiting_agent');
        const gone = await make(tenant, { name: 'Gone' });
        await reaches(tenant, gone, 'online');
        await tenant.asAdmin(`/workspaces/${gone}`, { method: 'DELETE' });
        await expectSeen(tenant, gone, 'removed');

        const left = await make(tenant, { name: 'Left' });
        await reaches(tenant, left, 'online');
        await tenant.stop();
        // Where nothing can be started, what went offline stays so until its agent is heard of.
        tenant = await startScenarioTenant({}, { dataDir });
        await expectSeen(tenant, left, 'offline');
        await beat(tenant, left);
        await reaches(tenant, left, 'online');
        await until('it is told', async () => {
          const events = await tenant.asAdmin<{ event_type: string; payload: unknown; seq: number }[]>(
            `/events/${left}`,
          );
          const last = events.sort((a, b) => a.seq - b.seq).at(-1);
          return last?.event_type === 'WORKSPACE_ONLINE' && JSON.stringify(last.payload) === '{}';
        });
        const homeless = await make(tenant, { name: 'Homeless' });
        await expectSeen(tenant, homeless, 'failed');
        expect([...seen].sort()).toEqual([...WORKSPACE_STATUSES].sort());
      } finally {
        await tenant.stop();
        await rm(dataDir, { recursive: true, force: true });
      }
    },
  );
});

describe('a start', () => {
  it(
    verifies('core.4.3-provision-timeout', 'that lasts longer than the operator allows fails, and says so'),
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'molecule-starts-'));
      const tenant = await startScenarioTenant(
        { WORKSPACE_BACKEND: 'process', PROVISION_TIMEOUT_SECONDS: '3' },
        { dataDir },
      );
      try {
        let id = '';
        // An agent that is stopped before it registers; one that was faster makes place for the next.
        for (let tries = 0; tries < 10; tries++) {
          id = await make(tenant, { name: `Late ${tries}` });
          await until('it runs', async () => (await pidOf(dataDir, id).catch(() => 0)) > 0, LIMIT_MS);
          process.kill(await pidOf(dataDir, id), 'SIGSTOP');
          if ((await read(tenant, id)).status === 'provisioning') break;
        }
        await reaches(tenant, id, 'failed');
        let payload: unknown;
        await until('it is told', async () => {
          const events = await tenant.asAdmin<{ event_type: string; payload: unknown }[]>(`/events/${id}`);
          payload = events.find(({ event_type }) => event_type === 'WORKSPACE_PROVISION_FAILED')?.payload;
          return payload !== undefined;
        });
        expect(payload).toEqual(
          expect.objectContaining({
            error: 'the agent did not come up within 3 s',
            timeout_secs: 3,
            runtime: 'rehearsal',
            source: 'provision_timeout_sweep',
          }),
        );
      } finally {
        await tenant.stop();
        await rm(dataDir, { recursive: true, force: true });
      }
    },
  );
});

describe('the server by itself', () => {
  let dataDir: string;
  let tenant: ScenarioTenant;
  let left: ChildProcess;

  /** A process that looks like the unit of a workspace that nobody knows. */
  function startOrphan(): ChildProcess {
    return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      detached: true,
      stdio: 'ignore',
      env: { MOLECULE_UNIT: `${join(dataDir, 'workspaces')}:${randomUUID()}` },
    });
  }
  const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'molecule-sweeps-'));
    left = startOrphan();
    tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' }, { dataDir });
  });
  afterAll(async () => {
    left?.kill('SIGKILL');
    await tenant?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const subsystems = async () =>
    (await tenant.asAdmin<{ subsystems: Record<string, { last_tick_at: string }> }>('/admin/liveness'))
      .subsystems;

  /** Milliseconds between two ticks that follow each other. */
  async function gapOf(name: string): Promise<number> {
    const ticks: string[] = [];
    await until(
      `${name} ticked three times`,
      async () => {
        const at = (await subsystems())[name]?.last_tick_at;
        if (at !== undefined && at !== null && ticks.at(-1) !== at) ticks.push(at);
        return ticks.length >= 3;
      },
      LIMIT_MS,
    );
    return Date.parse(ticks[2] ?? '') - Date.parse(ticks[1] ?? '');
  }

  it(
    verifies(
      ['core.4.3-sweep', 'core.4.5-health-sweep'],
      'looks every 15 s at what runs, and brings back what ended while nobody looked',
    ),
    async () => {
      const id = await make(tenant, { name: 'Unwatched' });
      await reaches(tenant, id, 'online');
      tenant.child.kill('SIGKILL');
      await new Promise((resolve) => tenant.child.once('exit', resolve));
      process.kill(await pidOf(dataDir, id), 'SIGKILL');
      tenant = await startScenarioTenant(
        { WORKSPACE_BACKEND: 'process', PORT: new URL(tenant.url).port },
        { dataDir },
      );
      await until(
        'it was found and came back',
        async () => {
          const types = await typesOf(tenant, id);
          const at = types.indexOf('WORKSPACE_OFFLINE');
          return at >= 0 && types.slice(at).join() === RETURN.join();
        },
        LIMIT_MS,
      );
      const gapMs = await gapOf('health-sweep');
      expect(gapMs).toBeGreaterThan(14_000);
      expect(gapMs).toBeLessThan(40_000);
    },
  );

  it(
    verifies('core.4.5-orphans', 'ends units without a workspace, at its start and every minute'),
    async () => {
      await until('what was left behind ended', () => hasEnded(left), LIMIT_MS);
      const orphan = startOrphan();
      try {
        await until('what came later ended', () => hasEnded(orphan), LIMIT_MS);
      } finally {
        orphan.kill('SIGKILL');
      }
    },
  );
});

const RETURN = ['WORKSPACE_OFFLINE', 'WORKSPACE_PROVISIONING', 'WORKSPACE_ONLINE'];
