// Engine outage: what was lost while a container engine was away comes back a few at a time, and a start waits for it.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from '@molecule/domain';
import { EngineProxy } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeNetworks } from './support/containers.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const COUNT = 6;
const START_MS = 90_000;

let tenant: ScenarioTenant;
let engine: EngineProxy;
let folder: string;
let ids: string[];

const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();
const containers = () =>
  ids.map((id) => docker('ps', '-a', '-q', '--no-trunc', '--filter', `name=ws-${id}`)).sort();
const statuses = async () => {
  const rows = await tenant.asAdmin<{ status: string }[]>('/workspaces');
  return rows.map(({ status }) => status);
};
const untilAllOnline = () =>
  until('all online', async () => (await statuses()).every((status) => status === 'online'), START_MS);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!process.env.MOLECULE_TEST_DOCKER)('a container engine', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'molecule-engine-'));
    engine = await EngineProxy.open(join(folder, 'engine.sock'));
    tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'docker', DOCKER_HOST: `unix://${engine.path}` });
    const made = Array.from({ length: COUNT }, (_, i) =>
      tenant.asAdmin<{ id: string }>('/workspaces', {
        method: 'POST',
        body: { name: `Unit ${i}`, runtime: 'rehearsal', tier: 1 },
      }),
    );
    ids = (await Promise.all(made)).map(({ id }) => id);
    await untilAllOnline();
  });

  afterAll(async () => {
    await tenant?.stop();
    for (const id of ids ?? [])
      docker('volume', 'rm', '-f', `ws-${id}-configs`, `ws-${id}-workspace`, `ws-${id}-sessions`);
    removeNetworks();
    await engine?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it(`that comes back without its containers gets at most ${LIMITS.startsInFlight} starts at once`, async () => {
    const before = containers();
    await engine.close();
    docker('kill', ...before);
    engine.mostInStart = 0;
    await engine.comeBack();
    await until(
      'other containers',
      () => containers().every((id) => id !== '' && !before.includes(id)),
      START_MS,
    );
    await untilAllOnline();
    expect(engine.mostInStart).toBeGreaterThan(0);
    expect(engine.mostInStart).toBeLessThanOrEqual(LIMITS.startsInFlight);
  });

  it('that is away when a workspace is to start makes it wait, and not fail', async () => {
    await engine.close();
    const { id } = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: { name: 'Patient', runtime: 'rehearsal', tier: 1 },
    });
    ids.push(id);
    await pause(12_000);
    expect(await tenant.asAdmin(`/workspaces/${id}`)).toMatchObject({ status: 'provisioning' });
    await engine.comeBack();
    await untilAllOnline();
  });
});
