// Process driver: a tenant as a process group of this machine, with a folder, a port, a database and (as root) a user and a
// network of its own. The tenant supervises what it starts; this driver starts, finds, stops and removes the tenant.
//
//   R1. Before a tenant is started, one that a killed control plane started is looked for and taken over.
//   R2. A tenant keeps its port while it can, so that addresses stay true across restarts.
//   R3. Stopping asks first and then makes: after it no process of the tenant is left.
//   R4. Two tenants share a user only where the operator accepted that.
//   R5. Workspaces that were placed for a tenant live in its network, and end with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { Fault, faults } from '@molecule/domain';
import { KeyedLock, type Log } from '@molecule/kit';
import type { Placement, PlacementDriver, TenantSpec, TenantState } from '../driver.ts';
import {
  environmentOf,
  PLACEMENT_MARK,
  processesOf,
  signal,
  startTimeOf,
  waitFor,
} from './process-identity.ts';
import { ProcessUnits, type TenantPlace } from './process-units.ts';
import { tenantEnvironment } from './tenant-environment.ts';
import { type Placed, TenantFolders } from './tenant-folder.ts';
import { enterCommand, type TenantNetwork, TenantNetworks } from './tenant-networks.ts';
import { turnData } from './turn-data.ts';
import { TenantUsers } from './users.ts';

/** A tenant drains for 30 s at most; then what is left is ended. */
const STOP_GRACE_MS = 40_000;
const KILL_LIMIT_MS = 10_000;
const PORT_TRIES = 20;
/** A folder's name, and never a way out of where releases are. */
const IMAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export interface ProcessDriverOptions {
  /** Holds one folder for each tenant. */
  root: string;
  /** Holds one folder for each workspace that was placed for a tenant. */
  unitRoot: string;
  /** What such a workspace runs. */
  unitMain: string;
  /** The built tenant server of each image. */
  mainOf(image: string): string;
  programPath: string;
  isWeakIsolationAccepted: boolean;
  log: Log;
}

export class ProcessDriver implements PlacementDriver {
  readonly name = 'process';
  readonly capabilities = { hasSlots: false, stopsWithPlatform: true };
  readonly #options: ProcessDriverOptions;
  readonly #folders: TenantFolders;
  readonly #users: TenantUsers;
  readonly #networks: TenantNetworks;
  readonly #locks = new KeyedLock();
  #ports: Promise<Map<string, number>> | null = null;
  readonly units: ProcessUnits;

