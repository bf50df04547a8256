// Process backend: a unit is a process group of this machine, in folders of its own.
//
//   U1. A unit is recorded with pid and start time; a pid that was used again is not our unit.
//   U2. Between spawn and record a crash leaves a process without record: its environment carries our marker, and
//       the next start, stop or list finds it.
//   U3. A start ends every older process of the same workspace first.
//   U4. The agent gets a written list of variables, never this process's environment.
//   U5. Units outlive this process: they write their own log and are taken over by the next one.

import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { faults } from '@molecule/domain';
import type { Log } from '@molecule/kit';
import type { Backend, BackendHealth, LogLines, Probe, Unit, UnitHandle, WorkspaceSpec } from '../backend.ts';
import { findByEnvironment, signalGroup, startTimeOf } from './process-table.ts';
import {
  dropRecord,
  erase,
  listUnitIds,
  pathsOf,
  prepareFolders,
  readRecord,
  rotateLog,
  saveRecord,
  tailLog,
  type UnitPaths,
  writeConfig,
} from './unit-files.ts';

const TERM_GRACE_MS = 5_000;
const KILL_WAIT_MS = 5_000;
const WATCH_MS = 1_000;
/** Workspaces get the variables below and their own; names with these beginnings are never theirs to set. */
const RESERVED = /^(MOLECULE_UNIT|LD_|DYLD_|NODE_OPTIONS$|ADMIN_TOKEN$|DATABASE_URL$|REDIS_URL$)/;

export interface ProcessOptions {
  stateDir: string;
  /** The command of the workspace-runtime. */
  command: readonly string[];
  /** Where agents reach the tenant. A function, since the port may be chosen at start. */
  platformUrl: () => string;
  orgId: string;
}

export class ProcessBackend implements Backend {
  readonly kind = 'process';
  readonly #options: ProcessOptions;
  readonly #log: Log;
  readonly #listeners: ((workspaceId: string) => void)[] = [];
  /** Units that were taken over have no exit event: they are looked at once a second. */
  readonly #adopted = new Map<string, { pid: number; startTime: string }>();
  #watch: NodeJS.Timeout | null = null;

