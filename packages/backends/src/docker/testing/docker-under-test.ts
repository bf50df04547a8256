// Docker under test: a tenant of its own on the machine's engine, the smallest agent in the image, and views of it that do
// not go through the backend.

import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog, Supervisor, systemClock } from '@molecule/kit';
import { ENGINE_SOCKET, EngineProxy } from '@molecule/testkit';
import Docker from 'dockerode';
import type { BackendUnderTest, SeenByAgent } from '../../backend.contract.ts';
import { createDispatcher, type Dispatcher } from '../../dispatcher.ts';
import { FakeControls } from '../../fake/fake-backend.ts';
import type { DockerOptions } from '../docker-backend.ts';
import { LABELS } from '../unit-names.ts';

const AGENT = fileURLToPath(new URL('../../process/testing/unit-process.mjs', import.meta.url));
const UNIT_PROGRAM = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

export interface DockerUnderTest extends BackendUnderTest {
  docker: Docker;
  /** Stands between the backend and the engine. */
  engineSocket: EngineProxy;
  instanceId: string;
  doors: string[];
  containerOf(workspaceId: string): Docker.Container;
}

export async function dockerUnderTest(change: Partial<DockerOptions> = {}): Promise<DockerUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'molecule-docker-'));
  const appDir = join(root, 'app');
  await mkdir(appDir);
  await copyFile(AGENT, join(appDir, 'main.js'));
  const engineSocket = await EngineProxy.open(join(root, 'engine.sock'));
  const docker = new Docker({ socketPath: ENGINE_SOCKET });
  const instanceId = `test-${randomUUID()}`;
  const doors: string[] = [];
  const fake = new FakeControls();
  const log = createLog({ level: 'silent' });
  const supervisors: Supervisor[] = [];
  const open = (): Dispatcher => {
    const dispatcher = createDispatcher({
      docker: {
        stateDir: join(root, 'state'),
        socketPath: engineSocket.path,
        owner: { instanceId, orgId: 'org-of-a-test' },
        image: { appDir, unitProgram: UNIT_PROGRAM, packagesOf: null },
        openDoor: async (gateway) => {
          doors.push(gateway);
          return `http://${gateway}:9`;
        },
        hostUrl: () => 'http://127.0.0.1:9',
        termGraceMs: 2_000,
        ...change,
      },
      fake,
      clock: systemClock,
      log,
    });
    const supervisor = new Supervisor(log);
    for (const loop of dispatcher.loops()) supervisor.add({ ...loop, intervalMs: 200 });
    supervisor.start();
    supervisors.push(supervisor);
    return dispatcher;
  };
  const containerOf = (id: string) => docker.getContainer(`ws-${id}`);
  return {
    dispatcher: open(),
    fake,
    docker,
    engineSocket,
    instanceId,
    doors,
    containerOf,
    restartServer: async () => {
      await supervisors.pop()?.stop();
      return open();
    },
    seenByAgent: async (id) => {
      const { NetworkSettings } = await containerOf(id).inspect();
      return ask(Number(NetworkSettings.Ports['8000/tcp']?.[0]?.HostPort));
    },
    countAgents: async (id) =>
      (await docker.listContainers({ filters: { label: [`${LABELS.workspaceId}=${id}`] } })).length,
    killFromOutside: async (id) => {
      await containerOf(id).kill({ signal: 'SIGKILL' });
    },
    breakStarts: () => engineSocket.refuseStarts(),
    breakListing: () => engineSocket.close(),
    close: async () => {
      for (const supervisor of supervisors) await supervisor.stop();
      await engineSocket.close();
      await removeAll(docker, instanceId);
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function ask(port: number): Promise<SeenByAgent> {
  const endAt = Date.now() + 10_000;
  for (;;) {
    try {
      // Before the agent listens the engine's proxy accepts and closes: such a call may never end by itself.
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) });
      return (await response.json()) as SeenByAgent;
    } catch (error) {
      if (Date.now() > endAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function removeAll(docker: Docker, instanceId: string): Promise<void> {
  const filters = { label: [`${LABELS.instance}=${instanceId}`] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true });
  }
  for (const { Name } of (await docker.listVolumes({ filters: filters as never })).Volumes) {
    await docker.getVolume(Name).remove();
  }
  for (const { Id } of await docker.listNetworks({ filters: filters as never })) {
    await docker.getNetwork(Id).remove();
  }
}
