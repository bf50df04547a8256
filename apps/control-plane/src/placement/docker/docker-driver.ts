// Docker driver: a tenant as a container of this machine's engine, with a network, a volume and limits of its own.
//
//   C1. What belongs to a tenant is found by its labels; a container, volume or network without them is nobody's here.
//   C2. A tenant keeps its port, also over a new container, so that addresses stay true.
//   C3. Data from before an upgrade is a volume that says at its end that it is whole; one that does not is made anew.

import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { Fault, faults, isUuid } from '@molecule/domain';
import { KeyedLock, type Log, systemClock } from '@molecule/kit';
import type { ContainerInspectInfo } from 'dockerode';
import type { Placement, PlacementDriver, TenantSpec, TenantState } from '../driver.ts';
import { tenantEnvironment } from '../process/tenant-environment.ts';
import { Engine } from './engine.ts';
import { PlatformDoors } from './platform-door.ts';

export const REPOSITORY = 'molecule-tenant';
const LABELS = {
  org: 'molecule.tenant',
  platform: 'molecule.platform',
  image: 'molecule.image',
  port: 'molecule.port',
  build: 'molecule.build',
} as const;
const IMAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const DATA = '/data';
const INSIDE_PORT = 8080;
/** A tenant drains for 30 s at most. */
const STOP_GRACE_S = 40;
const COPY_LIMIT_MS = 600_000;
const GONE_MS = 20_000;
const LOOK_MS = 50;
const PORT_TRIES = 20;

export interface DockerDriverOptions {
  socketPath: string;
  /** Tells the tenants of this platform from those of another on the same engine. */
  platformId: string;
  memoryMib: number;
  cpus: number;
  maxProcesses: number;
  log: Log;
}

export class DockerDriver implements PlacementDriver {
  readonly name = 'docker';
  readonly capabilities = { hasSlots: false, stopsWithPlatform: true };
  readonly units = null;
  readonly #options: DockerDriverOptions;
  readonly #engine: Engine;
  readonly #doors: PlatformDoors;
  readonly #locks = new KeyedLock();

  constructor(options: DockerDriverOptions) {
    this.#options = options;
    this.#engine = new Engine(options.socketPath);
    this.#doors = new PlatformDoors(options.log);
  }

  async checkRoom(): Promise<void> {
    await this.#engine.call((docker) => docker.ping());
  }

