// Process backend: a unit is a process group of this machine, in folders of its own.
//
//   U1. A unit is recorded with pid and start time; a pid that was used again is not our unit.
//   U2. Between spawn and record a crash leaves a process without record: its environment carries our marker, and
//       the next start, stop or list finds it.
//   U3. A start ends every older process of the same workspace first; a start that fails leaves none.
//   U4. The agent gets a written list of variables, never this process's environment.
//   U5. Units outlive this process: they write their own log and are taken over by the next one.
//   U6. While a start or stop is under way the answer to a probe is `unknown`, and no sweep touches the unit.
//   U7. A unit that ends by itself is told once; one that we end is not.
// One process at a time owns a state folder; the tenant's lock on its data folder sees to that.

import { createHash } from 'node:crypto';
import { access, constants, mkdir } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { faults, type Isolation, isUuid } from '@molecule/domain';
import type { Log, Loop } from '@molecule/kit';
import type {
  Backend,
  BackendHealth,
  ExitListener,
  LogLines,
  LogQuery,
  Probe,
  TerminalSession,
  Unit,
  UnitExit,
  UnitHandle,
  WorkspaceSpec,
} from '../backend.ts';
import { dropSessionsBefore } from '../drop-sessions.ts';
import { type CarriedFolder, type FolderArchive, packFolder, unpackFolder } from '../folder-archive.ts';
import { freePort } from '../free-port.ts';
import { workspaceFolder } from '../host-folder.ts';
import { deleteLiveFile, listFolder, openFile, writeLiveFile } from '../live-files.ts';
import { TIER_SIZES, type TierSizes } from '../tier-sizes.ts';
import type { FileEntry, FilePlace, OpenFile, UnitRoot } from '../unit-file.ts';
import { pathsOf, prepareFolders, type UnitPaths } from '../unit-folders.ts';
import { noteLaunch, readLauncherLog, readLog, rotateLog } from '../unit-logs.ts';
import { AGENT_USERS, type AgentUserOptions } from './agent-users.ts';
import { readConfigFile, writeConfig, writeConfigFiles, writeToken, writtenByStart } from './config-files.ts';
import { endProcesses } from './end-processes.ts';
import { openTerminal } from './open-terminal.ts';
import { handOver, takeBack } from './own-folders.ts';
import {
  findByUser,
  isAlive,
  MarkerScan,
  type ProcessRef,
  signalGroup,
  signalUnit,
  stillAlive,
} from './process-table.ts';
import { spawnUnit } from './spawn-unit.ts';
import { type CommandWalls, isolationText } from './unit-command.ts';
import { terminalEnvironment, unitEnvironment } from './unit-environment.ts';
import { dropRecord, erase, listUnitIds, readRecord, saveRecord, type UnitRecord } from './unit-files.ts';
import { isolationOf } from './unit-isolation.ts';
import { findExcess, limitsOf, measureUse, type UnitLimits } from './unit-limits.ts';
import { asUser, killUser, tryWalls, type UnitWalls } from './unit-walls.ts';

const TERM_GRACE_MS = 5_000;
const WATCH_MS = 1_000;
const LIMITS_MS = 2_000;
const ROTATE_MS = 30_000;
const STRAY_LOOK_MS = 15_000;

export interface ProcessOptions {
  stateDir: string;
  /** The command of the workspace-runtime; a function where engines have their own. */
  command: readonly string[] | ((engine: string) => readonly string[]);
  /** Where agents reach the tenant. A function, since the port may be chosen at start. */
  platformUrl: () => string;
  orgId: string;
  /** Folders of this machine below which a workspace may have its `workspace_dir`. None unless given. */
  hostFolderRoots?: readonly string[];
  /** How long an agent may take to end when it is asked to. */
  termGraceMs?: number;
  /** How often a list also looks for processes of ours that no record knows. */
  strayLookMs?: number;
  /** Out of which user numbers agents get one of their own; null: all run as the user of this server. */
  users?: AgentUserOptions | null;
  /** How much memory and processor time each tier may use. */
  sizes?: TierSizes;
  /** Tier 1 starts also where an agent gets no user of its own. Otherwise such a start is refused. */
  isWeakSandboxAllowed?: boolean;
}

