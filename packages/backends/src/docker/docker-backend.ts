// Docker backend: a unit is a container on this machine's engine, with volumes of its own, on the tenant's own network.
//
//   K1. Names come from the workspace's id, and labels from the tenant's: whatever a crash leaves is found again, and
//       what belongs to somebody else on the same engine is never touched.
//   K2. Config and token are complete before the agent starts; a start that fails leaves no container.
//   K3. An engine that does not answer is `unknown`, never `gone`.
//   K4. While a start or stop is under way the answer to a probe is `unknown`.
//   K5. A unit that ends by itself is told once; one that we end is not. The engine restarts nothing by itself.
//   K6. What a container printed is kept when the container goes.

import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { faults, type Isolation, isUuid, redactSecrets } from '@molecule/domain';
import { type Log, type Loop, singleFlight, systemClock } from '@molecule/kit';
import type { ContainerInspectInfo } from 'dockerode';
import type {
  Backend,
  BackendHealth,
  ExitListener,
  LogLines,
  LogQuery,
  Probe,
  TerminalSession,
  Unit,
  UnitHandle,
  WorkspaceSpec,
} from '../backend.ts';
import { type CarriedFolder, emptyArchive, type FolderArchive } from '../folder-archive.ts';
import { freePort } from '../free-port.ts';
import { type FileEntry, type FilePlace, folderParts, type OpenFile, pathParts } from '../unit-file.ts';
import { archiveOf, ownerOf, startFiles, TOKEN_FILE } from './config-archive.ts';
import { INNER_PORT, planContainer } from './container-plan.ts';
import { Containers, exitOf, stateOf, variableOf } from './containers.ts';
import { cancelled, Engine, statusOf } from './engine.ts';
import type { ImageSources } from './image/root-files.ts';
import { WorkspaceImage } from './image/workspace-image.ts';
import { type EngineFacts, isolationText } from './isolation-text.ts';
import { linesOf } from './log-frames.ts';
import { openTerminal } from './open-terminal.ts';
import { ensureNetwork, findNetwork, type TenantNetwork } from './tenant-network.ts';
import {
  type HostRights,
  isOnHostNetwork,
  NO_HOST_RIGHTS,
  TIER_SIZES,
  TIERS,
  type TierSizes,
} from './tiers.ts';
import { isolationOf } from './unit-isolation.ts';
import { namesOf, type Owner } from './unit-names.ts';
import { UnitNotes } from './unit-notes.ts';
import { runUnitProgram } from './unit-program.ts';
import { UnitVolumes } from './unit-volumes.ts';

const TERM_GRACE_MS = 5_000;
const WATCH_MS = 1_000;
const START_MS = 60_000;
const PORT_TRIES = 3;
const PORT_PAUSE_MS = 500;
const KEPT_LINES = 2_000;

export interface DockerOptions {
  /** Notes about containers are kept here; the data is in volumes. */
  stateDir: string;
  socketPath: string;
  owner: Owner;
  image: ImageSources;
  /**
   * Opens the tenant's door for agents at this address of the machine, if it is not open yet, and gives the URL that they
   * call. Asked again and again.
   */
  openDoor(gateway: string): Promise<string>;
  /** Where a container on the machine's own network reaches the tenant. */
  hostUrl(): string;
  sizes?: TierSizes;
  rights?: HostRights;
  hostFolderRoots?: readonly string[];
  /** What a container runs instead of what its image says. */
  command?: readonly string[];
  termGraceMs?: number;
}

export class DockerBackend implements Backend {
  readonly kind = 'docker';
  readonly #options: DockerOptions;
  readonly #log: Log;
  readonly #engine: Engine;
  readonly #containers: Containers;
  readonly #volumes: UnitVolumes;
  readonly #image: WorkspaceImage;
  readonly #notes: UnitNotes;
  readonly #termGraceMs: number;
  readonly #ensureNetwork: (nothing: undefined) => Promise<TenantNetwork>;
  readonly #listeners: ExitListener[] = [];
  /** Containers that run, as far as we know: workspace → container. */
  readonly #known = new Map<string, string>();
  readonly #busy = new Map<string, number>();

  constructor(options: DockerOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#engine = new Engine(options.socketPath);
    this.#containers = new Containers(this.#engine, options.owner, log);
    this.#volumes = new UnitVolumes(this.#engine, options.owner);
    this.#image = new WorkspaceImage(this.#engine, options.image, log);
    this.#notes = new UnitNotes(resolve(options.stateDir));
    this.#ensureNetwork = singleFlight(() => ensureNetwork(this.#engine, options.owner));
    this.#termGraceMs = options.termGraceMs ?? TERM_GRACE_MS;
  }