  ensureRunning(spec: TenantSpec): Promise<Placement> {
    const name = nameOf(spec.orgId);
    return this.#locks.run(spec.orgId, async () => {
      const known = await this.#inspect(spec.orgId);
      const isSame = known !== null && imageOf(known) === spec.image;
      if (known && isSame && known.State.Running) return { upstream: upstreamOf(known) };
      const gateway = await this.#ensureNetwork(spec.orgId);
      if (!isSame) {
        if (known) await this.#stop(known);
        await this.#ensureVolume(spec.orgId, name);
        await this.#turnData(spec, known === null ? null : imageOf(known));
      }
      // A container keeps what it was made with; what it is told may have changed since.
      const port = known ? Number(known.Config.Labels[LABELS.port]) : null;
      if (known) await this.#discard(known.Id);
      return { upstream: await this.#start(spec, gateway, port) };
    });
  }

  async inspect(orgId: string): Promise<TenantState> {
    try {
      const found = await this.#inspect(orgId);
      if (found?.State.Running)
        return { state: 'running', upstream: upstreamOf(found), image: imageOf(found) };
      return { state: found || (await this.#volumesOf(orgId)).length > 0 ? 'stopped' : 'absent' };
    } catch (error) {
      this.#options.log.warn({ err: error, orgId }, 'a tenant could not be looked at');
      return { state: 'unknown' };
    }
  }

  async hasImage(image: string): Promise<boolean> {
    if (!IMAGE_NAME.test(image)) return false;
    return (
      (await this.#engine.find((docker) => docker.getImage(`${REPOSITORY}:${image}`).inspect())) !== null
    );
  }

  /** As `npm run image:tenant` notes it. */
  async buildOf(image: string): Promise<string | null> {
    if (!IMAGE_NAME.test(image)) return null;
    const found = await this.#engine.find((docker) => docker.getImage(`${REPOSITORY}:${image}`).inspect());
    const build = found?.Config.Labels?.[LABELS.build] ?? '';
    return SHA256.test(build) ? build : null;
  }

  settleImage(orgId: string): Promise<void> {
    return this.#locks.run(orgId, async () => {
      for (const volume of await this.#volumesOf(orgId))
        if (volume !== nameOf(orgId)) await this.#removeVolume(volume);
    });
  }

  stop(orgId: string): Promise<void> {
    return this.#locks.run(orgId, async () => {
      const found = await this.#inspect(orgId);
      if (found) await this.#stop(found);
    });
  }

  destroy(orgId: string): Promise<void> {
    return this.#locks.run(orgId, async () => {
      const found = await this.#inspect(orgId);
      if (found) {
        await this.#stop(found);
        await this.#discard(found.Id);
      }
      for (const volume of await this.#volumesOf(orgId)) await this.#removeVolume(volume);
      const network = await this.#findNetwork(orgId);
      if (!network) return;
      this.#doors.close(network.gateway);
      await this.#engine.settle((docker) => docker.getNetwork(network.id).remove(), [404]);
    });
  }

  async list(): Promise<string[]> {
    const filters = { label: [`${LABELS.platform}=${this.#options.platformId}`] };
    const [containers, volumes] = await Promise.all([
      this.#engine.call((docker) => docker.listContainers({ all: true, filters })),
      this.#engine.call((docker) => docker.listVolumes({ filters: filters as never })),
    ]);
    const labels = [
      ...containers.map(({ Labels }) => Labels),
      ...(volumes.Volumes ?? []).map(({ Labels }) => Labels),
    ];
    return [...new Set(labels.map((each) => each?.[LABELS.org] ?? ''))].filter(isUuid);
  }

  async readLog(orgId: string, maxBytes: number): Promise<string> {
    const found = await this.#inspect(orgId);
    if (!found) return '';
    const bytes = (await this.#engine.call((docker) =>
      docker.getContainer(found.Id).logs({ stdout: true, stderr: true, tail: 1_000, follow: false }),
    )) as unknown as Buffer;
    return textOf(bytes).slice(-maxBytes);
  }

  /** C1. */
  async #inspect(orgId: string): Promise<ContainerInspectInfo | null> {
    const found = await this.#engine.find((docker) => docker.getContainer(nameOf(orgId)).inspect());
    return found?.Config.Labels[LABELS.platform] === this.#options.platformId ? found : null;
  }

  async #start(spec: TenantSpec, gateway: string, before: number | null): Promise<string> {
    const { memoryMib, cpus, maxProcesses } = this.#options;
    const port = await choosePort(before);
    const env = tenantEnvironment(spec, {
      host: '0.0.0.0',
      port: INSIDE_PORT,
      platformUrl: await this.#doors.open(gateway, spec.platformUrl),
      dataDir: DATA,
      programPath: '/usr/local/bin:/usr/bin:/bin',
      hasUnits: false,
    });
    const made = await this.#engine.call((docker) =>
      docker.createContainer({
        name: nameOf(spec.orgId),
        Image: `${REPOSITORY}:${spec.image}`,
        Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
        Labels: { ...this.#labels(spec.orgId), [LABELS.image]: spec.image, [LABELS.port]: String(port) },
        ExposedPorts: { [`${INSIDE_PORT}/tcp`]: {} },
        HostConfig: {
          Memory: memoryMib * 1024 * 1024,
          MemorySwap: memoryMib * 1024 * 1024,
          NanoCpus: Math.round(cpus * 1e9),
          PidsLimit: maxProcesses,
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges'],
          ReadonlyRootfs: true,
          Tmpfs: { '/tmp': 'mode=1777', '/run': 'mode=755' },
          ShmSize: 256 * 1024 * 1024,
          Init: true,
          NetworkMode: nameOf(spec.orgId),
          Binds: [`${nameOf(spec.orgId)}:${DATA}`],
          PortBindings: { [`${INSIDE_PORT}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
        },
      }),
    );
    await this.#engine.call((docker) => docker.getContainer(made.id).start());
    return `http://127.0.0.1:${port}`;
  }

  async #stop(found: ContainerInspectInfo): Promise<void> {
    if (!found.State.Running) return;
    const limitMs = (STOP_GRACE_S + 20) * 1000;
    await this.#engine.settle(
      (docker) => docker.getContainer(found.Id).stop({ t: STOP_GRACE_S }),
      [304, 404],
      limitMs,
    );
  }

  async #discard(id: string): Promise<void> {
    await this.#engine.settle(
      (docker) => docker.getContainer(id).remove({ force: true, v: false }),
      [404, 409],
    );
    const endAt = Date.now() + GONE_MS;
    while ((await this.#engine.find((docker) => docker.getContainer(id).inspect())) !== null) {
      if (Date.now() > endAt) throw faults.backendTransient('the container of the tenant does not go');
      await systemClock.sleep(LOOK_MS);
    }
  }

  /** The address of this machine on the tenant's network. */
  async #ensureNetwork(orgId: string): Promise<string> {
    const there = await this.#findNetwork(orgId);
    if (there) return there.gateway;
    await this.#engine.call((docker) =>
      docker.createNetwork({ Name: nameOf(orgId), Driver: 'bridge', Labels: this.#labels(orgId) }),
    );
    const made = await this.#findNetwork(orgId);
    if (!made) throw new Error('the engine made a network without a gateway');
    return made.gateway;
  }

  async #findNetwork(orgId: string): Promise<{ id: string; gateway: string } | null> {
    const label = Object.entries(this.#labels(orgId)).map(([key, value]) => `${key}=${value}`);
    const [found] = await this.#engine.call((docker) => docker.listNetworks({ filters: { label } as never }));
    const gateway = found?.IPAM?.Config?.[0]?.Gateway?.split('/')[0];
    return found && gateway ? { id: found.Id, gateway } : null;
  }

  async #ensureVolume(orgId: string, name: string): Promise<void> {
    await this.#engine.call((docker) => docker.createVolume({ Name: name, Labels: this.#labels(orgId) }));
  }

  async #volumesOf(orgId: string): Promise<string[]> {
    const label = Object.entries(this.#labels(orgId)).map(([key, value]) => `${key}=${value}`);
    const { Volumes } = await this.#engine.call((docker) =>
      docker.listVolumes({ filters: { label } as never }),
    );
    return (Volumes ?? []).map(({ Name }) => Name);
  }

  async #removeVolume(name: string): Promise<void> {
    await this.#engine.settle((docker) => docker.getVolume(name).remove(), [404]);
  }

  /** C3. Nothing runs meanwhile. Back to an image whose data was kept: that data; away from one: a copy of it. */
  async #turnData(spec: TenantSpec, from: string | null): Promise<void> {
    const volumes = await this.#volumesOf(spec.orgId);
    const kept = beforeOf(spec.orgId, spec.image);
    if (volumes.includes(kept)) {
      await this.#copy(spec, kept, RESTORE);
      await this.#removeVolume(kept);
      return;
    }
    if (from === null) return;
    const before = beforeOf(spec.orgId, from);
    await this.#ensureVolume(spec.orgId, before);
    await this.#copy(spec, before, KEEP);
  }

  async #copy(spec: TenantSpec, before: string, script: string): Promise<void> {
    const made = await this.#engine.call((docker) =>
      docker.createContainer({
        Image: `${REPOSITORY}:${spec.image}`,
        Entrypoint: ['sh', '-c', script],
        Cmd: [],
        User: '0:0',
        Labels: { 'molecule.helper': this.#options.platformId },
        HostConfig: { NetworkMode: 'none', Binds: [`${nameOf(spec.orgId)}:${DATA}`, `${before}:/before`] },
      }),
    );
    try {
      await this.#engine.call((docker) => docker.getContainer(made.id).start());
      const { StatusCode } = (await this.#engine.call(
        (docker) => docker.getContainer(made.id).wait(),
        COPY_LIMIT_MS,
      )) as { StatusCode: number };
      if (StatusCode !== 0) throw faults.backendTransient(`the data could not be copied: ${StatusCode}`);
    } finally {
      await this.#discard(made.id);
    }
  }

  #labels(orgId: string): Record<string, string> {
    return { [LABELS.org]: orgId, [LABELS.platform]: this.#options.platformId };
  }
}

