// Failed starts: whatever keeps an agent from coming up ends in a status with a reason that a person can act on, tells no
// path of the server, leaves no unit behind, and a retry works once the cause is gone.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineProxy, type FakeControlPlane } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloudSettings, ORG_HEADERS, startPlaneWithAgents } from './support/cloud-tenant.ts';
import { removeNetworks } from './support/containers.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const START_MS = 90_000;
const NEVER_REGISTERS_S = 10;

interface Row {
  status: string;
  status_reason: string | null;
  status_detail: string | null;
}

interface Side {
  settings(): Record<string, string> | Promise<Record<string, string>>;
  /** Empty while nothing runs. */
  unitOf(id: string): string;
  kill(id: string): void;
  freeze(id: string): void;
  close(): void;
}

let tenant: ScenarioTenant;
let folder: string;
let engine: EngineProxy;
let plane: FakeControlPlane;

const run = (...command: string[]) =>
  execFileSync(command[0] ?? '', command.slice(1), { encoding: 'utf8', stdio: 'pipe' }).trim();
const folderOf = (id: string) => join(tenant.dataDir, 'workspaces', `ws-${id}`);

const SIDES: Record<'process' | 'docker' | 'cloud', Side> = {
  process: {
    settings: () => ({ WORKSPACE_BACKEND: 'process' }),
    unitOf: (id) => {
      const record = join(folderOf(id), 'run', 'unit.json');
      const pid = existsSync(record) ? String(JSON.parse(readFileSync(record, 'utf8')).pid || '') : '';
      return existsSync(`/proc/${pid || 'none'}`) ? pid : '';
    },
    kill: (id) => signalUnit(id, 'SIGKILL'),
    freeze: (id) => signalUnit(id, 'SIGSTOP'),
    close: () => {},
  },
  docker: {
    settings: () => ({ WORKSPACE_BACKEND: 'docker', DOCKER_HOST: `unix://${engine.path}` }),
    unitOf: (id) => run('docker', 'ps', '-q', '--filter', `name=ws-${id}`),
    kill: (id) => run('docker', 'kill', `ws-${id}`),
    freeze: (id) => run('docker', 'pause', `ws-${id}`),
    close: removeNetworks,
  },
  cloud: {
    settings: async () => ({ ...(await cloudSettings(plane)), WORKSPACE_BACKEND: 'cloud' }),
    unitOf: (id) => (plane.hasAgent(id) ? (plane.units.get(id)?.instanceId ?? '') : ''),
    kill: (id) => plane.kill(id),
    freeze: (id) => plane.freeze(id),
    close: () => {},
  },
};

function signalUnit(id: string, signal: NodeJS.Signals): void {
  const pid = Number(SIDES.process.unitOf(id));
  if (pid > 1) process.kill(pid, signal);
}

const read = (id: string) => tenant.asAdmin<Row>(`/workspaces/${id}`);
const act = (id: string, verb: string) =>
  tenant.asAdmin(`/workspaces/${id}/${verb}`, { method: 'POST', body: {} });
const untilStatus = (id: string, status: string) =>
  until(`status ${status}`, async () => (await read(id)).status === status, START_MS);
const writeConfig = (id: string, content: string) =>
  tenant.asAdmin(`/workspaces/${id}/files/config.yaml`, { method: 'PUT', body: { content } });

/** As long as it is not given up: what can be done to its unit may come too late. */
async function whileProvisioning(id: string, change: () => void): Promise<void> {
  await until(
    'given up',
    async () => {
      try {
        change();
      } catch {
        // There is no unit at this moment.
      }
      return (await read(id)).status === 'failed';
    },
    START_MS,
  );
}

interface Trouble {
  on: 'process' | 'docker' | 'cloud';
  name: string;
  reason: string;
  /** Begins before the start that fails; `during` goes on while it comes up. */
  begin?(id: string): Promise<unknown> | unknown;
  during?(id: string, side: Side): void;
  end?(id: string): Promise<unknown> | unknown;
}

const onAll = (trouble: Omit<Trouble, 'on'> & { cloudReason?: string }): Trouble[] => [
  { on: 'process', ...trouble },
  { on: 'docker', ...trouble },
  { on: 'cloud', ...trouble, reason: trouble.cloudReason ?? trouble.reason },
];

/** From now on the control plane treats each request to place so. */
const placing = (fate: 'serve' | 'lose' | 'throttle') => () => {
  plane.onCall = (method) => (method === 'POST' ? fate : 'serve');
};

