// Dispatcher: the only door to the backends.
//
//   D1. Verbs that change one workspace run one after the other; different workspaces never wait for each other's lock.
//   D2. At most LIMITS.startsInFlight starts run at once; the others queue.
//   D3. A second restart of a workspace joins the one that waits, or the equal one that runs (see work-queue.ts).
//   D4. More than LIMITS.restartsPerWindow starts in the window end in `crash_loop` instead of another start.
//       A backend that was away for a moment costs nothing: such a start counts as not tried.
//   D5. A backend that cannot do a verb answers UNSUPPORTED_ON_BACKEND; a workspace without a wired backend gets the
//       answer of WITHOUT_BACKEND. Nothing is silently skipped.
//   D6. A start or carry that exceeds its limit is aborted, and its workspace stays locked until the backend has let go.

import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { type BackendName, Fault, faults, type Isolation, LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import { type Clock, DeadlineExceeded, type Log, type Loop, Semaphore, withDeadline } from '@molecule/kit';
import type {
  Backend,
  BackendHealth,
  BackendKind,
  ExitListener,
  LogLines,
  LogQuery,
  Probe,
  TerminalSession,
  Unit,
  WorkspaceSpec,
} from './backend.ts';
import { carryUnit } from './carry-unit.ts';
import { CloudBackend, type CloudOptions } from './cloud/cloud-backend.ts';
import { DockerBackend, type DockerOptions } from './docker/docker-backend.ts';
import { ExternalBackend } from './external/external-backend.ts';
import { FakeBackend, type FakeControls } from './fake/fake-backend.ts';
import type { CarriedFolder, FolderArchive } from './folder-archive.ts';
import { ProcessBackend, type ProcessOptions } from './process/process-backend.ts';
import { type MovedWorkspace, refuseMove } from './refuse-move.ts';
import { StartBudget } from './start-budget.ts';
import type { FileEntry, FilePlace, OpenFile } from './unit-file.ts';
import { CAPABILITIES, capabilitiesOf, type Verb, WITHOUT_BACKEND } from './verbs.ts';
import { WorkQueue } from './work-queue.ts';

export interface DispatcherOptions {
  process?: ProcessOptions;
  docker?: DockerOptions;
  cloud?: CloudOptions;
  fake?: FakeControls;
  clock: Clock;
  log: Log;
  hooks?: DispatcherHooks;
}

export interface DispatcherHooks {
  /** Marks the workspace failed, whatever the caller does with the result. Has 10 s. */
  onNoBackend?(workspaceId: string, reason: string): Promise<void>;
}

export type StartResult =
  | { outcome: 'started'; url: string; isolation: Isolation }
  | { outcome: 'no_backend'; reason: string }
  | { outcome: 'crash_loop'; reason: string }
  | { outcome: 'failed'; code: string; reason: string };

export interface Dispatcher {
  hasProvisioner(): boolean;
  start(spec: WorkspaceSpec, backend: BackendName): Promise<StartResult>;
  restart(spec: WorkspaceSpec, backend: BackendName): Promise<StartResult>;
  stop(workspaceId: string, backend: BackendName): Promise<void>;
  stopAndPrune(workspaceId: string, backend: BackendName): Promise<void>;
  probe(workspaceId: string, backend: BackendName): Promise<Probe>;
  logs(workspaceId: string, backend: BackendName, query: LogQuery): Promise<LogLines>;
  /** NOT_RUNNING while the unit does not run. Whoever opens a terminal closes it. */
  terminal(
    workspaceId: string,
    backend: BackendName,
    columns: number,
    rows: number,
  ): Promise<TerminalSession>;
  console(workspaceId: string, backend: BackendName): Promise<string>;
  /** After a successful stop only; rejects while the unit runs. */
  removeVolumes(workspaceId: string, backend: BackendName): Promise<void>;
  writeAuthToken(workspaceId: string, backend: BackendName, token: string): Promise<void>;
  writeConfigFiles(
    workspaceId: string,
    backend: BackendName,
    files: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Null: there is no such file. */
  readConfigFile(workspaceId: string, backend: BackendName, path: string): Promise<string | null>;
  /** The live folders of a unit that runs; NOT_RUNNING otherwise. Null: there is no such folder. */
  listFiles(
    workspaceId: string,
    backend: BackendName,
    place: FilePlace,
    depth: number,
  ): Promise<FileEntry[] | null>;
  /** Null: there is no such file. The content is to be read to its end or destroyed. */
  openFile(workspaceId: string, backend: BackendName, place: FilePlace): Promise<OpenFile | null>;
  writeFile(workspaceId: string, backend: BackendName, place: FilePlace, content: Uint8Array): Promise<void>;
  /** Says whether there was something. A folder goes with what is in it. */
  deleteFile(workspaceId: string, backend: BackendName, place: FilePlace): Promise<boolean>;
  /**
   * Ends the unit on `from` and brings what it keeps to `to`, where nothing runs yet; `from` keeps its copy. Repeat it after
   * a failure: nothing is lost by one. NO_BACKEND when one of them is not wired.
   */
  carry(workspaceId: string, from: BackendName, to: BackendName): Promise<void>;
  /** Before anything is stopped: throws UNSUPPORTED_ON_BACKEND where a carry can never be. */
  refuseMove(workspace: MovedWorkspace, target: BackendName): void;
  /**
   * A tar of one folder of a unit that does not run: CONFLICT while it does. It is read inside `take`, and no start of the
   * unit comes in between.
   */
  packFolder(
    workspaceId: string,
    backend: BackendName,
    folder: CarriedFolder,
    take: (archive: FolderArchive) => Promise<void>,
  ): Promise<void>;
  /** Into a unit that does not run. What is there already is replaced, entry by entry. */
  unpackFolder(
    workspaceId: string,
    backend: BackendName,
    folder: CarriedFolder,
    tar: Readable,
  ): Promise<void>;
  /** Every unit of every wired backend; null when one of them could not tell: skip this sweep. */
  listUnits(): Promise<(Unit & { backend: BackendKind })[] | null>;
  health(only?: BackendName): Promise<Record<string, BackendHealth & { capabilities: Verb[] }>>;
  /** A unit ended by itself. */
  onExit(listener: ExitListener): void;
  /** A person asked: earlier crashes no longer count. */
  forgiveCrashes(workspaceId: string): void;
  /** Background work of the backends; its owner adds it to the supervisor. */
  loops(): readonly Loop[];
}

const NO_BACKEND =
  'no backend is available to run this workspace: start the server with WORKSPACE_BACKEND=process or docker, or connect an external agent';
const PROBE_MS = 5_000;
const LIST_MS = 10_000;
const READ_MS = 10_000;
const HOOK_MS = 10_000;
const LET_GO_MS = 15_000;

interface Order {
  spec: WorkspaceSpec;
  name: BackendName;
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  return new BackendDispatcher(options);
}

class BackendDispatcher implements Dispatcher {
  readonly #backends = new Map<BackendKind, Backend>();
  readonly #queue = new WorkQueue<Order, StartResult>(isDeepStrictEqual);
  readonly #starts = new Semaphore(LIMITS.startsInFlight);
  readonly #budget: StartBudget;
  readonly #log: Log;
  readonly #hooks: DispatcherHooks;

  constructor(options: DispatcherOptions) {
    this.#budget = new StartBudget(options.clock);
    this.#log = options.log;
    this.#hooks = options.hooks ?? {};
    this.#backends.set('external', new ExternalBackend());
    if (options.process) this.#backends.set('process', new ProcessBackend(options.process, options.log));
    if (options.docker) this.#backends.set('docker', new DockerBackend(options.docker, options.log));
    if (options.cloud)
      this.#backends.set('cloud', new CloudBackend(options.cloud, options.clock, options.log));
    if (options.fake) this.#backends.set('fake', new FakeBackend(options.fake));
  }

  hasProvisioner(): boolean {
    return [...this.#backends.keys()].some((kind) => kind !== 'external');
  }

  start(spec: WorkspaceSpec, name: BackendName): Promise<StartResult> {
    return this.#queue.run(spec.workspaceId, () => this.#start({ spec, name }, 'start'));
  }

  restart(spec: WorkspaceSpec, name: BackendName): Promise<StartResult> {
    return this.#queue.restart(spec.workspaceId, { spec, name }, (order) => this.#start(order, 'restart'));
  }

  stop(workspaceId: string, name: BackendName): Promise<void> {
    return this.#change('stop', workspaceId, name, (backend) => backend.stop(workspaceId));
  }

  async stopAndPrune(workspaceId: string, name: BackendName): Promise<void> {
    await this.#change('stopAndPrune', workspaceId, name, (backend) => backend.stopAndPrune(workspaceId));
    this.#budget.forget(workspaceId);
  }

  removeVolumes(workspaceId: string, name: BackendName): Promise<void> {
    return this.#change('removeVolumes', workspaceId, name, (backend) => backend.removeVolumes(workspaceId));
  }

  writeAuthToken(workspaceId: string, name: BackendName, token: string): Promise<void> {
    return this.#change('writeAuthToken', workspaceId, name, (backend) =>
      backend.writeAuthToken(workspaceId, token),
    );
  }

  writeConfigFiles(
    workspaceId: string,
    name: BackendName,
    files: Readonly<Record<string, string>>,
  ): Promise<void> {
    return this.#change('writeConfigFiles', workspaceId, name, (backend) =>
      backend.writeConfigFiles(workspaceId, files),
    );
  }

  readConfigFile(workspaceId: string, name: BackendName, path: string): Promise<string | null> {
    return this.#read('readConfigFile', name, (backend) => backend.readConfigFile(workspaceId, path));
  }

  listFiles(
    workspaceId: string,
    name: BackendName,
    place: FilePlace,
    depth: number,
  ): Promise<FileEntry[] | null> {
    return this.#read('listFiles', name, (backend) => backend.listFiles(workspaceId, place, depth));
  }

  openFile(workspaceId: string, name: BackendName, place: FilePlace): Promise<OpenFile | null> {
    return this.#read('openFile', name, (backend) => backend.openFile(workspaceId, place));
  }

  writeFile(workspaceId: string, name: BackendName, place: FilePlace, content: Uint8Array): Promise<void> {
    return this.#read('writeFile', name, (backend) => backend.writeFile(workspaceId, place, content));
  }

  deleteFile(workspaceId: string, name: BackendName, place: FilePlace): Promise<boolean> {
    return this.#read('deleteFile', name, (backend) => backend.deleteFile(workspaceId, place));
  }

  logs(workspaceId: string, name: BackendName, query: LogQuery): Promise<LogLines> {
    return this.#read('logs', name, (backend) => backend.logs(workspaceId, query));
  }

  terminal(workspaceId: string, name: BackendName, columns: number, rows: number): Promise<TerminalSession> {
    return this.#read('terminal', name, (backend) => backend.terminal(workspaceId, columns, rows));
  }

  console(workspaceId: string, name: BackendName): Promise<string> {
    return this.#read('console', name, (backend) => backend.console(workspaceId));
  }

  carry(workspaceId: string, from: BackendName, to: BackendName): Promise<void> {
    return this.#queue.run(workspaceId, async () => {
      const source = this.#find(from, 'carry');
      const target = this.#find(to, 'carry');
      if (!source || !target) throw faults.noBackend(NO_BACKEND);
      if (source === target) return;
      await untilLetGo(
        (signal) => carryUnit({ source, target, workspaceId }, this.#log, signal),
        TIMEOUTS_MS.carry,
        'carrying a workspace',
      );
    });
  }

  refuseMove(workspace: MovedWorkspace, target: BackendName): void {
    refuseMove(workspace, target);
  }

  packFolder(
    workspaceId: string,
    name: BackendName,
    folder: CarriedFolder,
    take: (archive: FolderArchive) => Promise<void>,
  ): Promise<void> {
    return this.#carried(workspaceId, name, (backend) => backend.packFolder(workspaceId, folder, take));
  }

  unpackFolder(workspaceId: string, name: BackendName, folder: CarriedFolder, tar: Readable): Promise<void> {
    return this.#carried(workspaceId, name, (backend) => backend.unpackFolder(workspaceId, folder, tar));
  }

  async probe(workspaceId: string, name: BackendName): Promise<Probe> {
    const backend = this.#find(name, 'probe');
    if (!backend) return 'gone';
    try {
      return await withDeadline(backend.probe(workspaceId), PROBE_MS, 'probing a workspace');
    } catch (error) {
      this.#log.warn({ err: error, workspaceId }, 'a workspace could not be probed');
      return 'unknown';
    }
  }

  async listUnits(): Promise<(Unit & { backend: BackendKind })[] | null> {
    const found: (Unit & { backend: BackendKind })[] = [];
    for (const [kind, backend] of this.#backends) {
      try {
        const units = await withDeadline(backend.listUnits(), LIST_MS, `listing the units of ${kind}`);
        found.push(...units.map((unit) => ({ ...unit, backend: kind })));
      } catch (error) {
        this.#log.warn({ err: error, backend: kind }, 'units could not be listed; this sweep is skipped');
        return null;
      }
    }
    return found;
  }

  async health(only?: BackendName): Promise<Record<string, BackendHealth & { capabilities: Verb[] }>> {
    const asked = [...this.#backends].filter(([kind]) => only === undefined || kind === only);
    const entries = await Promise.all(
      asked.map(async ([kind, backend]) => [kind, await this.#healthOf(backend)] as const),
    );
    return Object.fromEntries(entries);
  }

  onExit(listener: ExitListener): void {
    for (const backend of this.#backends.values()) backend.onExit(listener);
  }

  forgiveCrashes(workspaceId: string): void {
    this.#budget.forget(workspaceId);
  }

  loops(): readonly Loop[] {
    return [...this.#backends.values()].flatMap((backend) => backend.loops());
  }

  async #healthOf(backend: Backend): Promise<BackendHealth & { capabilities: Verb[] }> {
    const capabilities = capabilitiesOf(backend.kind);
    try {
      return { ...(await withDeadline(backend.health(), PROBE_MS, 'looking at a backend')), capabilities };
    } catch (error) {
      this.#log.warn({ err: error, backend: backend.kind }, 'a backend does not say how it is');
      return { isOk: false, detail: 'the backend does not answer', isolation: 'not known', capabilities };
    }
  }

  /** In the queue of its workspace; as long as whoever is at the other end takes, within the limit of a carry. */
  #carried(workspaceId: string, name: BackendName, act: (backend: Backend) => Promise<void>): Promise<void> {
    return this.#queue.run(workspaceId, async () => {
      const backend = this.#find(name, 'carry');
      if (!backend) throw faults.noBackend(NO_BACKEND);
      await withDeadline(act(backend), TIMEOUTS_MS.carry, 'carrying a folder');
    });
  }

  /** One act in the queue of its workspace; success where no backend is wired and the table says so. */
  #change(
    verb: Verb & ('stop' | 'stopAndPrune' | 'removeVolumes' | 'writeAuthToken' | 'writeConfigFiles'),
    workspaceId: string,
    name: BackendName,
    act: (backend: Backend) => Promise<void>,
  ): Promise<void> {
    return this.#queue.run(workspaceId, async () => {
      const backend = this.#find(name, verb);
      if (backend) await withDeadline(act(backend), TIMEOUTS_MS.stopCall, `${verb} of a workspace`);
      else if (WITHOUT_BACKEND[verb] === 'fault') throw faults.noBackend(NO_BACKEND);
    });
  }

  async #read<T>(verb: Verb, name: BackendName, act: (backend: Backend) => Promise<T>): Promise<T> {
    const backend = this.#find(name, verb);
    if (!backend) throw faults.noBackend(NO_BACKEND);
    return withDeadline(act(backend), READ_MS, `${verb} of a workspace`);
  }

  async #start({ spec, name }: Order, verb: 'start' | 'restart'): Promise<StartResult> {
    const { workspaceId } = spec;
    try {
      const backend = this.#find(name, verb);
      if (!backend) return await this.#noBackend(workspaceId);
      if (!this.#budget.spend(workspaceId)) return crashLoop();
      const handle = await this.#starts.run(() =>
        untilLetGo(
          (signal) => backend.start(spec, signal),
          TIMEOUTS_MS.provisionCall,
          'starting a workspace',
        ),
      );
      return { outcome: 'started', url: handle.url, isolation: handle.isolation };
    } catch (error) {
      // Details may hold paths and the like: they go to the log, a generic sentence to people.
      this.#log.error({ err: error, workspaceId, backend: name }, 'a unit did not start');
      if (error instanceof Fault && error.code === 'BACKEND_TRANSIENT') this.#budget.refund(workspaceId);
      return explain(error);
    }
  }

  async #noBackend(workspaceId: string): Promise<StartResult> {
    if (this.#hooks.onNoBackend) {
      await withDeadline(
        this.#hooks.onNoBackend(workspaceId, NO_BACKEND),
        HOOK_MS,
        'marking a workspace failed',
      );
    }
    return { outcome: 'no_backend', reason: NO_BACKEND };
  }

  /** Null: not wired. Throws UNSUPPORTED_ON_BACKEND when it is wired and declines. */
  #find(name: BackendName, verb: Verb): Backend | null {
    switch (name) {
      case 'process':
      case 'docker':
      case 'cloud':
      case 'external':
      case 'fake': {
        const backend = this.#backends.get(name) ?? null;
        const declined = CAPABILITIES[name][verb];
        if (backend && declined !== null) throw faults.unsupportedOnBackend(verb, name, declined);
        return backend;
      }
      case 'none':
        return null;
      default:
        return name satisfies never;
    }
  }
}