const KEEP = `[ -e /before/whole ] && exit 0
rm -rf /before/data && cp -a ${DATA} /before/data && sync && touch /before/whole`;
/** What is no whole copy was never left behind: the upgrade did not begin. */
const RESTORE = `[ -e /before/whole ] || exit 0
find ${DATA} -mindepth 1 -maxdepth 1 -exec rm -rf {} + && cp -a /before/data/. ${DATA}/ && sync`;

function nameOf(orgId: string): string {
  if (!isUuid(orgId)) throw new Fault('INVALID_REQUEST', 'a tenant is named by the id of its organisation');
  return `molecule-tenant-${orgId}`;
}

function beforeOf(orgId: string, image: string): string {
  return `${nameOf(orgId)}-before-${createHash('sha256').update(image).digest('hex').slice(0, 16)}`;
}

function imageOf(found: ContainerInspectInfo): string {
  return found.Config.Labels[LABELS.image] ?? '';
}

function upstreamOf(found: ContainerInspectInfo): string {
  return `http://127.0.0.1:${found.Config.Labels[LABELS.port]}`;
}

/** C2. */
async function choosePort(before: number | null): Promise<number> {
  for (let i = 0; i < PORT_TRIES; i++) {
    const port = await askPort(i === 0 ? (before ?? 0) : 0);
    if (port !== null) return port;
  }
  throw faults.backendTransient('the system hands out no free port');
}

function askPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(null));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}

/** Both outputs come in frames: a kind, a length, the bytes. */
function textOf(frames: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= frames.length; ) {
    const end = at + 8 + frames.readUInt32BE(at + 4);
    parts.push(frames.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString('utf8');
}