const TROUBLES: Trouble[] = [
  ...onAll({
    name: 'a configuration that the agent cannot read',
    reason: 'config_invalid',
    // The control plane does not tell how an instance ended.
    cloudReason: 'crash_loop',
    begin: (id) => writeConfig(id, 'name: ['),
    end: (id) => writeConfig(id, 'name: Troubled\nruntime: rehearsal\n'),
  }),
  ...onAll({
    name: 'a unit that dies again and again',
    reason: 'crash_loop',
    during: (id, side) => side.kill(id),
  }),
  ...onAll({
    name: 'an agent that never registers',
    reason: 'provision_timeout',
    during: (id, side) => side.freeze(id),
  }),
  {
    on: 'process',
    name: 'a full disk',
    reason: 'storage_full',
    begin: (id) => {
      run('mount', '-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', join(folderOf(id), 'configs'));
      run('sh', '-c', `head -c 4096 /dev/zero > ${join(folderOf(id), 'configs', 'full')}`);
    },
    end: (id) => run('umount', join(folderOf(id), 'configs')),
  },
  {
    on: 'docker',
    name: 'an image that is gone and cannot be built',
    reason: 'image_missing',
    begin: () => {
      engine.refuse(/^POST \/images\/create/);
      const names = run('docker', 'images', '--format', '{{.Repository}}:{{.Tag}}', 'molecule-workspace');
      for (const image of names.split('\n').filter(Boolean)) run('docker', 'rmi', '-f', image);
    },
    end: () => engine.refuse(null),
  },
  {
    on: 'docker',
    name: 'an engine that makes no container',
    reason: 'start_failed',
    begin: () => engine.refuse(/^POST \/containers\/create/),
    end: () => engine.refuse(null),
  },
  {
    on: 'docker',
    name: 'an engine that is away',
    reason: 'backend_transient',
    begin: () => engine.close(),
    end: () => engine.comeBack(),
  },
  {
    on: 'cloud',
    name: 'a control plane that is away',
    reason: 'backend_transient',
    begin: () => plane.goAway(),
    end: () => plane.comeBack(),
  },
  {
    on: 'cloud',
    name: 'a control plane that has no room',
    reason: 'backend_transient',
    begin: placing('throttle'),
    end: placing('serve'),
  },
];

describe.each(['process', 'docker', 'cloud'] as const)('a start on the %s backend', (backend) => {
  const side = SIDES[backend];
  describe.skipIf(backend === 'docker' && !process.env.MOLECULE_TEST_DOCKER)('', () => {
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'molecule-failed-'));
      engine = await EngineProxy.open(join(folder, 'engine.sock'));
      plane = await startPlaneWithAgents();
      tenant = await startScenarioTenant(
        { ...(await side.settings()), PROVISION_TIMEOUT_SECONDS: String(NEVER_REGISTERS_S) },
        backend === 'cloud' ? { headers: ORG_HEADERS } : {},
      );
    });
    afterAll(async () => {
      for (const { id, name } of await tenant.asAdmin<{ id: string; name: string }[]>('/workspaces')) {
        const headers = { 'x-confirm-name': name };
        await tenant.asAdmin(`/workspaces/${id}?confirm=true&purge=true`, { method: 'DELETE', headers });
      }
      await tenant.stop();
      side.close();
      await plane.close();
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    });

    it.each(TROUBLES.filter(({ on }) => on === backend))(
      'with $name ends as $reason, and a retry works',
      async ({ reason, begin, during, end }) => {
        const { id } = await tenant.asAdmin<{ id: string }>('/workspaces', {
          method: 'POST',
          body: { name: 'Troubled', runtime: 'rehearsal', tier: 2 },
        });
        await untilStatus(id, 'online');
        await act(id, 'pause');
        await until('no unit', () => side.unitOf(id) === '', START_MS);
        await begin?.(id);
        await act(id, 'resume');
        await whileProvisioning(id, () => during?.(id, side));
        const row = await read(id);
        expect(row).toMatchObject({ status: 'failed', status_reason: reason });
        expect(row.status_detail?.length).toBeGreaterThan(15);
        expect(row.status_detail).not.toMatch(/\/(tmp|var|home|root)\/|Error:|at \w+ \(/);
        await until('nothing left', () => side.unitOf(id) === '', START_MS);
        await end?.(id);
        await act(id, 'restart');
        await untilStatus(id, 'online');
      },
    );

    // Only there does an answer come over a network, and can be lost.
    if (backend !== 'cloud') return;
    it('whose answers are lost after the unit was placed leaves one unit in the end, and none beside it', async () => {
      placing('lose')();
      const { id } = await tenant.asAdmin<{ id: string }>('/workspaces', {
        method: 'POST',
        body: { name: 'Unheard', runtime: 'rehearsal', tier: 2 },
      });
      const asked = () => plane.calls.filter((call) => call.startsWith('POST')).length;
      const before = asked();
      await until('the start was given up, once', () => asked() - before >= 4, START_MS);
      placing('serve')();
      await until(
        'online on the one unit',
        async () => (await read(id)).status === 'online' && side.unitOf(id) !== '',
        START_MS,
      );
      expect(plane.live().filter(({ workspaceId }) => workspaceId === id)).toHaveLength(1);
      await act(id, 'pause');
      await until('no unit', () => side.unitOf(id) === '', START_MS);
      expect(plane.live().filter(({ workspaceId }) => workspaceId === id)).toEqual([]);
    });
  });
});