export class ProcessBackend implements Backend {
  readonly kind = 'process';
  readonly #options: ProcessOptions;
  readonly #stateDir: string;
  readonly #termGraceMs: number;
  readonly #log: Log;
  readonly #scan: MarkerScan;
  readonly #listeners: ExitListener[] = [];
  /** Units that run, as far as we know. */
  readonly #known = new Map<string, UnitRecord & { isChild: boolean }>();
  readonly #busy = new Map<string, number>();
  readonly #portsInStart = new Set<number>();
  /** Why a unit was ended for a limit, until its end is told. */
  readonly #excesses = new Map<string, string>();
  #walls: Promise<UnitWalls> | null = null;
  #strayLookAt = 0;

  constructor(options: ProcessOptions, log: Log) {
    this.#options = options;
    this.#stateDir = resolve(options.stateDir);
    this.#termGraceMs = options.termGraceMs ?? TERM_GRACE_MS;
    this.#log = log;
    this.#scan = new MarkerScan(`MOLECULE_UNIT=${this.#stateDir}:`);
  }

  start(spec: WorkspaceSpec, signal: AbortSignal): Promise<UnitHandle> {
    return this.#whileBusy(spec.workspaceId, async (paths) => {
      await this.#endAll(spec.workspaceId, paths);
      const port = await freePort((candidate) => this.#isPortTaken(candidate));
      this.#portsInStart.add(port);
      try {
        const isolation = await this.#bringUp(spec, paths, port, signal);
        return { url: `http://127.0.0.1:${port}`, isolation };
      } catch (error) {
        this.#log.warn({ err: error, workspaceId: spec.workspaceId }, 'a start failed; clearing up');
        await this.#endAll(spec.workspaceId, paths);
        throw error;
      } finally {
        this.#portsInStart.delete(port);
      }
    });
  }

  stop(workspaceId: string): Promise<void> {
    return this.#whileBusy(workspaceId, (paths) => this.#endAll(workspaceId, paths));
  }

  stopAndPrune(workspaceId: string): Promise<void> {
    return this.#whileBusy(workspaceId, async (paths) => {
      await this.#endAll(workspaceId, paths);
      await this.#erase(workspaceId, paths);
    });
  }

  async probe(workspaceId: string): Promise<Probe> {
    if (!isUuid(workspaceId)) return 'gone';
    const state = await this.#stateOf(workspaceId);
    if (state !== 'gone' || this.#known.has(workspaceId)) return state;
    // No live record: is there a process that lost its record (U2)?
    const marked = await this.#marked(workspaceId);
    return marked.length > 0 || this.#busy.has(workspaceId) ? 'unknown' : 'gone';
  }

  logs(workspaceId: string, query: LogQuery): Promise<LogLines> {
    const paths = this.#paths(workspaceId);
    return readLog(query.source === 'boot' ? paths.launcherLog : paths.runtimeLog, query);
  }

  async terminal(workspaceId: string, columns: number, rows: number): Promise<TerminalSession> {
    const folder = await this.#liveRoot(workspaceId, 'workspace');
    const paths = this.#paths(workspaceId);
    const uid = (await readRecord(paths))?.uid ?? null;
    return openTerminal({
      folder,
      prefix: uid === null ? [] : asUser(uid),
      columns,
      rows,
      onLeftOver: (error) => this.#log.warn({ err: error, workspaceId }, 'a terminal left processes behind'),
      env: terminalEnvironment(workspaceId, paths, folder, `${this.#stateDir}:${workspaceId}`),
    });
  }

  console(workspaceId: string): Promise<string> {
    return readLauncherLog(this.#paths(workspaceId));
  }

  removeVolumes(workspaceId: string): Promise<void> {
    return this.#whileBusy(workspaceId, async (paths) => {
      await this.#refuseRunning(workspaceId, paths);
      await this.#erase(workspaceId, paths);
    });
  }

  writeAuthToken(workspaceId: string, token: string): Promise<void> {
    return writeToken(this.#paths(workspaceId), token);
  }

  writeConfigFiles(workspaceId: string, files: Readonly<Record<string, string>>): Promise<void> {
    return writeConfigFiles(this.#paths(workspaceId), files);
  }

  readConfigFile(workspaceId: string, path: string): Promise<string | null> {
    return readConfigFile(this.#paths(workspaceId), path);
  }

  async listFiles(workspaceId: string, place: FilePlace, depth: number): Promise<FileEntry[] | null> {
    return listFolder(await this.#liveRoot(workspaceId, place.root), place.path, depth);
  }

  async openFile(workspaceId: string, place: FilePlace): Promise<OpenFile | null> {
    return openFile(await this.#liveRoot(workspaceId, place.root), place.path);
  }

  async writeFile(workspaceId: string, place: FilePlace, content: Uint8Array): Promise<void> {
    await writeLiveFile(await this.#liveRoot(workspaceId, place.root), place.path, content);
  }

  async deleteFile(workspaceId: string, place: FilePlace): Promise<boolean> {
    return deleteLiveFile(await this.#liveRoot(workspaceId, place.root), place.path);
  }

  packFolder(
    workspaceId: string,
    folder: CarriedFolder,
    take: (archive: FolderArchive) => Promise<void>,
  ): Promise<void> {
    return this.#whileBusy(workspaceId, async (paths) => {
      await this.#refuseRunning(workspaceId, paths);
      const without = folder === 'configs' ? await writtenByStart(paths) : new Set<string>();
      await take(packFolder(paths[folder], without));
    });
  }

  unpackFolder(workspaceId: string, folder: CarriedFolder, tar: Readable): Promise<void> {
    return this.#whileBusy(workspaceId, async (paths) => {
      await this.#refuseRunning(workspaceId, paths);
      await prepareFolders(paths);
      await takeBack(paths[folder]);
      await unpackFolder(paths[folder], tar);
    });
  }

  async listUnits(): Promise<Unit[]> {
    await mkdir(this.#stateDir, { recursive: true, mode: 0o700 });
    const units: Unit[] = [];
    for (const workspaceId of await listUnitIds(this.#stateDir)) {
      const state = await this.#stateOf(workspaceId);
      units.push({ workspaceId, state, createdAt: this.#known.get(workspaceId)?.createdAt ?? null });
    }
    await this.#endStraysIfDue();
    return units;
  }

  async health(): Promise<BackendHealth> {
    const problem = await this.#findProblem();
    return {
      isOk: problem === null,
      detail: problem ?? `processes of this machine, ${this.#known.size} running`,
      isolation: isolationText(await this.#wallsHere()),
    };
  }

  onExit(listener: ExitListener): void {
    this.#listeners.push(listener);
  }

  loops(): readonly Loop[] {
    return [
      { name: 'units.watch', intervalMs: WATCH_MS, run: () => this.#lookAtAdopted() },
      { name: 'units.limits', intervalMs: LIMITS_MS, run: () => this.#lookAtLimits() },
      { name: 'units.logs', intervalMs: ROTATE_MS, run: () => this.#rotateLogs() },
    ];
  }

  async #bringUp(
    spec: WorkspaceSpec,
    paths: UnitPaths,
    port: number,
    signal: AbortSignal,
  ): Promise<Isolation> {
    const { workspaceId } = spec;
    await prepareFolders(paths);
    const { walls, limits, isolation } = await this.#wallsOf(spec, paths);
    await handOver(paths, walls.uid);
    await writeConfig(paths, spec);
    if (spec.sessionResetAt) await dropSessionsBefore(paths.sessions, spec.sessionResetAt);
    const folder = await workspaceFolder(spec, paths.workspace, this.#options.hostFolderRoots ?? []);
    const { env, refused } = unitEnvironment(spec, {
      paths,
      workspaceFolder: folder,
      port,
      platformUrl: this.#options.platformUrl(),
      orgId: this.#options.orgId,
      marker: `${this.#stateDir}:${workspaceId}`,
    });
    if (refused.length > 0) this.#log.warn({ workspaceId, refused }, 'variables were kept from an agent');
    this.#noteLost(workspaceId, await rotateLog(paths));
    await saveRecord(paths, { phase: 'starting', pid: 0, startTime: '', port, createdAt: Date.now() });
    signal.throwIfAborted();
    const { ended, ...child } = await spawnUnit({
      command: this.#commandOf(spec.engine),
      tier: spec.tier,
      walls,
      folder,
      env,
      logFile: paths.runtimeLog,
    });
    const user = walls.uid === null ? {} : { uid: walls.uid };
    const record: UnitRecord = {
      phase: 'running',
      ...child,
      ...user,
      port,
      createdAt: Date.now(),
      folder,
      limits,
    };
    this.#known.set(workspaceId, { ...record, isChild: true });
    void ended.then((exit) => this.#tellEnd(workspaceId, paths, child, exit));
    await saveRecord(paths, record);
    await this.#note(
      workspaceId,
      paths,
      `started pid ${child.pid} on port ${port}, tier ${spec.tier}, engine ${spec.engine}`,
    );
    signal.throwIfAborted();
    return isolation;
  }

  #commandOf(engine: string): readonly string[] {
    const { command } = this.#options;
    return typeof command === 'function' ? command(engine) : command;
  }

  #isPortTaken(port: number): boolean {
    return this.#portsInStart.has(port) || [...this.#known.values()].some((unit) => unit.port === port);
  }

  #paths(workspaceId: string): UnitPaths {
    return pathsOf(this.#stateDir, workspaceId);
  }

  async #refuseRunning(workspaceId: string, paths: UnitPaths): Promise<void> {
    const record = await readRecord(paths);
    const isRunning = (record && (await isAlive(record))) || (await this.#marked(workspaceId)).length > 0;
    if (isRunning) throw faults.conflict('the workspace is still running');
  }

  /** HOME of a process unit is its /workspace. */
  async #liveRoot(workspaceId: string, root: UnitRoot): Promise<string> {
    const paths = this.#paths(workspaceId);
    if ((await this.#stateOf(workspaceId)) !== 'running') throw faults.notRunning();
    if (root === 'configs') return paths.configs;
    if (root === 'home') return paths.workspace;
    return (await readRecord(paths))?.folder ?? paths.workspace;
  }

  /** U6. */
  async #whileBusy<T>(workspaceId: string, act: (paths: UnitPaths) => Promise<T>): Promise<T> {
    const paths = this.#paths(workspaceId);
    this.#busy.set(workspaceId, (this.#busy.get(workspaceId) ?? 0) + 1);
    try {
      return await act(paths);
    } finally {
      const left = (this.#busy.get(workspaceId) ?? 1) - 1;
      if (left > 0) this.#busy.set(workspaceId, left);
      else this.#busy.delete(workspaceId);
    }
  }

  /** By memory, else by the record; a live unit of an earlier server process is taken over (U5). */
  async #stateOf(workspaceId: string): Promise<Probe> {
    if (this.#busy.has(workspaceId)) return 'unknown';
    const known = this.#known.get(workspaceId);
    if (known) return (await isAlive(known)) ? 'running' : 'gone';
    const record = await readRecord(this.#paths(workspaceId));
    if (record?.phase !== 'running' || !(await isAlive(record))) return 'gone';
    if (this.#busy.has(workspaceId)) return 'unknown';
    if (!this.#known.has(workspaceId)) {
      this.#log.info({ workspaceId, pid: record.pid }, 'a running agent is taken over');
      this.#known.set(workspaceId, { ...record, isChild: false });
    }
    return 'running';
  }

  /** U2 and U3: the recorded process, and any other that carries this unit's marker. */
  async #endAll(workspaceId: string, paths: UnitPaths): Promise<void> {
    const known = this.#known.get(workspaceId);
    // Forgotten first: an end that we cause is not told (U7).
    this.#known.delete(workspaceId);
    const record = known ?? (await readRecord(paths));
    const isRecorded = record !== null && record.phase === 'running';
    const uid = await this.#userOf(paths);
    await endProcesses(
      async () => {
        const marked = await this.#everyProcess(workspaceId, uid);
        const leader = isRecorded && (await isAlive(record)) ? [record] : [];
        return [...leader, ...marked.filter(({ pid }) => pid !== leader[0]?.pid)];
      },
      this.#termGraceMs,
      async () => {
        if (uid !== null) await killUser(uid);
      },
    );
    if (isRecorded) signalGroup(record.pid, 'SIGKILL');
    await dropRecord(paths);
    await (await this.#wallsHere()).groups.remove(groupOf(workspaceId));
    if (isRecorded) await this.#note(workspaceId, paths, `ended pid ${record.pid}, as asked`);
  }

  async #marked(workspaceId: string): Promise<ProcessRef[]> {
    return (await this.#scan.find()).filter(({ value }) => value === workspaceId);
  }

  /** With a user of its own an agent can't hide a process from us by its environment. */
  async #everyProcess(workspaceId: string, uid: number | null): Promise<ProcessRef[]> {
    const marked = await this.#marked(workspaceId);
    const own = uid === null ? [] : await findByUser(uid);
    return [...new Map([...marked, ...own].map((ref) => [ref.pid, ref])).values()];
  }

  async #userOf(paths: UnitPaths): Promise<number | null> {
    return (await (await this.#wallsHere()).users?.of(paths.root)) ?? null;
  }

  #wallsHere(): Promise<UnitWalls> {
    const { users = AGENT_USERS } = this.#options;
    const programs = this.#commandOf('rehearsal').filter(isAbsolute);
    this.#walls ??= tryWalls(
      { stateDir: this.#stateDir, owner: ownerOf(this.#stateDir), users, programs },
      this.#log,
    );
    return this.#walls;
  }

  /** A folder of the host belongs to somebody else: an agent that works there runs as this server. */
  async #wallsOf(
    spec: WorkspaceSpec,
    paths: UnitPaths,
  ): Promise<{ walls: CommandWalls; limits: UnitLimits; isolation: Isolation }> {
    const { users, whyNoUsers, groups } = await this.#wallsHere();
    const isHostFolder = spec.workspaceDir !== null && spec.workspaceAccess !== 'none';
    const whyNoUser = isHostFolder ? 'it works in a folder of the host' : (whyNoUsers ?? '');
    const hasUser = users !== null && !isHostFolder;
    if (spec.tier === 1 && !hasUser && !this.#options.isWeakSandboxAllowed)
      throw faults.weakSandbox(whyNoUser);
    const limits = limitsOf(spec.tier, this.#options.sizes ?? TIER_SIZES);
    const groupFiles = await groups.prepare(groupOf(spec.workspaceId), limits);
    const uid = hasUser ? await users.claim(paths.root) : null;
    const isolation = isolationOf({ tier: spec.tier, uid, whyNoUser, kept: groups.kept, limits });
    return { walls: { uid, maxPids: limits.pids, groupFiles }, limits, isolation };
  }

  async #erase(workspaceId: string, paths: UnitPaths): Promise<void> {
    const { users, groups } = await this.#wallsHere();
    const uid = await this.#userOf(paths);
    await groups.remove(groupOf(workspaceId));
    await erase(paths);
    if (users && uid !== null) await users.release(paths.root, uid);
  }

  /** What the kernel does not limit here is measured, and a unit over its limit is ended with the reason. */
  async #lookAtLimits(): Promise<void> {
    const { kept } = (await this.#wallsHere()).groups;
    if (kept.has('memory') && kept.has('pids')) return;
    for (const [workspaceId, { limits, uid }] of this.#known) {
      if (!limits || this.#busy.has(workspaceId)) continue;
      const refs = await this.#everyProcess(workspaceId, uid ?? null);
      const excess = findExcess(await measureUse(refs), limits);
      if (excess === null || this.#busy.has(workspaceId)) continue;
      this.#log.warn({ workspaceId, excess }, 'an agent is ended for its limit');
      this.#excesses.set(workspaceId, excess);
      if (uid !== undefined) await killUser(uid);
      for (const ref of await stillAlive(refs)) signalUnit(ref.pid, 'SIGKILL');
    }
  }

  async #endStraysIfDue(): Promise<void> {
    if (performance.now() < this.#strayLookAt) return;
    this.#strayLookAt = performance.now() + (this.#options.strayLookMs ?? STRAY_LOOK_MS);
    const found = (await this.#scan.find()).filter(({ value }) => isUuid(value));
    for (const workspaceId of new Set(found.map(({ value }) => value))) {
      // Whatever belongs to a unit that runs, or that somebody is working on, is no stray (U6). Only the processes that
      // were seen are ended: a start that begins now makes others.
      if ((await this.#stateOf(workspaceId)) !== 'gone') continue;
      const strays = found.filter(({ value }) => value === workspaceId);
      this.#log.warn({ workspaceId, pids: strays.map(({ pid }) => pid) }, 'ending stray agent processes');
      await endProcesses(() => stillAlive(strays), this.#termGraceMs);
    }
  }

  async #lookAtAdopted(): Promise<void> {
    for (const [workspaceId, unit] of this.#known) {
      if (unit.isChild || (await isAlive(unit))) continue;
      this.#tellEnd(workspaceId, this.#paths(workspaceId), unit, { code: null, signal: null });
    }
  }

  /** U7. What the agent left in its group goes with it. */
  #tellEnd(workspaceId: string, paths: UnitPaths, ref: ProcessRef, exit: UnitExit): void {
    const known = this.#known.get(workspaceId);
    if (known?.pid !== ref.pid || known.startTime !== ref.startTime) return;
    this.#known.delete(workspaceId);
    signalGroup(ref.pid, 'SIGKILL');
    void this.#tellReason(workspaceId, paths, ref, exit);
  }

  async #tellReason(workspaceId: string, paths: UnitPaths, ref: ProcessRef, exit: UnitExit): Promise<void> {
    const reason = await this.#reasonOf(workspaceId, exit);
    const how = reason === null ? `ended by itself: ${describe(exit)}` : `was ended: ${reason}`;
    for (const listener of this.#listeners)
      listener(workspaceId, reason === null ? exit : { ...exit, reason });
    await this.#note(workspaceId, paths, `pid ${ref.pid} ${how}`);
  }

  async #reasonOf(workspaceId: string, exit: UnitExit): Promise<string | null> {
    const excess = this.#excesses.get(workspaceId);
    this.#excesses.delete(workspaceId);
    if (excess) return excess;
    if (exit.signal !== 'SIGKILL') return null;
    const { groups } = await this.#wallsHere();
    return (await groups.wasOutOfMemory(groupOf(workspaceId)))
      ? 'it used more memory than its tier allows'
      : null;
  }

  /** A note that cannot be written keeps no unit from starting or ending. */
  async #note(workspaceId: string, paths: UnitPaths, text: string): Promise<void> {
    try {
      await noteLaunch(paths, text);
    } catch (error) {
      this.#log.warn({ err: error, workspaceId, text }, 'the launch log cannot be written');
    }
  }

  async #rotateLogs(): Promise<void> {
    for (const workspaceId of this.#known.keys()) {
      this.#noteLost(workspaceId, await rotateLog(this.#paths(workspaceId)));
    }
  }

  #noteLost(workspaceId: string, bytes: number): void {
    if (bytes > 0) this.#log.warn({ workspaceId, bytes }, 'an agent printed more than its log keeps');
  }

  async #findProblem(): Promise<string | null> {
    try {
      await mkdir(this.#stateDir, { recursive: true, mode: 0o700 });
      await access(this.#stateDir, constants.W_OK);
    } catch (error) {
      this.#log.warn({ err: error }, 'the folder of the agents cannot be written');
      return 'the folder of the agents cannot be written';
    }
    try {
      for (const part of this.#commandOf('rehearsal').filter(isAbsolute)) await access(part, constants.R_OK);
      return null;
    } catch (error) {
      this.#log.warn({ err: error }, 'the workspace-runtime is not there');
      return 'the workspace-runtime is not built: run npm run build';
    }
  }
}

function groupOf(workspaceId: string): string {
  return `ws-${workspaceId}`;
}

function ownerOf(stateDir: string): string {
  return createHash('sha256').update(stateDir).digest('hex').slice(0, 12);
}

function describe({ code, signal }: UnitExit): string {
  if (signal !== null) return `by ${signal}`;
  return code === null ? 'nobody saw how' : `with code ${code}`;
}
