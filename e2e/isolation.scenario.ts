// Isolation: what the API says of a running workspace is what the machine shows of it, on each backend, and nothing is said
// of one that does not run.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Isolation } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeNetworks } from './support/containers.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const START_MS = 60_000;

interface Row {
  id: string;
  status: string;
  isolation: Isolation | null;
}

let tenant: ScenarioTenant;

const read = (id: string) => tenant.asAdmin<Row>(`/workspaces/${id}`);

async function startOn(backend: string, tier: number): Promise<Row> {
  const body = { name: `Seen ${backend} ${tier}`, runtime: 'rehearsal', tier, backend };
  const { id } = await tenant.asAdmin<Row>('/workspaces', { method: 'POST', body });
  const isSeen = async () => {
    const row = await read(id);
    return row.status === 'online' && row.isolation?.backend === backend && row.isolation.kind !== 'unknown';
  };
  await until(`${backend} online with its isolation`, isSeen, START_MS);
  return read(id);
}

const stateOf = (row: Row, aspect: string) =>
  row.isolation?.aspects.find((each) => each.aspect === aspect)?.state;

/** The agent's process as the kernel shows it. */
function seenByKernel(id: string) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const env = readFileSync(`/proc/${pid}/environ`, 'latin1');
      if (!env.includes(`WORKSPACE_ID=${id}\0`)) continue;
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return {
        uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]),
        capabilities: Number.parseInt(/^CapBnd:\s+(\w+)/m.exec(status)?.[1] ?? '1', 16),
        groups: readFileSync(`/proc/${pid}/cgroup`, 'utf8'),
      };
    } catch {
      // Ended meanwhile.
    }
  }
  throw new Error('the agent has no process');
}

describe('the isolation that is said', () => {
  beforeAll(async () => {
    const withDocker: Record<string, string> = process.env.MOLECULE_TEST_DOCKER
      ? {
          WORKSPACE_BACKENDS: 'docker',
          DOCKER_HOST: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock',
        }
      : {};
    tenant = await startScenarioTenant({
      WORKSPACE_BACKEND: 'process',
      PROCESS_ALLOW_WEAK_SANDBOX: '1',
      ...withDocker,
    });
  });

  afterAll(async () => {
    await tenant?.stop();
    if (process.env.MOLECULE_TEST_DOCKER) removeNetworks();
  });

  it('of a process is what the kernel shows: its user, its rights and its control groups', async () => {
    const row = await startOn('process', 2);
    const { uid, capabilities, groups } = seenByKernel(row.id);
    const hasOwnUser = uid !== process.getuid?.();
    expect(row.isolation).toMatchObject({ kind: hasOwnUser ? 'own_user' : 'server_user', tier: 2 });
    expect(stateOf(row, 'files')).toBe(hasOwnUser ? 'enforced' : 'not_enforced');
    expect(stateOf(row, 'rights')).toBe(hasOwnUser && capabilities === 0 ? 'enforced' : 'not_enforced');
    expect(stateOf(row, 'memory')).toBe(groups.includes(`ws-${row.id}`) ? 'enforced' : 'watched');
    expect(stateOf(row, 'network')).toBe('not_enforced');
    expect(stateOf(row, 'root_folder')).toBe('not_enforced');
    const listed = (await tenant.asAdmin<Row[]>('/workspaces')).find(({ id }) => id === row.id);
    expect(listed?.isolation).toEqual(row.isolation);
  });

  it('names the tier of the start, and nothing is said once nothing runs', async () => {
    const { id } = await startOn('process', 2);
    await tenant.asAdmin(`/workspaces/${id}`, { method: 'PATCH', body: { tier: 3 } });
    expect((await read(id)).isolation?.tier).toBe(2);
    await tenant.asAdmin(`/workspaces/${id}/pause`, { method: 'POST', body: {} });
    expect((await read(id)).isolation).toBeNull();
  });

  it.skipIf(!process.env.MOLECULE_TEST_DOCKER)('of a container is what the engine made', async () => {
    const row = await startOn('docker', 1);
    const [made] = JSON.parse(execFileSync('docker', ['inspect', `ws-${row.id}`], { encoding: 'utf8' }));
    expect(row.isolation).toMatchObject({ kind: 'container', tier: 1 });
    expect(made.HostConfig).toMatchObject({ ReadonlyRootfs: true, PidsLimit: 256, CapDrop: ['ALL'] });
    expect(made.HostConfig.Memory).toBe(256 * 1024 * 1024);
    for (const aspect of ['files', 'rights', 'root_folder', 'memory', 'pids', 'network'])
      expect([aspect, stateOf(row, aspect)]).toEqual([aspect, 'enforced']);
    expect(stateOf(row, 'disk')).toBe('not_enforced');
  });
});
