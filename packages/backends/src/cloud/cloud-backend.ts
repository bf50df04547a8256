// Cloud backend: a unit is an instance of its own, placed by the control plane.
//
//   K1. The ledger says `starting` before the control plane is asked, and `leaving` until an end is confirmed: whatever a
//       failure or a crash leaves behind is ended by the next start or stop, or by the loop.
//   K2. Only an answer of the control plane makes an instance gone. Silence, refusals and an instance that is not visible
//       yet are `unknown`.
//   K3. A start ends the instance before it and waits until it is gone, so that it never gets the old one back.
//   K4. While a start or stop is under way the answer to a probe is `unknown`.

import { join } from 'node:path';
import { faults, isUuid, unseenIsolation } from '@molecule/domain';
import { type Clock, type Log, type Loop, Semaphore } from '@molecule/kit';
import type {
  Backend,
  BackendHealth,
  ExitListener,
  Probe,
  Unit,
  UnitHandle,
  WorkspaceSpec,
} from '../backend.ts';
import { pathsOf, prepareFolders } from '../unit-folders.ts';
import { noteLaunch, readLauncherLog } from '../unit-logs.ts';
import { CAPABILITIES, type Verb } from '../verbs.ts';
import { asFault, ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { provisionBody } from './provision-body.ts';
import { type LedgerEntry, UnitLedger } from './unit-ledger.ts';

const AGENT_PORT = 8000;
const WATCH_MS = 60_000;
const READS_AT_ONCE = 16;
/** How long a placed instance may be invisible or on its way up. */
const COMING_MS = 5 * 60_000;
const GOING_MS = 90_000;
const GOING_LOOK_MS = 1_000;
const LEFT = new Set(['terminated', 'stopped', 'gone', 'deleted']);

export interface CloudOptions extends ControlPlaneOptions {
  stateDir: string;
  orgId: string;
  /** Where an instance reaches the tenant. */
  platformUrl: () => string;
  /** How often an instance that goes is looked at. Milliseconds. */
  goingLookMs?: number;
}

export class CloudBackend implements Backend {
  readonly kind = 'cloud';
  readonly #options: CloudOptions;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #plane: ControlPlane;
  readonly #ledger: UnitLedger;
  readonly #busy = new Set<string>();
  readonly #reads = new Semaphore(READS_AT_ONCE);
  readonly #listeners: ExitListener[] = [];

  constructor(options: CloudOptions, clock: Clock, log: Log) {
    this.#clock = clock;
    this.#options = options;
    this.#log = log;
    this.#plane = new ControlPlane(options, clock);
    this.#ledger = new UnitLedger(join(options.stateDir, 'ledger'));
  }

  start(spec: WorkspaceSpec, signal: AbortSignal): Promise<UnitHandle> {
    const { workspaceId } = spec;
    return this.#whileBusy(workspaceId, async () => {
      const { body, refused } = provisionBody(spec, {
        orgId: this.#options.orgId,
        platformUrl: this.#options.platformUrl(),
      });
      if (refused.length > 0) this.#log.warn({ workspaceId, refused }, 'variables were kept from an agent');
      const before = await this.#leave(workspaceId);
      if (before) await this.#waitUntilLeft(workspaceId, before, signal);
      const createdAt = this.#clock.now();
      await this.#ledger.save(workspaceId, { phase: 'starting', instanceId: null, createdAt });
      try {
        const placed = await this.#plane.provision(body, signal);
        await this.#ledger.save(workspaceId, {
          phase: 'running',
          instanceId: placed.instanceId,
          createdAt,
        });
        signal.throwIfAborted();
        if (placed.privateIp === null) throw faults.backendTransient('the new instance has no address');
        await this.#note(workspaceId, `placed as ${placed.instanceId}, tier ${spec.tier}`);
        const isolation = unseenIsolation('instance', 'cloud', spec.tier);
        return { url: `http://${hostOf(placed.privateIp)}:${AGENT_PORT}`, isolation };
      } catch (error) {
        await this.#clearUp(workspaceId);
        throw asFault(error);
      }
    });
  }

  stop(workspaceId: string): Promise<void> {
    return this.#whileBusy(workspaceId, async () => {
      await this.#leave(workspaceId);
    });
  }

  stopAndPrune(workspaceId: string): Promise<void> {
    return this.#whileBusy(workspaceId, () => this.#prune(workspaceId));
  }

  removeVolumes(workspaceId: string): Promise<void> {
    return this.#whileBusy(workspaceId, async () => {
      const entry = await this.#ledger.read(workspaceId);
      if (entry && entry.phase !== 'stopped') throw faults.conflict('the workspace is still running');
      await this.#prune(workspaceId);
    });
  }

  async probe(workspaceId: string): Promise<Probe> {
    if (!isUuid(workspaceId)) return 'gone';
    const entry = await this.#ledger.read(workspaceId);
    return entry === null && !this.#busy.has(workspaceId) ? 'gone' : this.#stateOf(workspaceId, entry);
  }

  console(workspaceId: string): Promise<string> {
    return readLauncherLog(pathsOf(this.#options.stateDir, workspaceId));
  }

  /** Rejects while the control plane does not answer. */
  async listUnits(): Promise<Unit[]> {
    const placed = (await this.#ledger.all()).filter(({ entry }) => entry.phase !== 'stopped');
    return Promise.all(
      placed.map(async ({ workspaceId, entry }) => ({
        workspaceId,
        state: await this.#reads.run(() => this.#stateOf(workspaceId, entry)),
        createdAt: entry.createdAt,
      })),
    );
  }

  async health(): Promise<BackendHealth> {
    const isolation =
      'an instance of its own per workspace, as the control plane promises; this server does not look at it';
    try {
      // It knows no such workspace: the answer alone tells that both credentials are good.
      await this.#plane.state('00000000-0000-4000-8000-000000000000', null);
      return { isOk: true, detail: 'the control plane answers', isolation };
    } catch (error) {
      this.#log.warn({ err: error }, 'the control plane does not answer');
      return { isOk: false, detail: 'the control plane does not answer', isolation };
    }
  }

  onExit(listener: ExitListener): void {
    this.#listeners.push(listener);
  }

  loops(): readonly Loop[] {
    return [{ name: 'units.cloud', intervalMs: WATCH_MS, run: () => this.#lookAfter() }];
  }

  logs = () => decline('logs');
  terminal = () => decline('terminal');
  writeAuthToken = () => decline('writeAuthToken');
  writeConfigFiles = () => decline('writeConfigFiles');
  readConfigFile = () => decline('readConfigFile');
  listFiles = () => decline('listFiles');
  openFile = () => decline('openFile');
  writeFile = () => decline('writeFile');
  deleteFile = () => decline('deleteFile');
  packFolder = () => decline('carry');
  unpackFolder = () => decline('carry');

  /** Ends what there is, and says what it was; null when there was nothing. Keeps the ledger's entry on failure (K1). */
  async #leave(workspaceId: string): Promise<LedgerEntry | null> {
    const entry = await this.#ledger.read(workspaceId);
    if (!entry || entry.phase === 'stopped') return entry;
    await this.#ledger.save(workspaceId, { ...entry, phase: 'leaving' });
    await this.#plane.remove(workspaceId, entry.instanceId, false);
    await this.#ledger.save(workspaceId, { ...entry, phase: 'stopped' });
    await this.#note(workspaceId, `ended ${entry.instanceId ?? 'what may have been placed'}, as asked`);
    return entry;
  }

  async #prune(workspaceId: string): Promise<void> {
    const entry = await this.#ledger.read(workspaceId);
    if (!entry) return;
    await this.#ledger.save(workspaceId, { ...entry, phase: 'leaving' });
    await this.#plane.remove(workspaceId, entry.instanceId, true);
    await this.#ledger.drop(workspaceId);
  }

  /** After a start that failed. What cannot be ended now is ended by the loop. */
  async #clearUp(workspaceId: string): Promise<void> {
    try {
      await this.#leave(workspaceId);
    } catch (error) {
      this.#log.warn({ err: error, workspaceId }, 'a failed start is not cleared up yet; it will be');
    }
  }

  /** K3. */
  async #waitUntilLeft(workspaceId: string, entry: LedgerEntry, signal: AbortSignal): Promise<void> {
    const endAt = this.#clock.now() + GOING_MS;
    for (;;) {
      const state = await this.#plane.state(workspaceId, entry.instanceId);
      if (state === null || LEFT.has(state)) return;
      if (this.#clock.now() > endAt)
        throw faults.backendTransient('the instance before this one does not end');
      await this.#clock.sleep(this.#options.goingLookMs ?? GOING_LOOK_MS, signal);
    }
  }

  /** K2 and K4. */
  async #stateOf(workspaceId: string, entry: LedgerEntry | null): Promise<Probe> {
    if (this.#busy.has(workspaceId)) return 'unknown';
    if (entry === null || entry.phase === 'stopped') return 'gone';
    if (entry.phase !== 'running') return 'unknown';
    const state = await this.#plane.state(workspaceId, entry.instanceId);
    if (this.#busy.has(workspaceId)) return 'unknown';
    if (state === 'running') return 'running';
    // Not visible: the control plane may tell of it later, and a missing heartbeat tells of a dead agent anyway.
    if (state === null) return 'unknown';
    return !LEFT.has(state) && this.#clock.now() - entry.createdAt < COMING_MS ? 'unknown' : 'gone';
  }

  /** K1, and instances that ended by themselves. One that cannot be read keeps none of the others waiting. */
  async #lookAfter(): Promise<void> {
    for (const { workspaceId, entry } of await this.#ledger.all()) {
      if (this.#busy.has(workspaceId) || entry.phase === 'stopped') continue;
      try {
        if (entry.phase === 'running') await this.#lookAt(workspaceId, entry);
        else await this.stop(workspaceId);
      } catch (error) {
        this.#log.warn({ err: error, workspaceId }, 'an instance could not be looked after; it will be');
      }
    }
  }

  async #lookAt(workspaceId: string, entry: LedgerEntry): Promise<void> {
    if ((await this.#stateOf(workspaceId, entry)) !== 'gone') return;
    if (this.#busy.has(workspaceId)) return;
    await this.stop(workspaceId);
    for (const listener of this.#listeners) listener(workspaceId, { code: null, signal: null });
  }

  async #note(workspaceId: string, text: string): Promise<void> {
    try {
      const paths = pathsOf(this.#options.stateDir, workspaceId);
      await prepareFolders(paths);
      await noteLaunch(paths, text);
    } catch (error) {
      this.#log.warn({ err: error, workspaceId, text }, 'the launch log cannot be written');
    }
  }

  async #whileBusy<T>(workspaceId: string, act: () => Promise<T>): Promise<T> {
    if (!isUuid(workspaceId)) throw faults.invalidWorkspaceId();
    this.#busy.add(workspaceId);
    try {
      return await act();
    } finally {
      this.#busy.delete(workspaceId);
    }
  }
}

function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

async function decline(verb: Verb): Promise<never> {
  throw faults.unsupportedOnBackend(verb, 'cloud', CAPABILITIES.cloud[verb] ?? 'not available');
}
