// Process units: workspaces that the process driver places, as processes in the network of their tenant, each with a folder
// and (as root) a user of its own.
//
//   U1. What a killed control plane started is ended before a unit is started again; one that it wrote down is taken over.
//   U2. An address is a unit's own as long as its folder is there.
//   U3. A unit is told where its tenant is in the network that they share, and nothing of the platform.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { faults } from '@molecule/domain';
import { KeyedLock } from '@molecule/kit';
import {
  type PlacedUnit,
  UNIT_PORT,
  type UnitDriver,
  type UnitFacts,
  type UnitSpec,
} from '../unit-driver.ts';
import { PLACEMENT_MARK, processesOf, signal, startTimeOf, waitFor } from './process-identity.ts';
import { enterCommand } from './tenant-networks.ts';
import { UnitFolders, type UnitRecord } from './unit-folder.ts';
import type { TenantUsers } from './users.ts';

const TERM_GRACE_MS = 10_000;
const KILL_LIMIT_MS = 10_000;

/** Where a tenant is, for what runs beside it. */
export interface TenantPlace {
  /** Null: on this machine's own network. */
  networkPath: string | null;
  /** Of the tenant's own server. */
  port: number;
  names: string;
  /** Whether tenants and units have users of their own. */
  hasUsers: boolean;
}

export interface ProcessUnitsOptions {
  /** Holds one folder for each unit. */
  root: string;
  /** The built agent. */
  main: string;
  programPath: string;
  users: TenantUsers;
  /** Throws a Fault while the tenant does not run: a unit lives in its network. */
  placeOf(orgId: string): Promise<TenantPlace>;
}

type Who = Pick<UnitRecord, 'orgId' | 'workspaceId'>;

export class ProcessUnits implements UnitDriver {
  readonly #options: ProcessUnitsOptions;
  readonly #folders: UnitFolders;
  readonly #locks = new KeyedLock();
  /** Choosing an address reads what others have. */
  readonly #choosing = new KeyedLock();

  constructor(options: ProcessUnitsOptions) {
    this.#options = options;
    this.#folders = new UnitFolders(options.root);
  }