/** D6: who exceeds the limit is aborted, and waited for until it has let go. */
async function untilLetGo<T>(
  act: (signal: AbortSignal) => Promise<T>,
  limitMs: number,
  what: string,
): Promise<T> {
  let work: Promise<T> | null = null;
  try {
    return await withDeadline(
      (signal) => {
        work = act(signal);
        return work;
      },
      limitMs,
      what,
    );
  } catch (error) {
    if (error instanceof DeadlineExceeded && work) {
      await withDeadline(Promise.allSettled([work]), LET_GO_MS, `letting go of ${what}`);
    }
    throw error;
  }
}

function crashLoop(): StartResult {
  const minutes = LIMITS.restartWindowMs / 60_000;
  return {
    outcome: 'crash_loop',
    reason: `the agent was started ${LIMITS.restartsPerWindow} times within ${minutes} minutes and did not stay up; look at its log, then restart it`,
  };
}

function explain(error: unknown): StartResult {
  if (error instanceof Fault)
    return { outcome: 'failed', code: error.code.toLowerCase(), reason: error.message };
  if (['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | null)?.code ?? ''))
    return explain(faults.storageFull(error));
  if (error instanceof DeadlineExceeded)
    return { outcome: 'failed', code: 'start_timeout', reason: 'the agent could not be started in time' };
  return {
    outcome: 'failed',
    code: 'start_failed',
    reason: 'the agent could not be started; the log says why',
  };
}
