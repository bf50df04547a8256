// Dispatcher: the only door to the backends.
//
//   D1. Verbs on one workspace run one after the other; different workspaces never wait for each other's lock.
//   D2. At most LIMITS.startsInFlight starts run at once; the others queue.
//   D3. A second restart of a workspace that comes while one waits joins it.
//   D4. More than LIMITS.restartsPerWindow starts in the window end in `crash_loop` instead of another start.
//   D5. A backend that cannot do a verb answers UNSUPPORTED_ON_BACKEND; a workspace without a wired backend gets the
//       answer of WITHOUT_BACKEND. Nothing is silently skipped.

import { type BackendName, Fault, faults, LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import { type Clock, KeyedLock, type Log, Semaphore, withDeadline } from '@molecule/kit';
import type { Backend, BackendHealth, BackendKind, LogLines, Probe, Unit, WorkspaceSpec } from './backend.ts';
import { ExternalBackend } from './external/external-backend.ts';
import { FakeBackend, type FakeControls } from './fake/fake-backend.ts';
import { ProcessBackend, type ProcessOptions } from './process/process-backend.ts';
import { CAPABILITIES, type Verb } from './verbs.ts';

export interface DispatcherOptions {
  process?: ProcessOptions;
  fake?: FakeControls;
  clock: Clock;
  log: Log;
}

export type StartResult =
  | { outcome: 'started'; url: string }
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
  logs(workspaceId: string, backend: BackendName, tail: number): Promise<LogLines>;
  /** Every unit of every wired backend; null when one of them could not tell: skip this sweep. */
  listUnits(): Promise<(Unit & { backend: BackendKind })[] | null>;
  health(): Promise<Record<string, BackendHealth>>;
  /** A unit ended by itself. */
  onExit(listener: (workspaceId: string) => void): void;
  /** A person asked: earlier crashes no longer count. */
  forgiveCrashes(workspaceId: string): void;
}

const NO_BACKEND =
  'no backend is available to run this workspace: start the server with WORKSPACE_BACKEND=process, or connect an external agent';

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  return new BackendDispatcher(options);
}

class BackendDispatcher implements Dispatcher {
  readonly #backends = new Map<BackendKind, Backend>();
  readonly #locks = new KeyedLock();
  readonly #starts = new Semaphore(LIMITS.startsInFlight);
  readonly #startTimes = new Map<string, number[]>();
  readonly #waitingRestarts = new Map<string, Promise<StartResult>>();
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(options: DispatcherOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#backends.set('external', new ExternalBackend());
    if (options.process) this.#backends.set('process', new ProcessBackend(options.process, options.log));
    if (options.fake) this.#backends.set('fake', new FakeBackend(options.fake));
  }