  place(spec: UnitSpec): Promise<PlacedUnit> {
    return this.#locked(spec, async () => {
      const known = await this.#folders.read(spec);
      if (known && (await isAlive(known))) return placed(known);
      const tenant = await this.#options.placeOf(spec.orgId);
      const record = await this.#claim(spec, known, tenant);
      // U1.
      await this.#endAll(record);
      await this.#folders.fill(spec, record.uid);
      const child = await this.#spawn(spec, record, tenant);
      record.pid = child.pid ?? null;
      record.startTime = child.pid === undefined ? null : await startTimeOf(child.pid);
      await this.#folders.write(record);
      return placed(record);
    });
  }

  async inspect(orgId: string, workspaceId: string): Promise<UnitFacts | null> {
    const record = await this.#folders.read({ orgId, workspaceId });
    if (!record) return null;
    return { state: (await isAlive(record)) ? 'running' : 'terminated', instanceId: record.instanceId };
  }

  end(orgId: string, workspaceId: string): Promise<void> {
    return this.#locked({ orgId, workspaceId }, () => this.#end({ orgId, workspaceId }));
  }

  erase(orgId: string, workspaceId: string): Promise<void> {
    const who = { orgId, workspaceId };
    return this.#locked(who, async () => {
      const record = await this.#folders.read(who);
      await this.#end(who);
      await this.#folders.remove(who);
      if (record?.uid != null) await this.#options.users.release(this.#folders.folder(who), record.uid);
    });
  }

  /** W4. */
  async endAllOf(orgId: string): Promise<void> {
    for (const { workspaceId } of await this.#folders.listOf(orgId)) await this.end(orgId, workspaceId);
  }

  async eraseAllOf(orgId: string): Promise<void> {
    for (const { workspaceId } of await this.#folders.listOf(orgId)) await this.erase(orgId, workspaceId);
  }

  async readLog(orgId: string, workspaceId: string, maxBytes: number): Promise<string> {
    const who = { orgId, workspaceId };
    if (!(await this.#folders.read(who))) return '';
    const file = await open(this.#folders.logFile(who), 'r');
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.min(size, maxBytes));
      await file.read(buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8');
    } finally {
      await file.close();
    }
  }

  #locked<T>({ orgId, workspaceId }: Who, act: () => Promise<T>): Promise<T> {
    return this.#locks.run(`${orgId}/${workspaceId}`, act);
  }

  /** Written down before anything runs. */
  #claim(who: Who, known: UnitRecord | null, { hasUsers }: TenantPlace): Promise<UnitRecord> {
    return this.#choosing.run('addresses', async () => {
      await this.#folders.make(who);
      const uid = known
        ? known.uid
        : hasUsers
          ? await this.#options.users.claim(this.#folders.folder(who))
          : null;
      const record: UnitRecord = {
        orgId: who.orgId,
        workspaceId: who.workspaceId,
        instanceId: `p-${crypto.randomUUID()}`,
        address: known?.address ?? chooseAddress(who, await this.#folders.takenAddresses()),
        uid,
        pid: null,
        startTime: null,
      };
      await this.#folders.write(record);
      return record;
    });
  }

  async #spawn(spec: UnitSpec, record: UnitRecord, tenant: TenantPlace): Promise<ChildProcess> {
    const log = await open(this.#folders.logFile(spec), 'w', 0o600);
    try {
      const { uid } = record;
      const before =
        uid === null ? [] : enterCommand({ network: tenant.networkPath, uid, names: tenant.names });
      const [file = '', ...args] = [...before, process.execPath, this.#options.main];
      const child = spawn(file, args, {
        cwd: this.#folders.inside(spec, 'workspace'),
        env: this.#environment(spec, record, tenant),
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (error) =>
          reject(faults.backendTransient('the workspace could not be started', error)),
        );
      });
      child.unref();
      return child;
    } finally {
      await log.close();
    }
  }

  /** U3. */
  #environment(spec: UnitSpec, record: UnitRecord, tenant: TenantPlace): Record<string, string> {
    const configs = this.#folders.inside(spec, 'configs');
    const workspace = this.#folders.inside(spec, 'workspace');
    const tenantUrl = `http://127.0.0.1:${tenant.port}`;
    return {
      LANG: 'C.UTF-8',
      ...spec.env,
      PATH: this.#options.programPath,
      HOME: workspace,
      WORKSPACE_DIR: workspace,
      WORKSPACE_CONFIG_PATH: configs,
      CONFIGS_DIR: configs,
      PLUGINS_DIR: join(configs, 'plugins'),
      SESSIONS_DIR: this.#folders.inside(spec, 'sessions'),
      PLATFORM_URL: tenantUrl,
      MOLECULE_URL: tenantUrl,
      MOLECULE_PLATFORM_URL: tenantUrl,
      HOST: record.address,
      PORT: String(UNIT_PORT),
      [PLACEMENT_MARK]: `${spec.orgId}_${spec.workspaceId}`,
    };
  }

  async #end(who: Who): Promise<void> {
    const record = await this.#folders.read(who);
    if (!record) return;
    if (record.pid !== null && (await isAlive(record))) {
      signal(record.pid, 'SIGTERM');
      await waitFor(async () => !(await isAlive(record)), TERM_GRACE_MS);
    }
    await this.#endAll(record);
    await this.#folders.write({ ...record, pid: null, startTime: null });
  }

  async #endAll(record: UnitRecord): Promise<void> {
    const folder = this.#folders.folder(record);
    const isClear = await waitFor(async () => {
      const left = await processesOf(folder, record.uid);
      for (const pid of left) signal(pid, 'SIGKILL');
      return left.length === 0;
    }, KILL_LIMIT_MS);
    if (!isClear) throw faults.backendTransient('processes of the workspace do not end');
  }
}

async function isAlive({ pid, startTime }: UnitRecord): Promise<boolean> {
  return pid !== null && startTime !== null && (await startTimeOf(pid)) === startTime;
}

function placed({ instanceId, address }: UnitRecord): PlacedUnit {
  return { instanceId, address };
}

/** U2. Every address of 127/8 is a machine's own; the first half is left to others. */
function chooseAddress({ orgId, workspaceId }: Who, taken: ReadonlySet<string>): string {
  for (let i = 0; ; i++) {
    const [a = 0, b = 0, c = 0] = createHash('sha256').update(`${orgId}/${workspaceId}/${i}`).digest();
    const address = `127.${128 + (a % 127)}.${b}.${1 + (c % 254)}`;
    if (!taken.has(address)) return address;
  }
}
