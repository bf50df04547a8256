// Unit controller: brings what runs in line with what the rows say. Level-triggered: it compares the desired with the
// observed and repeats, so a lost wake-up, a crash at any step or a restart of the server heals by the next round.
//
//   U1. A unit is started only for a row that is `provisioning`; its row is read again right before the start.
//   U2. A probe that answers `unknown` changes nothing.
//   U3. Every row past its deadline is ended by the sweep.
//   U4. A unit whose row rests (paused, hibernated, failed, removed) is stopped, however it came to run.
//   U5. At most LIMITS.startsInFlight starts run at once (the dispatcher's gate), and restarts have a budget.
//   U6. After a gap in its own rounds (sleep, clock jump) the controller judges no lease for one round.
//   U7. A poisoned row is put aside after MAX_FAILURES rounds, with an event; the other rows go on.
//   U8. A backend that is away fails no row: a start waits for it until the row's deadline, a stop until it is back.
//   U9. Data that lies on another backend is brought before the start, and the row says so once all of it is there. What is
//       left where it lay is erased once the workspace is online.
//   U10. What this machine has no room for waits, in order of age, and its row says for what (see admission.ts).

import {
  ancestorsOf,
  type BackendName,
  type Isolation,
  isFault,
  isLeased,
  type LifecycleTrigger,
  TIMEOUTS_MS,
  type WorkspaceState,
} from '@molecule/domain';
import type { Log } from '@molecule/kit';
import type { AccessStore } from '../access/index.ts';
import { findNoRoom, type Room, WAITING } from './admission.ts';
import { type EditDeps, editWorkspaces, type Patch, transitionWorkspace } from './edit-workspace.ts';
import type { PrepareUnit } from './prepare-unit.ts';
import type { Units } from './units.ts';
import type { VitalSigns } from './vital-signs.ts';
import type { NewEvent } from './workspace-store.ts';

const NO_BACKEND =
  'no backend is available to run this workspace: start the server with WORKSPACE_BACKEND=process, or connect an external agent';
const ACTOR = 'system:controller';
const MAX_ROUND_GAP_MS = 4 * TIMEOUTS_MS.healthSweep;
const MAX_FAILURES = 5;
/** What a backend says that is away for a moment. */
const AWAY = 'backend_transient';
const AWAY_RETRY_MS = 5_000;
const COMING_MS = 30_000;
/** `EX_CONFIG` of sysexits: the workspace-runtime ends with it when its configuration is broken. */
const EXIT_CONFIG = 78;
const PUT_ASIDE_MS = 600_000;

export interface ControllerDeps extends EditDeps {
  units: Units;
  prepare: PrepareUnit;
  vitals: VitalSigns;
  access: AccessStore;
  log: Log;
  externalStaleMs: number;
  abortCalls(workspaceId: string, reason: string): void;
  /** Wakes the loop of driveUnits. */
  sweepSoon(): void;
  /** Appends an event that changes no row. */
  tell(event: NewEvent & { actor: string }): Promise<void>;
  room: Room;
  /** Memory of this machine that can be had, in MiB. */
  availableMib(): number;
}