  constructor(options: ProcessOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  async start(spec: WorkspaceSpec): Promise<UnitHandle> {
    const paths = pathsOf(this.#options.stateDir, spec.workspaceId);
    await this.#endAll(spec.workspaceId, paths);
    await prepareFolders(paths);
    await writeConfig(paths, spec);
    await rotateLog(paths);
    const port = await freePort();
    const pid = await this.#spawn(spec, paths, port);
    const startTime = await startTimeOf(pid);
    if (startTime === null) {
      throw faults.backendTransient('the agent ended right after its start; its log says why');
    }
    await saveRecord(paths, { pid, startTime, port, createdAt: Date.now() });
    return { url: `http://127.0.0.1:${port}` };
  }

  async stop(workspaceId: string): Promise<void> {
    await this.#endAll(workspaceId, pathsOf(this.#options.stateDir, workspaceId));
  }

  async stopAndPrune(workspaceId: string): Promise<void> {
    const paths = pathsOf(this.#options.stateDir, workspaceId);
    await this.#endAll(workspaceId, paths);
    await erase(paths);
  }

  async probe(workspaceId: string): Promise<Probe> {
    const record = await readRecord(pathsOf(this.#options.stateDir, workspaceId));
    if (!record) return 'gone';
    return (await startTimeOf(record.pid)) === record.startTime ? 'running' : 'gone';
  }

  logs(workspaceId: string, tail: number): Promise<LogLines> {
    return tailLog(pathsOf(this.#options.stateDir, workspaceId), tail);
  }

  async listUnits(): Promise<Unit[]> {
    await mkdir(this.#options.stateDir, { recursive: true, mode: 0o700 });
    const units: Unit[] = [];
    for (const workspaceId of await listUnitIds(this.#options.stateDir)) {
      const paths = pathsOf(this.#options.stateDir, workspaceId);
      const record = await readRecord(paths);
      const isRunning = record !== null && (await startTimeOf(record.pid)) === record.startTime;
      if (isRunning) this.#adopt(workspaceId, record);
      units.push({
        workspaceId,
        state: isRunning ? 'running' : 'gone',
        createdAt: record?.createdAt ?? null,
      });
    }
    await this.#endStrays(
      new Set(units.filter((unit) => unit.state === 'running').map((unit) => unit.workspaceId)),
    );
    return units;
  }

  async health(): Promise<BackendHealth> {
    return {
      isOk: true,
      detail: `processes of this machine under ${this.#options.stateDir}`,
      isolation:
        'own folder and process group, written environment; not enforced: file system, memory, CPU and network limits',
    };
  }

  onExit(listener: (workspaceId: string) => void): void {
    this.#listeners.push(listener);
  }

  async #spawn(spec: WorkspaceSpec, paths: UnitPaths, port: number): Promise<number> {
    const [command, ...args] = this.#options.command;
    if (!command) throw new Error('the command of the workspace-runtime is empty');
    const log = await open(paths.logFile, 'a', 0o600);
    try {
      const child = spawn(command, args, {
        cwd: paths.workspace,
        env: this.#environment(spec, paths, port),
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      return await new Promise<number>((resolve, reject) => {
        child.once('error', (error) =>
          reject(faults.backendTransient('the agent could not be started', error)),
        );
        child.once('spawn', () => {
          child.unref();
          child.once('exit', () => this.#tellExit(spec.workspaceId));
          resolve(child.pid as number);
        });
      });
    } finally {
      await log.close();
    }
  }

  /** U4. Later entries win, but for the reserved names, which are ours. */
  #environment(spec: WorkspaceSpec, paths: UnitPaths, port: number): Record<string, string> {
    const platformUrl = this.#options.platformUrl();
    const asked = Object.entries(spec.env).filter(([name]) => !RESERVED.test(name));
    return {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      HOME: paths.workspace,
      ...Object.fromEntries(asked),
      WORKSPACE_ID: spec.workspaceId,
      WORKSPACE_CONFIG_PATH: paths.configs,
      CONFIGS_DIR: paths.configs,
      PLUGINS_DIR: `${paths.configs}/plugins`,
      MOLECULE_PLATFORM_URL: platformUrl,
      PLATFORM_URL: platformUrl,
      MOLECULE_URL: platformUrl,
      MOLECULE_ORG_ID: this.#options.orgId,
      TIER: String(spec.tier),
      HOST: '127.0.0.1',
      PORT: String(port),
      ...(spec.parentId === null ? {} : { PARENT_ID: spec.parentId }),
      MOLECULE_UNIT: this.#marker(spec.workspaceId),
    };
  }

  #marker(workspaceId: string): string {
    return `${this.#options.stateDir}:${workspaceId}`;
  }

  /** U2 and U3: the recorded process, and any other that carries this unit's marker. */
  async #endAll(workspaceId: string, paths: UnitPaths): Promise<void> {
    this.#adopted.delete(workspaceId);
    const record = await readRecord(paths);
    const pids = new Set<number>();
    if (record && (await startTimeOf(record.pid)) === record.startTime) pids.add(record.pid);
    const strays = await findByEnvironment(`MOLECULE_UNIT=${this.#marker(workspaceId)}`);
    for (const stray of strays) if (stray.value === '') pids.add(stray.pid);
    await Promise.all([...pids].map((pid) => endProcess(pid)));
    await dropRecord(paths);
  }

  /** Processes with our marker that no record knows. */
  async #endStrays(running: ReadonlySet<string>): Promise<void> {
    for (const { pid, value } of await findByEnvironment(`MOLECULE_UNIT=${this.#options.stateDir}:`)) {
      if (running.has(value)) continue;
      this.#log.warn({ pid, workspaceId: value }, 'ending a stray agent process');
      await endProcess(pid);
    }
  }

  #adopt(workspaceId: string, record: { pid: number; startTime: string }): void {
    this.#adopted.set(workspaceId, record);
    this.#watch ??= setInterval(() => {
      this.#lookAtAdopted().catch((error: unknown) =>
        this.#log.warn({ err: error }, 'units could not be looked at'),
      );
    }, WATCH_MS).unref();
  }

  async #lookAtAdopted(): Promise<void> {
    for (const [workspaceId, unit] of this.#adopted) {
      if ((await startTimeOf(unit.pid)) === unit.startTime) continue;
      this.#adopted.delete(workspaceId);
      this.#tellExit(workspaceId);
    }
  }

  #tellExit(workspaceId: string): void {
    for (const listener of this.#listeners) listener(workspaceId);
  }
}

/** SIGTERM to the group, a grace to finish, then SIGKILL. Rejects when the process will not go. */
async function endProcess(pid: number): Promise<void> {
  const startTime = await startTimeOf(pid);
  if (startTime === null) return;
  const isGone = async () => (await startTimeOf(pid)) !== startTime;
  if (signal(pid, 'SIGTERM') && (await waitFor(isGone, TERM_GRACE_MS))) {
    signal(pid, 'SIGKILL');
    return;
  }
  signal(pid, 'SIGKILL');
  if (!(await waitFor(isGone, KILL_WAIT_MS))) throw faults.backendTransient(`process ${pid} does not end`);
}

/** The group where the process leads one, else the process alone. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  if (signalGroup(pid, name)) return true;
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

async function waitFor(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const endAt = Date.now() + limitMs;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= endAt) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