  hasProvisioner(): boolean {
    return [...this.#backends.keys()].some((kind) => kind !== 'external');
  }

  start(spec: WorkspaceSpec, name: BackendName): Promise<StartResult> {
    return this.#locks.run(spec.workspaceId, () => this.#start(spec, name, 'start'));
  }

  restart(spec: WorkspaceSpec, name: BackendName): Promise<StartResult> {
    const waiting = this.#waitingRestarts.get(spec.workspaceId);
    if (waiting) return waiting;
    const restarted = this.#locks.run(spec.workspaceId, async () => {
      this.#waitingRestarts.delete(spec.workspaceId);
      return this.#start(spec, name, 'restart');
    });
    this.#waitingRestarts.set(spec.workspaceId, restarted);
    return restarted;
  }

  stop(workspaceId: string, name: BackendName): Promise<void> {
    return this.#locks.run(workspaceId, async () => {
      const backend = this.#find(name, 'stop');
      if (backend)
        await withDeadline(backend.stop(workspaceId), TIMEOUTS_MS.stopCall, 'stopping a workspace');
    });
  }

  stopAndPrune(workspaceId: string, name: BackendName): Promise<void> {
    return this.#locks.run(workspaceId, async () => {
      const backend = this.#find(name, 'stopAndPrune');
      if (backend)
        await withDeadline(backend.stopAndPrune(workspaceId), TIMEOUTS_MS.stopCall, 'erasing a workspace');
    });
  }

  async probe(workspaceId: string, name: BackendName): Promise<Probe> {
    const backend = this.#find(name, 'probe');
    if (!backend) return 'gone';
    try {
      return await withDeadline(backend.probe(workspaceId), 5_000, 'probing a workspace');
    } catch (error) {
      this.#log.warn({ err: error, workspaceId }, 'a workspace could not be probed');
      return 'unknown';
    }
  }

  async logs(workspaceId: string, name: BackendName, tail: number): Promise<LogLines> {
    const backend = this.#find(name, 'logs');
    if (!backend) throw faults.noBackend(NO_BACKEND);
    return backend.logs(workspaceId, tail);
  }

  async listUnits(): Promise<(Unit & { backend: BackendKind })[] | null> {
    const found: (Unit & { backend: BackendKind })[] = [];
    for (const [kind, backend] of this.#backends) {
      try {
        const units = await withDeadline(backend.listUnits(), 10_000, `listing the units of ${kind}`);
        found.push(...units.map((unit) => ({ ...unit, backend: kind })));
      } catch (error) {
        this.#log.warn({ err: error, backend: kind }, 'units could not be listed; this sweep is skipped');
        return null;
      }
    }
    return found;
  }

  async health(): Promise<Record<string, BackendHealth>> {
    const entries = await Promise.all(
      [...this.#backends].map(async ([kind, backend]) => [kind, await backend.health()] as const),
    );
    return Object.fromEntries(entries);
  }

  onExit(listener: (workspaceId: string) => void): void {
    for (const backend of this.#backends.values()) backend.onExit(listener);
  }

  forgiveCrashes(workspaceId: string): void {
    this.#startTimes.delete(workspaceId);
  }

  async #start(spec: WorkspaceSpec, name: BackendName, verb: 'start' | 'restart'): Promise<StartResult> {
    const backend = this.#find(name, verb);
    if (!backend) return { outcome: 'no_backend', reason: NO_BACKEND };
    if (!this.#spendStart(spec.workspaceId)) {
      const minutes = LIMITS.restartWindowMs / 60_000;
      return {
        outcome: 'crash_loop',
        reason: `the agent was started ${LIMITS.restartsPerWindow} times within ${minutes} minutes and did not stay up; look at its log, then restart it`,
      };
    }
    try {
      const handle = await this.#starts.run(() =>
        withDeadline(backend.start(spec), TIMEOUTS_MS.provisionCall, 'starting a workspace'),
      );
      return { outcome: 'started', url: handle.url };
    } catch (error) {
      // Details may hold paths and the like: they go to the log, a generic sentence to people.
      this.#log.error({ err: error, workspaceId: spec.workspaceId, backend: name }, 'a unit did not start');
      if (error instanceof Fault)
        return { outcome: 'failed', code: error.code.toLowerCase(), reason: error.message };
      return {
        outcome: 'failed',
        code: 'start_failed',
        reason: 'the agent could not be started; the log says why',
      };
    }
  }

  /** D4. False when the budget of this workspace is used up. */
  #spendStart(workspaceId: string): boolean {
    const now = this.#clock.now();
    const recent = (this.#startTimes.get(workspaceId) ?? []).filter(
      (at) => now - at < LIMITS.restartWindowMs,
    );
    if (recent.length >= LIMITS.restartsPerWindow) return false;
    this.#startTimes.set(workspaceId, [...recent, now]);
    return true;
  }

  /** Null: not wired. Throws UNSUPPORTED_ON_BACKEND when it is wired and declines. */
  #find(name: BackendName, verb: Verb): Backend | null {
    switch (name) {
      case 'process':
      case 'external':
      case 'fake': {
        const backend = this.#backends.get(name) ?? null;
        const declined = CAPABILITIES[name][verb];
        if (backend && declined !== null) throw faults.unsupportedOnBackend(verb, name, declined);
        return backend;
      }
      case 'docker':
      case 'cloud':
      case 'none':
        return null;
      default:
        return name satisfies never;
    }
  }
}