export class UnitController {
  readonly #deps: ControllerDeps;
  readonly #driving = new Set<string>();
  /** When this process last started (or adopted) the unit of a workspace. */
  readonly #startedAt = new Map<string, number>();
  readonly #bootedAt: number;
  #lastLeaseCheckAt: number;
  readonly #failures = new Map<string, number>();
  readonly #putAsideUntil = new Map<string, number>();
  /** Starts that wait for a backend that is away. */
  readonly #retryAt = new Map<string, number>();
  /** Why they wait, in words for people; forgotten with the next start that reaches its backend. */
  readonly #awayBecause = new Map<string, string>();
  #isStopping = false;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
    this.#bootedAt = deps.clock.now();
    this.#lastLeaseCheckAt = this.#bootedAt;
    deps.units.onExit((id, exit) => {
      this.#noteExit(id, exit.code).catch((error: unknown) =>
        deps.log.error({ err: error, workspaceId: id }, 'the end of a unit could not be noted'),
      );
    });
  }

  request(workspaceId: string): void {
    // A fresh request replaces whatever runs: forget the start that was made for an earlier one.
    this.#startedAt.delete(workspaceId);
    this.#retryAt.delete(workspaceId);
    this.#awayBecause.delete(workspaceId);
    this.#deps.sweepSoon();
  }

  hasProvisioner(): boolean {
    return this.#deps.units.hasProvisioner();
  }

  async stop(workspaceId: string): Promise<void> {
    const state = this.#deps.directory.get(workspaceId);
    if (!state || state.backend === 'external') return;
    const startedAt = this.#startedAt.get(workspaceId);
    this.#startedAt.delete(workspaceId);
    try {
      await this.#stopAt(state);
    } catch (error) {
      // U4. The next round stops it again, if nobody asked for another start meanwhile.
      if (startedAt !== undefined && isResting(this.#deps.directory.get(workspaceId) ?? state))
        this.#startedAt.set(workspaceId, startedAt);
      throw error;
    }
  }

  async erase(workspaceId: string): Promise<void> {
    const state = this.#deps.directory.get(workspaceId);
    if (!state) return;
    for (const backend of [state.backend, state.carryFrom, state.eraseFrom]) {
      if (backend !== null) await this.#deps.units.erase(workspaceId, backend);
    }
  }

  /**
   * Units that outlived the last server process are taken over; whatever no workspace wants is stopped. Also run now and
   * then, to find what was left behind.
   */
  async adopt(): Promise<void> {
    const found = await this.#deps.units.list();
    if (found === 'unknown') return;
    for (const unit of found) {
      const state = this.#deps.directory.get(unit.workspaceId);
      if (!unit.isRunning) continue;
      const isHome = state?.backend === unit.backend;
      if (state && isHome && ['online', 'degraded', 'provisioning', 'offline'].includes(state.status)) {
        if (!this.#startedAt.has(unit.workspaceId) && !this.#driving.has(unit.workspaceId)) {
          this.#startedAt.set(unit.workspaceId, this.#bootedAt);
        }
      } else {
        this.#deps.log.warn({ workspaceId: unit.workspaceId }, 'stopping a unit that no workspace wants');
        await this.#deps.units.stop(unit.workspaceId, unit.backend);
      }
    }
  }

  /** Starts what should run, restarts what went offline, stops what rests. Every second, and when poked. */
  driveUnits(): Promise<void> {
    return this.#forEach(this.#deps.directory.all(), (state) => this.#driveOne(state));
  }

  /** Ends what is past its deadline (U3). */
  endDeadlines(): Promise<void> {
    const now = this.#deps.clock.now();
    const due = this.#deps.directory
      .all()
      .filter((state) => state.deadlineAt !== null && state.deadlineAt <= now);
    return this.#forEach(due, (state) => this.#endDeadline(state));
  }

  /** Leases that no heartbeat renewed. */
  checkLeases(): Promise<void> {
    const now = this.#deps.clock.now();
    const hasGap = now - this.#lastLeaseCheckAt > MAX_ROUND_GAP_MS;
    this.#lastLeaseCheckAt = now;
    if (hasGap) return Promise.resolve();
    const leased = this.#deps.directory.all().filter((state) => isLeased(state.status));
    return this.#forEach(leased, (state) => this.#checkLease(state, now));
  }

  /** Asks the backends whether the units of live workspaces run. */
  probeUnits(): Promise<void> {
    const hosted = this.#deps.directory
      .all()
      .filter((state) => isLeased(state.status) && state.backend !== 'external' && state.backend !== 'none');
    return this.#forEach(hosted, (state) => this.#probe(state));
  }

  /** A message could not be delivered: is the unit gone? If so the row says so at once, and the unit is brought back. */
  async suspectDead(state: WorkspaceState): Promise<'dead' | 'alive' | 'unknown'> {
    const probe = await this.#deps.units.probe(state.id, state.backend);
    if (probe !== 'gone') return probe === 'running' ? 'alive' : 'unknown';
    await this.#noteGone(state);
    return 'dead';
  }

  /** U7. One row's failure keeps no other waiting; a row that fails again and again is put aside, and said. */
  async #forEach(
    states: readonly WorkspaceState[],
    judge: (state: WorkspaceState) => Promise<void>,
  ): Promise<void> {
    if (this.#isStopping) return;
    for (const state of states) {
      const until = this.#putAsideUntil.get(state.id);
      if (until !== undefined && until > this.#deps.clock.now()) continue;
      try {
        await judge(state);
        this.#failures.delete(state.id);
      } catch (error) {
        await this.#noteFailure(state, error);
      }
    }
  }

  async #noteFailure(state: WorkspaceState, error: unknown): Promise<void> {
    if (isFault(error) && error.code === 'BACKEND_TRANSIENT') {
      // U8.
      this.#deps.log.warn({ err: error, workspaceId: state.id }, 'a backend is away');
      return;
    }
    const failures = (this.#failures.get(state.id) ?? 0) + 1;
    this.#failures.set(state.id, failures);
    this.#deps.log.error({ err: error, workspaceId: state.id, failures }, 'a workspace could not be judged');
    if (failures < MAX_FAILURES) return;
    this.#failures.delete(state.id);
    this.#putAsideUntil.set(state.id, this.#deps.clock.now() + PUT_ASIDE_MS);
    await this.#deps.tell({
      workspaceId: state.id,
      type: 'AUDIT',
      payload: { action: 'dead_lettered', subsystem: 'units', failures },
      actor: ACTOR,
    });
  }

  /** Stops every unit for a shutdown of the server; the rows say so, and the next start brings them back. */
  async shutDown(): Promise<void> {
    this.#isStopping = true;
    const running = this.#deps.directory
      .live()
      .filter((state) => state.backend !== 'external' && state.backend !== 'none' && !isResting(state));
    await Promise.allSettled(
      running.map(async (state) => {
        await this.#stopAt(state);
        await this.#fire(state, 'process_gone', { statusReason: 'server_stopped' });
      }),
    );
  }

  async #driveOne(state: WorkspaceState): Promise<void> {
    if (state.status === 'provisioning') return this.#drive(state.id);
    if (state.status === 'offline') return this.#restartIfDue(state);
    if (isResting(state) && this.#startedAt.has(state.id)) return this.stop(state.id);
    if (state.eraseFrom !== null) return this.#eraseCopy(state.id);
  }

  /**
   * U9. By the row as it is now, and asked for in the same step: a workspace that moves back carries after this erasure,
   * never before it.
   */
  async #eraseCopy(id: string): Promise<void> {
    const now = this.#deps.directory.get(id);
    const from = now?.eraseFrom ?? null;
    if (!now || from === null || !isLeased(now.status)) return;
    await this.#deps.units.erase(id, from);
    await this.#patchHomes(id, ({ eraseFrom }) => (eraseFrom === from ? { eraseFrom: null } : null));
  }

  /** Where it runs, and where it may still run while its data lies there. */
  async #stopAt({ id, backend, carryFrom }: WorkspaceState): Promise<void> {
    await this.#deps.units.stop(id, backend);
    if (carryFrom !== null) await this.#deps.units.stop(id, carryFrom);
  }

  async #endDeadline(state: WorkspaceState): Promise<void> {
    if (state.status === 'hibernating') {
      await this.#fire(state, 'hibernate_timed_out', { statusReason: 'hibernate_timeout' });
      return;
    }
    const seconds = Math.round(this.#deps.startLimitMs(state.runtime) / 1000);
    const [reason, detail] = this.#whyNotUp(state, seconds);
    this.#awayBecause.delete(state.id);
    await this.#failProvision(state, reason, detail, {
      timeout_secs: seconds,
      runtime: state.runtime,
      source: 'provision_timeout_sweep',
    });
    await this.stop(state.id);
  }

  #whyNotUp({ id, statusReason, statusDetail }: WorkspaceState, seconds: number): [string, string] {
    const away = this.#awayBecause.get(id);
    if (statusReason === WAITING)
      return ['no_capacity', `this machine had no room for ${seconds} s; ${statusDetail}`];
    if (away !== undefined)
      return [AWAY, `${away}, for ${seconds} s; restart the workspace once that is over`];
    return ['provision_timeout', `the agent did not come up within ${seconds} s`];
  }

  async #checkLease(state: WorkspaceState, now: number): Promise<void> {
    const lastSeen = Math.max(this.#deps.vitals.of(state.id).lastHeartbeatAt ?? 0, this.#bootedAt);
    const isExternal = state.backend === 'external';
    const limitMs = isExternal ? this.#deps.externalStaleMs : TIMEOUTS_MS.lease;
    if (now - lastSeen <= limitMs) return;
    await this.#fire(state, isExternal ? 'external_stale' : 'lease_expired', {
      statusReason: 'heartbeat_missing',
    });
    this.#deps.sweepSoon();
  }

  async #probe(state: WorkspaceState): Promise<void> {
    if ((await this.#deps.units.probe(state.id, state.backend)) === 'gone') await this.#noteGone(state);
  }

  async #noteGone(state: WorkspaceState): Promise<void> {
    await this.#fire(state, 'process_gone', { statusReason: 'process_gone' });
    this.#deps.sweepSoon();
  }

  async #restartIfDue(state: WorkspaceState): Promise<void> {
    if (state.backend === 'external' || !this.hasProvisioner()) return;
    const isBelowPaused = ancestorsOf(this.#deps.directory, state.id).some(
      (id) => this.#deps.directory.get(id)?.status === 'paused',
    );
    if (isBelowPaused) return;
    const woken = await transitionWorkspace(this.#deps, {
      id: state.id,
      trigger: 'wake',
      actor: ACTOR,
      payload: ({ name, tier, runtime }) => ({ name, tier, runtime }),
      patch: { url: '', isUrlOurs: false },
    });
    if (woken) this.request(state.id);
  }

  /** Starts the unit of a provisioning workspace, once per request, in the background. */
  async #drive(id: string): Promise<void> {
    if (this.#driving.has(id) || this.#startedAt.has(id)) return this.#checkStarted(id);
    if ((this.#retryAt.get(id) ?? 0) > this.#deps.clock.now()) return;
    this.#retryAt.delete(id);
    const noRoom = this.#findNoRoom(id);
    if (noRoom !== null) return this.#sayWaiting(id, noRoom);
    this.#driving.add(id);
    this.#start(id)
      .catch((error: unknown) =>
        this.#deps.log.error({ err: error, workspaceId: id }, 'start failed by a bug'),
      )
      .finally(() => {
        this.#driving.delete(id);
        this.#deps.sweepSoon();
      });
  }

  /** U10. Where agents of this machine run. */
  #findNoRoom(id: string): string | null {
    const isHere = ({ backend }: WorkspaceState) =>
      backend !== 'external' && backend !== 'none' && backend !== 'cloud';
    const here = this.#deps.directory.all().filter(isHere);
    if (!here.some((state) => state.id === id)) return null;
    const soonAfter = this.#deps.clock.now() - COMING_MS;
    const started = here.filter(
      (state) =>
        state.status === 'provisioning' && (this.#driving.has(state.id) || this.#startedAt.has(state.id)),
    );
    // One that takes longer than this waits for something else than a processor, and keeps nobody waiting.
    const coming = started.filter(
      (state) => this.#driving.has(state.id) || (this.#startedAt.get(state.id) ?? 0) > soonAfter,
    ).length;
    const agents = started.length + here.filter(({ status }) => isLeased(status)).length;
    return findNoRoom(this.#deps.room, { agents, coming, availableMib: this.#deps.availableMib() });
  }

  async #sayWaiting(id: string, detail: string): Promise<void> {
    const isSaid = ({ status, statusReason }: WorkspaceState) =>
      status !== 'provisioning' || statusReason === WAITING;
    const state = this.#deps.directory.get(id);
    if (!state || isSaid(state)) return;
    await editWorkspaces(this.#deps, [id], ACTOR, (rows) => {
      const now = rows.get(id);
      if (!now || isSaid(now)) return null;
      const patch = { statusReason: WAITING, statusDetail: detail };
      return { edits: [{ workspaceId: id, change: { kind: 'patched', patch }, events: [] }] };
    });
  }

  /** A unit that was started and died before it registered. */
  async #checkStarted(id: string): Promise<void> {
    const state = this.#deps.directory.get(id);
    if (!state || this.#driving.has(id) || state.status !== 'provisioning') return;
    if ((await this.#deps.units.probe(id, state.backend)) === 'gone') this.#startedAt.delete(id);
  }

  async #start(id: string): Promise<void> {
    const state = this.#deps.directory.get(id);
    if (state?.status !== 'provisioning' || this.#isStopping) return;
    // Nothing will run, so no token is issued: the agent that comes by itself gets the first one.
    if (!this.hasProvisioner()) return this.#failProvision(state, 'no_backend', NO_BACKEND);
    try {
      if (state.carryFrom !== null && !(await this.#carry(state, state.carryFrom))) return;
      const spec = await this.#deps.prepare(state);
      const outcome = await this.#deps.units.start(spec, state.backend);
      if (!outcome.isStarted && outcome.reason === AWAY) {
        // U8.
        this.#waitForBackend(id, outcome.detail);
        return;
      }
      this.#awayBecause.delete(id);
      if (!outcome.isStarted) {
        await this.#failProvision(state, outcome.reason, outcome.detail);
        return;
      }
      const now = this.#deps.directory.get(id);
      if (!now || now.backend !== state.backend || isResting(now)) {
        // It was moved, ended or erased meanwhile: what was started here is not wanted any more.
        await this.#deps.units.stop(id, state.backend);
        return;
      }
      this.#startedAt.set(id, this.#deps.clock.now());
      await this.#keepAddress(id, outcome.url, outcome.isolation);
    } catch (error) {
      if (isFault(error) && error.code === 'BACKEND_TRANSIENT') {
        // U8.
        this.#deps.log.warn({ err: error, workspaceId: id }, 'a start waits for a backend');
        this.#waitForBackend(id, error.message);
        return;
      }
      const detail = isFault(error)
        ? error.message
        : 'the agent could not be started; the log of the server says why';
      this.#deps.log.error({ err: error, workspaceId: id }, 'starting a workspace failed');
      const missing = isFault(error) ? error.extra.missing : undefined;
      await this.#failProvision(state, isFault(error) ? error.code.toLowerCase() : 'start_failed', detail, {
        ...(missing === undefined ? {} : { missing }),
      });
    }
  }

  /** U8. */
  #waitForBackend(id: string, because: string): void {
    this.#retryAt.set(id, this.#deps.clock.now() + AWAY_RETRY_MS);
    this.#awayBecause.set(id, because);
  }

  /** U9. False: the workspace was sent elsewhere meanwhile. */
  async #carry(state: WorkspaceState, from: BackendName): Promise<boolean> {
    // Left over from the move before this one.
    if (state.eraseFrom !== null) await this.#deps.units.erase(state.id, state.eraseFrom);
    await this.#deps.units.carry(state.id, from, state.backend);
    return this.#patchHomes(state.id, (now) => {
      if (now.carryFrom !== from || now.backend !== state.backend) return null;
      return { carryFrom: null, eraseFrom: from };
    });
  }

  async #patchHomes(
    id: string,
    plan: (now: WorkspaceState) => Pick<Patch, 'carryFrom' | 'eraseFrom'> | null,
  ): Promise<boolean> {
    const committed = await editWorkspaces(this.#deps, [id], ACTOR, (rows) => {
      const now = rows.get(id);
      const patch = now ? plan(now) : null;
      return patch ? { edits: [{ workspaceId: id, change: { kind: 'patched', patch }, events: [] }] } : null;
    });
    return committed.length > 0;
  }

  /** The agent may have registered meanwhile; either way the address is the provisioner's to give. */
  async #keepAddress(id: string, url: string, isolation: Isolation): Promise<void> {
    const committed = await this.#deps.store.change([id], ACTOR, (rows) => {
      const before = rows.get(id);
      if (!before || !['provisioning', 'online', 'degraded'].includes(before.status)) return null;
      return {
        edits: [
          {
            workspaceId: id,
            change: {
              kind: 'patched',
              patch: {
                url,
                isUrlOurs: true,
                isolation,
                deliveryMode: 'push',
                ...(before.statusReason === WAITING ? { statusReason: null, statusDetail: null } : {}),
              },
            },
            events: [],
          },
        ],
      };
    });
    this.#deps.directory.apply(committed);
    this.#deps.publishSoon();
    if (committed.length === 0) await this.stop(id);
  }

  async #failProvision(
    state: WorkspaceState,
    reason: string,
    detail: string,
    extra: Record<string, unknown> = {},
  ): Promise<void> {
    const trigger = reason === 'crash_loop' ? 'crash_loop' : 'provision_failed';
    await transitionWorkspace(this.#deps, {
      id: state.id,
      trigger,
      actor: ACTOR,
      payload: () => ({ error: detail, reason, ...extra }),
      patch: { statusReason: reason, statusDetail: detail, url: '', isUrlOurs: false },
    });
  }

  async #noteExit(id: string, code: number | null): Promise<void> {
    if (this.#isStopping) return;
    const state = this.#deps.directory.get(id);
    this.#startedAt.delete(id);
    if (state?.status === 'provisioning' && code === EXIT_CONFIG) {
      // Starting it again cannot help: a person has to mend the configuration. The agent's last words say how.
      await this.#failProvision(state, 'config_invalid', await this.#lastWords(state));
      return;
    }
    if (state && isLeased(state.status))
      await this.#fire(state, 'process_gone', { statusReason: 'process_gone' });
    this.#deps.sweepSoon();
  }

  async #lastWords(state: WorkspaceState): Promise<string> {
    const fallback = 'the configuration of this agent is not usable; its log says why';
    try {
      const lines = await this.#deps.units.logTail(state.id, state.backend, 20);
      const fatal = lines.filter((line) => line.startsWith('FATAL: ')).at(-1);
      // The folder of this machine is nobody's business; the file is.
      return fatal ? fatal.slice('FATAL: '.length).replace(/\/\S*\/configs\//g, '/configs/') : fallback;
    } catch (error) {
      this.#deps.log.warn({ err: error, workspaceId: state.id }, 'the log of an agent could not be read');
      return fallback;
    }
  }

  async #fire(
    state: WorkspaceState,
    trigger: LifecycleTrigger,
    patch: { statusReason: string },
  ): Promise<void> {
    const moved = await transitionWorkspace(this.#deps, {
      id: state.id,
      trigger,
      actor: ACTOR,
      payload: ({ name }, type) => (type === 'WORKSPACE_AWAITING_AGENT' ? { name, external: true } : {}),
      patch: (before) => ({
        ...patch,
        ...(before.backend === 'external' ? {} : { url: '', isUrlOurs: false }),
      }),
    });
    if (moved) this.#deps.abortCalls(state.id, 'the agent went away');
  }
}

function isResting(state: WorkspaceState): boolean {
  return ['paused', 'hibernated', 'failed', 'removed', 'awaiting_agent'].includes(state.status);
}