  start(spec: WorkspaceSpec, signal: AbortSignal): Promise<UnitHandle> {
    return this.#whileBusy(spec.workspaceId, async () => {
      const files = startFiles(spec);
      const owner = ownerOf(TIERS[spec.tier].user);
      const archive = await archiveOf(files, owner);
      const image = await this.#image.ensure();
      const network = await this.#ensureNetwork(undefined);
      await this.#end(spec.workspaceId);
      signal.throwIfAborted();
      const { wasThere } = await this.#volumes.ensure(spec.workspaceId, image, owner);
      const containerId = await this.#create(spec, image, network);
      try {
        await this.#volumes.unpack(containerId, '/configs', archive);
        await this.#tidy(spec, image, Object.keys(files), wasThere);
        signal.throwIfAborted();
        await this.#engine.act(
          (docker, abortSignal) => docker.getContainer(containerId).start(cancelled(abortSignal, {})),
          START_MS,
        );
        const [url, isolation] = await Promise.all([
          this.#addressOf(spec.workspaceId),
          this.#isolationOf(spec, containerId),
        ]);
        signal.throwIfAborted();
        this.#known.set(spec.workspaceId, containerId);
        await this.#note(
          spec.workspaceId,
          `started container ${containerId.slice(0, 12)}, tier ${spec.tier}`,
        );
        return { url, isolation };
      } catch (error) {
        this.#log.warn({ err: error, workspaceId: spec.workspaceId }, 'a start failed; clearing up');
        await this.#note(spec.workspaceId, 'the start failed; the log of the server says why');
        await this.#containers.discard(containerId);
        throw error;
      }
    });
  }

  stop(workspaceId: string): Promise<void> {
    return this.#whileBusy(workspaceId, () => this.#end(workspaceId));
  }

  stopAndPrune(workspaceId: string): Promise<void> {
    return this.#whileBusy(workspaceId, async () => {
      await this.#end(workspaceId);
      await this.#erase(workspaceId);
    });
  }

  async probe(workspaceId: string): Promise<Probe> {
    if (!isUuid(workspaceId)) return 'gone';
    if (this.#busy.has(workspaceId)) return 'unknown';
    const found = await this.#containers.inspect(workspaceId);
    if (this.#busy.has(workspaceId)) return 'unknown';
    if (!found) return 'gone';
    const state = stateOf(found.State.Status);
    if (state === 'running') this.#takeOver(workspaceId, found.Id);
    return state;
  }

  /** The cursor is the time of the last line: it means the same to the container that runs and to those before it. */
  async logs(workspaceId: string, query: LogQuery): Promise<LogLines> {
    if (query.source === 'boot') return this.#notes.bootLog(workspaceId, query);
    const { tail, after = '' } = query;
    const kept = await this.#notes.keptOutput(workspaceId, tail + 1);
    const printed = await this.#printed(workspaceId, tail + 1);
    const fresh = [...kept, ...printed].filter(({ at }) => (at ?? '') > after);
    const isTruncated = fresh.length > tail;
    return { lines: fresh.slice(-tail), isTruncated, cursor: fresh.at(-1)?.at ?? after };
  }

  async terminal(workspaceId: string, columns: number, rows: number): Promise<TerminalSession> {
    const found = await this.#running(workspaceId);
    return openTerminal(this.#engine, found, {
      columns,
      rows,
      onLeftOver: (error) => this.#log.warn({ err: error, workspaceId }, 'a terminal left processes behind'),
    });
  }

  console(workspaceId: string): Promise<string> {
    return this.#notes.console(workspaceId);
  }

  removeVolumes(workspaceId: string): Promise<void> {
    return this.#whileBusy(workspaceId, async () => {
      await this.#refuseRunning(workspaceId);
      await this.#end(workspaceId);
      await this.#erase(workspaceId);
    });
  }

  writeAuthToken(workspaceId: string, token: string): Promise<void> {
    return this.writeConfigFiles(workspaceId, { [TOKEN_FILE]: token });
  }

  async writeConfigFiles(workspaceId: string, files: Readonly<Record<string, string>>): Promise<void> {
    const user = (await this.#notes.lastStart(workspaceId))?.user ?? TIERS[2].user;
    const archive = await archiveOf(files, ownerOf(user));
    await this.#volumes.ensure(workspaceId, await this.#image.ensure(), ownerOf(user));
    await this.#withVolumes(workspaceId, (container) => this.#volumes.unpack(container, '/configs', archive));
  }

  async readConfigFile(workspaceId: string, path: string): Promise<string | null> {
    if (!(await this.#volumes.isThere(workspaceId))) return null;
    return this.#withVolumes(workspaceId, (container) => this.#volumes.read(container, path));
  }

  async listFiles(workspaceId: string, place: FilePlace, depth: number): Promise<FileEntry[] | null> {
    const { value, rest } = await this.#ask(workspaceId, ['list', place, String(depth)]);
    rest.destroy();
    return value as FileEntry[] | null;
  }

  async openFile(workspaceId: string, place: FilePlace): Promise<OpenFile | null> {
    const { value, rest } = await this.#ask(workspaceId, ['open', place]);
    if (value !== null) return { sizeBytes: (value as { sizeBytes: number }).sizeBytes, content: rest };
    rest.destroy();
    return null;
  }

  async writeFile(workspaceId: string, place: FilePlace, content: Uint8Array): Promise<void> {
    const { rest } = await this.#ask(workspaceId, ['write', place], content);
    rest.destroy();
  }

  async deleteFile(workspaceId: string, place: FilePlace): Promise<boolean> {
    const { value, rest } = await this.#ask(workspaceId, ['delete', place]);
    rest.destroy();
    return value === true;
  }

  packFolder(
    workspaceId: string,
    folder: CarriedFolder,
    take: (archive: FolderArchive) => Promise<void>,
  ): Promise<void> {
    return this.#whileBusy(workspaceId, async () => {
      await this.#refuseRunning(workspaceId);
      if (folder === 'log') return take(this.#notes.packLog(workspaceId));
      if (!(await this.#volumes.isThere(workspaceId))) return take(emptyArchive());
      const started = (await this.#notes.lastStart(workspaceId))?.configFiles ?? [];
      const without = new Set(folder === 'configs' ? [...started, TOKEN_FILE] : []);
      await this.#volumes.pack(workspaceId, await this.#image.ensure(), { folder, without }, take);
    });
  }

  unpackFolder(workspaceId: string, folder: CarriedFolder, tar: Readable): Promise<void> {
    return this.#whileBusy(workspaceId, async () => {
      await this.#refuseRunning(workspaceId);
      if (folder === 'log') return this.#notes.unpackLog(workspaceId, tar);
      const image = await this.#image.ensure();
      await this.#volumes.ensure(workspaceId, image, ownerOf(TIERS[2].user));
      await this.#volumes.unpackFolder(workspaceId, image, folder, tar);
    });
  }

  async listUnits(): Promise<Unit[]> {
    const found = await this.#containers.list();
    return found
      .filter(({ workspaceId }) => isUuid(workspaceId))
      .map(({ workspaceId, state, createdAt }) => ({
        workspaceId,
        state: this.#busy.has(workspaceId) ? 'unknown' : state,
        createdAt,
      }));
  }

  async health(): Promise<BackendHealth> {
    const info = await this.#engine.ask((docker) => docker.info());
    const detail = this.#image.progress ?? `Docker Engine ${info.ServerVersion}, ${this.#known.size} running`;
    return { isOk: true, detail, isolation: isolationText(info, this.#options.rights ?? NO_HOST_RIGHTS) };
  }

  onExit(listener: ExitListener): void {
    this.#listeners.push(listener);
  }

  loops(): readonly Loop[] {
    return [
      { name: 'containers.watch', intervalMs: WATCH_MS, run: () => this.#watch() },
      {
        name: 'containers.helpers',
        intervalMs: 30_000,
        run: () => this.#containers.discardLostHelpers((id) => this.#volumes.isAtWork(id)),
      },
    ];
  }

  async #create(spec: WorkspaceSpec, image: string, network: TenantNetwork): Promise<string> {
    const { owner, sizes, rights, socketPath, hostFolderRoots, command } = this.#options;
    const isHost = isOnHostNetwork(spec.tier, rights ?? NO_HOST_RIGHTS);
    const { options, refused } = await planContainer(spec, {
      owner,
      image,
      network: network.networkId,
      platformUrl: isHost ? this.#options.hostUrl() : await this.#options.openDoor(network.gateway),
      sizes: sizes ?? TIER_SIZES,
      rights: rights ?? NO_HOST_RIGHTS,
      socketPath,
      hostPort: isHost ? await freePort(() => false) : null,
      hostFolderRoots: hostFolderRoots ?? [],
      command: command ?? [],
      hasInit: await this.#hasInit(),
    });
    if (refused.length > 0) {
      this.#log.warn({ workspaceId: spec.workspaceId, refused }, 'variables were kept from an agent');
    }
    const made = await this.#engine.act((docker, abortSignal) =>
      docker.createContainer(cancelled(abortSignal, { ...options })),
    );
    return made.id;
  }

  /** Whether the engine has a first process of its own, which ends what is asked to end and buries what others left. */
  async #hasInit(): Promise<boolean> {
    const { InitCommit } = (await this.#engine.ask((docker) => docker.info())) as {
      InitCommit?: { ID?: string };
    };
    return InitCommit?.ID !== 'N/A';
  }

  /** Files that are no longer given go; volumes that an agent of another user wrote change hands. */
  async #tidy(spec: WorkspaceSpec, image: string, written: string[], wasThere: boolean): Promise<void> {
    const { user } = TIERS[spec.tier];
    const last = await this.#notes.lastStart(spec.workspaceId);
    const forget = (last?.configFiles ?? []).filter((path) => !written.includes(path));
    const owner = wasThere && last?.user !== user ? ownerOf(user) : null;
    const { sessionResetAt = null } = spec;
    const isReset = sessionResetAt !== null && (last?.sessionResetAt ?? 0) < sessionResetAt;
    if (forget.length > 0 || owner || isReset) {
      const tidying = { forget, owner, sessionResetAt: isReset ? sessionResetAt : null };
      await this.#volumes.tidy(spec.workspaceId, image, tidying);
    }
    await this.#notes.saveStart(spec.workspaceId, { configFiles: written, user, sessionResetAt });
  }

  /** By the container as the engine made it, not as it was asked for. */
  async #isolationOf({ tier }: WorkspaceSpec, containerId: string): Promise<Isolation> {
    const [made, facts] = await Promise.all([
      this.#engine.ask((docker) => docker.getContainer(containerId).inspect()),
      this.#engine.ask((docker) => docker.info()),
    ]);
    return isolationOf(tier, made.HostConfig, made.Config.User, facts as EngineFacts);
  }

  /** Empty when the agent has ended already: then its end is told. */
  async #addressOf(workspaceId: string): Promise<string> {
    for (let i = 0; i < PORT_TRIES; i++) {
      const found = await this.#containers.inspect(workspaceId);
      if (!found?.State.Running) return '';
      if (found.HostConfig.NetworkMode === 'host') return `http://127.0.0.1:${variableOf(found, 'PORT')}`;
      const port = found.NetworkSettings.Ports[`${INNER_PORT}/tcp`]?.[0]?.HostPort;
      if (port) return `http://127.0.0.1:${port}`;
      await systemClock.sleep(PORT_PAUSE_MS);
    }
    throw new Error('the engine published no port');
  }

  async #end(workspaceId: string): Promise<void> {
    // Forgotten first: an end that we cause is not told (K5).
    this.#known.delete(workspaceId);
    const found = await this.#containers.inspect(workspaceId);
    if (!found) return;
    await this.#containers.stop(found, this.#termGraceMs);
    await this.#keepOutput(workspaceId);
    await this.#containers.discard(found.Id);
    await this.#note(workspaceId, `ended container ${found.Id.slice(0, 12)}, as asked`);
  }

  async #refuseRunning(workspaceId: string): Promise<void> {
    const found = await this.#containers.inspect(workspaceId);
    if (found && stateOf(found.State.Status) !== 'gone') {
      throw faults.conflict('the workspace is still running');
    }
  }

  async #erase(workspaceId: string): Promise<void> {
    await this.#containers.discardHelpersOf(workspaceId);
    await this.#volumes.remove(workspaceId);
    await this.#notes.erase(workspaceId);
  }

  async #withVolumes<T>(workspaceId: string, act: (container: string) => Promise<T>): Promise<T> {
    const found = await this.#containers.inspect(workspaceId);
    if (found) return act(found.Id);
    return this.#volumes.withHelper(workspaceId, await this.#image.ensure(), act);
  }

  async #ask(
    workspaceId: string,
    [verb, { root, path }, ...more]: [string, FilePlace, ...string[]],
    input: Uint8Array | null = null,
  ) {
    // Refused before anything is asked: not every bad path can be an argument of a program.
    if (verb === 'list') folderParts(path);
    else pathParts(path);
    const found = await this.#running(workspaceId);
    const folder = root === 'home' ? (variableOf(found, 'HOME') ?? '/') : `/${root}`;
    return runUnitProgram(this.#engine, found.Id, [verb, folder, path, ...more], input);
  }

  async #running(workspaceId: string): Promise<ContainerInspectInfo> {
    const found = await this.#containers.inspect(workspaceId);
    if (found?.State.Status !== 'running') throw faults.notRunning();
    return found;
  }

  /** K6. Nothing that a container printed keeps it from ending. */
  async #keepOutput(workspaceId: string): Promise<void> {
    try {
      await this.#notes.keepOutput(workspaceId, await this.#printed(workspaceId, KEPT_LINES));
    } catch (error) {
      this.#log.warn({ err: error, workspaceId }, 'what a container printed could not be kept');
    }
  }

  async #printed(workspaceId: string, tail: number): Promise<LogLines['lines']> {
    const { container } = namesOf(workspaceId);
    const found = await this.#containers.inspect(workspaceId);
    if (!found) return [];
    try {
      const text = await this.#engine.act((docker, abortSignal) =>
        docker
          .getContainer(container)
          .logs({ stdout: true, stderr: true, timestamps: true, tail, abortSignal }),
      );
      return linesOf(text).map((line) => ({ ...line, text: redactSecrets(line.text) }));
    } catch (error) {
      if (statusOf(error) === 404) return [];
      throw error;
    }
  }

  /** K5, and keeps the door open for those who were running when this server started. */
  async #watch(): Promise<void> {
    const before = [...this.#known];
    const seen = new Map((await this.#containers.list()).map((unit) => [unit.workspaceId, unit]));
    for (const [workspaceId, containerId] of before) {
      const unit = seen.get(workspaceId);
      if (unit?.containerId === containerId && unit.state !== 'gone') continue;
      if (this.#busy.has(workspaceId) || this.#known.get(workspaceId) !== containerId) continue;
      await this.#tellEnd(workspaceId, containerId);
    }
    for (const { workspaceId, containerId, state } of seen.values()) {
      if (state === 'running' && isUuid(workspaceId)) this.#takeOver(workspaceId, containerId);
    }
    if (this.#known.size > 0) await this.#keepDoorOpen();
  }

  async #tellEnd(workspaceId: string, containerId: string): Promise<void> {
    const found = await this.#containers.inspect(workspaceId);
    if (this.#busy.has(workspaceId) || this.#known.get(workspaceId) !== containerId) return;
    // An engine whose disk is full lists what it last could write down; asked about one container it knows better.
    if (found?.Id === containerId && stateOf(found.State.Status) === 'running') return;
    this.#known.delete(workspaceId);
    const exit = found?.Id === containerId ? exitOf(found.State) : { code: null, signal: null };
    const how = found?.State.OOMKilled
      ? 'it used more memory than its tier has'
      : exit.signal
        ? `by ${exit.signal}`
        : exit.code === null
          ? 'nobody saw how'
          : `with code ${exit.code}`;
    await this.#note(workspaceId, `container ${containerId.slice(0, 12)} ended by itself: ${how}`);
    for (const listener of this.#listeners) listener(workspaceId, exit);
  }

  async #keepDoorOpen(): Promise<void> {
    const network = await findNetwork(this.#engine, this.#options.owner);
    if (network) await this.#options.openDoor(network.gateway);
  }

  #takeOver(workspaceId: string, containerId: string): void {
    if (this.#busy.has(workspaceId) || this.#known.has(workspaceId)) return;
    this.#log.info({ workspaceId, container: containerId }, 'a running container is taken over');
    this.#known.set(workspaceId, containerId);
  }

  /** K4. */
  async #whileBusy<T>(workspaceId: string, act: () => Promise<T>): Promise<T> {
    namesOf(workspaceId);
    this.#busy.set(workspaceId, (this.#busy.get(workspaceId) ?? 0) + 1);
    try {
      return await act();
    } finally {
      const left = (this.#busy.get(workspaceId) ?? 1) - 1;
      if (left > 0) this.#busy.set(workspaceId, left);
      else this.#busy.delete(workspaceId);
    }
  }

  /** A note that cannot be written keeps no unit from starting or ending. */
  async #note(workspaceId: string, text: string): Promise<void> {
    try {
      await this.#notes.note(workspaceId, text);
    } catch (error) {
      this.#log.warn({ err: error, workspaceId, text }, 'the launch log cannot be written');
    }
  }
}