  constructor(options: ProcessDriverOptions) {
    this.#options = options;
    this.#folders = new TenantFolders(options.root);
    this.#users = new TenantUsers(
      [options.root, options.mainOf('local'), process.execPath],
      options.programPath,
    );
    this.#networks = new TenantNetworks(options.programPath, options.log);
    this.units = new ProcessUnits({
      root: options.unitRoot,
      main: options.unitMain,
      programPath: options.programPath,
      users: this.#users,
      placeOf: (orgId) => this.#placeOf(orgId),
    });
  }

  async checkRoom(orgId: string): Promise<void> {
    await mkdir(this.#options.root, { recursive: true, mode: 0o711 });
    if (this.#options.isWeakIsolationAccepted || (await this.#users.canSeparate())) return;
    const others = (await this.#folders.list()).filter((id) => id !== orgId);
    if (others.length === 0) return;
    throw new Fault(
      'UNSUPPORTED_ON_BACKEND',
      'a second tenant would run as the same user as the first and could reach its files; start the platform as root, use another driver, or accept this with PROCESS_ALLOW_WEAK_ISOLATION=1',
    );
  }

  ensureRunning(spec: TenantSpec): Promise<Placement> {
    return this.#locks.run(spec.orgId, async () => {
      const known = await this.#folders.read(spec.orgId);
      const alive = (await this.#isAlive(known)) ? known : await this.#adopt(spec.orgId, known);
      if (alive && alive.image === spec.image) return { upstream: upstreamOf(alive) };
      if (alive) await this.#end(alive);
      const from = known?.image ?? '';
      if (from !== '') await turnData(this.#folders, spec.orgId, { from, to: spec.image });
      return { upstream: upstreamOf(await this.#start(spec, known)) };
    });
  }

  async hasImage(image: string): Promise<boolean> {
    return IMAGE_NAME.test(image) && existsSync(this.#options.mainOf(image));
  }

  async buildOf(image: string): Promise<string | null> {
    if (!(await this.hasImage(image))) return null;
    return createHash('sha256')
      .update(await readFile(this.#options.mainOf(image)))
      .digest('hex');
  }

  settleImage(orgId: string): Promise<void> {
    return this.#locks.run(orgId, () => this.#folders.dropSnapshots(orgId));
  }

  async inspect(orgId: string): Promise<TenantState> {
    const placed = await this.#folders.read(orgId);
    if (!placed) return { state: 'absent' };
    if (await this.#isAlive(placed)) {
      return { state: 'running', upstream: upstreamOf(placed), image: placed.image };
    }
    return { state: 'stopped' };
  }

  stop(orgId: string): Promise<void> {
    return this.#locks.run(orgId, async () => {
      const placed = await this.#folders.read(orgId);
      if (placed) await this.#end(placed);
    });
  }

  destroy(orgId: string): Promise<void> {
    return this.#locks.run(orgId, async () => {
      const placed = await this.#folders.read(orgId);
      if (placed) await this.#end(placed);
      await this.units.eraseAllOf(orgId);
      await this.#folders.remove(orgId);
      (await this.#knownPorts()).delete(orgId);
      if (placed?.uid != null) await this.#users.release(this.#folders.folder(orgId), placed.uid);
    });
  }

  list(): Promise<string[]> {
    return this.#folders.list();
  }

  async readLog(orgId: string, maxBytes: number): Promise<string> {
    if (!this.#folders.exists(orgId)) return '';
    const file = await open(this.#folders.logFile(orgId), 'r');
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.min(size, maxBytes));
      await file.read(buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8');
    } finally {
      await file.close();
    }
  }

  async #isAlive(placed: Placed | null): Promise<boolean> {
    if (!placed?.pid || placed.startTime === null) return false;
    return (await startTimeOf(placed.pid)) === placed.startTime;
  }

  /** R1. The start is written down in two parts; between them only the process itself knows of it. */
  async #adopt(orgId: string, known: Placed | null): Promise<Placed | null> {
    if (!known) return null;
    const folder = this.#folders.folder(orgId);
    for (const pid of await processesOf(folder, known.uid)) {
      const env = await environmentOf(pid);
      const startTime = await startTimeOf(pid);
      if (env[PLACEMENT_MARK] !== orgId || startTime === null) continue;
      const adopted = { ...known, pid, startTime, port: Number(env.PORT), isStopped: false };
      await this.#folders.write(adopted);
      this.#options.log.info({ orgId, pid }, 'took over the running tenant');
      return adopted;
    }
    return null;
  }

  async #start(spec: TenantSpec, known: Placed | null): Promise<Placed> {
    const uid = known ? known.uid : await this.#chooseUser(spec.orgId);
    await this.#folders.prepare(spec.orgId, uid);
    const network = await this.#network(uid, spec);
    const placed: Placed = {
      ...(network ? { address: network.address } : {}),
      orgId: spec.orgId,
      slug: spec.slug,
      image: spec.image,
      uid,
      port: await this.#choosePort(spec.orgId, known?.port ?? null),
      pid: null,
      startTime: null,
      isStopped: false,
    };
    await this.#folders.write(placed);
    // What a killed tenant left behind would hold its folder.
    await this.#endAll(placed);
    const child = await this.#spawn(spec, placed, network);
    placed.pid = child.pid ?? null;
    placed.startTime = child.pid === undefined ? null : await startTimeOf(child.pid);
    await this.#folders.write(placed);
    if (placed.startTime === null) {
      throw faults.backendTransient('the tenant ended right after its start; its boot log says why');
    }
    return placed;
  }

  /** Null: the tenant lives on this machine's own network. */
  async #network(uid: number | null, spec: TenantSpec): Promise<TenantNetwork | null> {
    if (uid === null || !(await this.#networks.canSeparate())) return null;
    const url = new URL(spec.platformUrl);
    const door = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    try {
      return await this.#networks.ensure(uid, door);
    } catch (error) {
      throw faults.backendTransient('the network of the tenant could not be made', error);
    }
  }

  async #placeOf(orgId: string): Promise<TenantPlace> {
    const placed = await this.#folders.read(orgId);
    if (!placed || !(await this.#isAlive(placed))) throw faults.backendTransient('the tenant does not run');
    const hasNetwork = placed.uid !== null && placed.address !== undefined;
    return {
      networkPath: hasNetwork && placed.uid !== null ? this.#networks.pathOf(placed.uid) : null,
      port: placed.port,
      names: reachableNames(),
      hasUsers: placed.uid !== null,
    };
  }

  async #spawn(spec: TenantSpec, placed: Placed, network: TenantNetwork | null): Promise<ChildProcess> {
    const log = await open(this.#folders.logFile(spec.orgId), 'w', 0o600);
    try {
      const program = [process.execPath, this.#options.mainOf(spec.image)];
      const before =
        placed.uid === null
          ? []
          : enterCommand({ network: network?.path ?? null, uid: placed.uid, names: reachableNames() });
      const [file = '', ...args] = [...before, ...program];
      const child = spawn(file, args, {
        cwd: this.#folders.dataDir(spec.orgId),
        env: tenantEnvironment(spec, {
          // In a network of its own only this machine gets there.
          host: network ? '0.0.0.0' : '127.0.0.1',
          port: placed.port,
          platformUrl: network ? seenFrom(network, spec.platformUrl) : spec.platformUrl,
          dataDir: this.#folders.dataDir(spec.orgId),
          programPath: this.#options.programPath,
          hasUnits: true,
        }),
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (error) =>
          reject(faults.backendTransient('the tenant could not be started', error)),
        );
      });
      child.unref();
      return child;
    } finally {
      await log.close();
    }
  }

  /** R3. */
  async #end(placed: Placed): Promise<void> {
    if (placed.pid !== null && (await this.#isAlive(placed))) {
      signal(placed.pid, 'SIGTERM');
      await waitFor(async () => !(await this.#isAlive(placed)), STOP_GRACE_MS);
    }
    await this.#endAll(placed);
    // R5.
    await this.units.endAllOf(placed.orgId);
    // Also that of a start which was broken off before it wrote down where the tenant lives.
    if (placed.uid !== null) await this.#networks.remove(placed.uid);
    await this.#folders.write({ ...placed, pid: null, startTime: null, isStopped: true });
  }

  async #endAll(placed: Placed): Promise<void> {
    const folder = this.#folders.folder(placed.orgId);
    const isClear = await waitFor(async () => {
      const left = await processesOf(folder, placed.uid);
      for (const pid of left) signal(pid, 'SIGKILL');
      return left.length === 0;
    }, KILL_LIMIT_MS);
    if (!isClear) throw faults.backendTransient('processes of the tenant do not end');
  }

  async #chooseUser(orgId: string): Promise<number | null> {
    await this.checkRoom(orgId);
    if (!(await this.#users.canSeparate())) return null;
    // Written down before it is used.
    await this.#folders.prepare(orgId, null);
    return this.#users.claim(this.#folders.folder(orgId));
  }

  /** R2. */
  async #choosePort(orgId: string, before: number | null): Promise<number> {
    const ports = await this.#knownPorts();
    if (before && (await askPort(before)) !== null) {
      ports.set(orgId, before);
      return before;
    }
    const taken = new Set(ports.values());
    for (let i = 0; i < PORT_TRIES; i++) {
      const port = await askPort(0);
      if (port === null || taken.has(port)) continue;
      ports.set(orgId, port);
      return port;
    }
    throw faults.backendTransient('the system hands out no free port');
  }

  /** Read from every folder once; from then on this driver knows what it gave. */
  async #knownPorts(): Promise<Map<string, number>> {
    this.#ports ??= this.#readPorts();
    try {
      return await this.#ports;
    } catch (error) {
      this.#ports = null;
      throw error;
    }
  }

  async #readPorts(): Promise<Map<string, number>> {
    const ports = new Map<string, number>();
    for (const orgId of await this.#folders.list()) {
      const placed = await this.#folders.read(orgId);
      if (placed) ports.set(orgId, placed.port);
    }
    return ports;
  }
}

function upstreamOf(placed: Placed): string {
  return `http://${placed.address ?? '127.0.0.1'}:${placed.port}`;
}

/** The platform's own address is loopback on a single machine, which is another loopback in there. */
function seenFrom(network: TenantNetwork, platformUrl: string): string {
  const url = new URL(platformUrl);
  const isLoopback = /^(127(\.\d+){3}|\[::1\]|(.+\.)?localhost)$/.test(url.hostname);
  if (isLoopback) url.hostname = network.gateway;
  return url.origin;
}

/** Where this machine asks a name server of its own loopback, the list of those behind it; else ''. */
function reachableNames(): string {
  const behind = '/run/systemd/resolve/resolv.conf';
  const lines = existsSync('/etc/resolv.conf') ? readFileSync('/etc/resolv.conf', 'utf8').split('\n') : [];
  const servers = lines.filter((line) => line.startsWith('nameserver'));
  return servers.every((line) => /\s127\./.test(line)) && existsSync(behind) ? behind : '';
}

/** The port when it is free (any free one for 0), else null. */
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
