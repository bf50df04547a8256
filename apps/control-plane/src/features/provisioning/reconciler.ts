// Reconciler: brings every tenant from what is to what is wanted.
//
//   C1. Level-triggered: what to do follows from the rows and from what the driver finds, never from what was said before.
//       A crash at any point is followed by the same look.
//   C2. One reconciler at a time works on an organisation, whatever the number of processes.
//   C3. A failing organisation delays nobody else; it is looked at again after a growing wait.
//   C4. A step that is over its limit, or fails for good, makes the organisation `failed` with a sentence that says why.
//       What was claimed stays claimed, so that a retry or a purge finds it.
//   C5. A tenant of which nobody knows whether it runs is left alone.
//   C6. A tenant that runs costs a look and no write: looks go over the fleet page by page, and make due what is not right.
//       Beside that each is worked on every BACKSTOP_MS at the latest.
//   C7. What is started at once is bounded by what the driver bears; the next is taken up when one has ended.

import { FAULT_CODES, isFault } from '@molecule/domain';
import { backoffMs, type Clock, type Log, withDeadline } from '@molecule/kit';
import type { PlacementDriver, TenantState } from '../../placement/driver.ts';
import type { StandingTenant, TenantRow } from '../tenants/index.ts';
import { BOOT_STEPS, type BootDeps, type BootStep, startTenant, stepTimedOut } from './boot-steps.ts';

const AT_ONCE = 8;
const AGAIN_MS = 150;
const LOOK_MS = 5_000;
const BACKSTOP_MS = 600_000;
const PAGE = 500;
const LOOKS_AT_ONCE = 16;
/** A driver that says nothing for so long does not know. */
const INSPECT_MS = 10_000;
const RETRY = { baseMs: 250, maxMs: 30_000 };

export interface ReconcilerDeps extends BootDeps {
  clock: Clock;
  log: Log;
  /** Told after each change that somebody may be watching. */
  tell(orgId: string): void;
  /** Called when there may be more to do than was started. */
  again(): void;
  /** What `gone` means; it has steps of its own. */
  purge(tenant: TenantRow, signal: AbortSignal): Promise<void>;
}

export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #active = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  /** Starts work on what is due, without waiting for its end (C3, C7). */
  async round(): Promise<void> {
    const free = startsAtOnce(this.#deps.driver) - this.#active.size;
    if (free <= 0 || this.#stopping.signal.aborted) return;
    const due = await this.#deps.tenants.due(free, [...this.#active.keys()]);
    const isMore = due.length === free;
    for (const orgId of due) {
      const work = this.#work(orgId).then((isOurs) => {
        this.#active.delete(orgId);
        if (isMore && isOurs) this.#deps.again();
      });
      this.#active.set(orgId, work);
    }
  }

  /** C6. One look at every tenant that should run. */
  async look(signal: AbortSignal): Promise<void> {
    let after: string | null = null;
    while (!signal.aborted) {
      const page: StandingTenant[] = await this.#deps.tenants.standing(after, PAGE);
      const wrong = await this.#wrongOnesOf(page, signal);
      if (wrong.length > 0) {
        await this.#deps.tenants.dueNow(wrong);
        this.#deps.again();
      }
      after = page.at(-1)?.orgId ?? null;
      if (page.length < PAGE) return;
    }
  }

  async #wrongOnesOf(page: readonly StandingTenant[], signal: AbortSignal): Promise<string[]> {
    const wrong: string[] = [];
    const left = page.values();
    const lookOn = async () => {
      for (const tenant of left) {
        if (signal.aborted) return;
        const found = await this.#inspect(tenant.orgId);
        if (found.state !== 'unknown' && !isRight(found, tenant)) wrong.push(tenant.orgId);
      }
    };
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, lookOn));
    return wrong;
  }

  /** C5. */
  async #inspect(orgId: string): Promise<TenantState> {
    try {
      return await withDeadline(this.#deps.driver.inspect(orgId), INSPECT_MS, 'a look at a tenant');
    } catch (error) {
      this.#deps.log.warn({ err: error, orgId }, 'a tenant could not be looked at');
      return { state: 'unknown' };
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.idle();
  }

  /** Resolves when the work that was started has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#active.values());
  }

  /** True: this process worked on it. */
  async #work(orgId: string): Promise<boolean> {
    const { tenants, log } = this.#deps;
    try {
      return await tenants.hold(orgId, () => this.#reconcile(orgId));
    } catch (error) {
      if (this.#stopping.signal.aborted) return false;
      log.error({ err: error, orgId }, 'an organisation could not be reconciled');
      await this.#putOff(orgId);
      return false;
    }
  }

  async #putOff(orgId: string): Promise<void> {
    try {
      await this.#deps.tenants.later(orgId, RETRY.maxMs, null);
    } catch (error) {
      // The database is away; the organisation is still due when it is back.
      this.#deps.log.warn({ err: error, orgId }, 'an organisation could not be put off');
    }
  }

  async #reconcile(orgId: string): Promise<void> {
    const tenant = await this.#deps.tenants.find(orgId);
    if (!tenant) return;
    try {
      await this.#bringAbout(tenant);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      await this.#noteFailure(tenant, error);
    }
    this.#deps.tell(orgId);
  }

  async #bringAbout(tenant: TenantRow): Promise<void> {
    if (tenant.wanted === 'gone') return this.#deps.purge(tenant, this.#stopping.signal);
    if (tenant.wanted === 'stopped') return this.#stopTenant(tenant);
    if (tenant.status === 'running' || tenant.status === 'stopped') return this.#keepRunning(tenant);
    if (tenant.status === 'provisioning') return this.#boot(tenant);
  }

  async #stopTenant(tenant: TenantRow): Promise<void> {
    await this.#deps.driver.stop(tenant.orgId);
    await this.#deps.tenants.stopped(tenant.orgId);
  }

  /** C1, C5. */
  async #keepRunning(tenant: TenantRow): Promise<void> {
    const { tenants, driver } = this.#deps;
    const found = await driver.inspect(tenant.orgId);
    if (found.state === 'unknown') return tenants.later(tenant.orgId, LOOK_MS, null);
    const isAsWanted = isRight(found, tenant);
    if (!isAsWanted) await startTenant(this.#deps, tenant);
    if (isAsWanted && tenant.status === 'running') return tenants.later(tenant.orgId, backstop(), null);
    await tenants.running(tenant.orgId, backstop());
  }

  async #boot(tenant: TenantRow): Promise<void> {
    const { tenants } = this.#deps;
    const before = await tenants.steps(tenant.orgId, tenant.attempt);
    const isDone = (name: string) => before.some((step) => step.name === name && step.state === 'ok');
    for (const step of BOOT_STEPS) if (!isDone(step.name)) await this.#runStep(step, tenant);
    await tenants.running(tenant.orgId, backstop());
  }

  /** C4. */
  async #runStep(step: BootStep, { orgId, attempt }: TenantRow): Promise<void> {
    const { tenants, clock } = this.#deps;
    const { signal } = this.#stopping;
    const { deadlineAt } = await tenants.beginStep(orgId, attempt, step.name, step.limitMs);
    this.#deps.tell(orgId);
    let last: string | null = null;
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      const tenant = await tenants.find(orgId);
      if (tenant?.wanted !== 'up') throw new GaveWay();
      let pauseMs = AGAIN_MS;
      try {
        const done = await step.run(this.#deps, tenant);
        if (done === true) break;
        if (done !== false) last = done;
      } catch (error) {
        if (!isWorthRepeating(error)) throw error;
        last = sentenceOf(error);
        pauseMs = backoffMs(tries, RETRY);
      }
      if (clock.now() > deadlineAt) throw stepTimedOut(step.name, last);
      await clock.sleep(pauseMs, signal);
    }
    await tenants.endStep(orgId, attempt, step.name, 'ok');
    this.#deps.tell(orgId);
  }

  async #noteFailure(before: TenantRow, error: unknown): Promise<void> {
    const { tenants, log } = this.#deps;
    if (error instanceof GaveWay) return;
    const tenant = (await tenants.find(before.orgId)) ?? before;
    log.warn({ err: error, orgId: tenant.orgId, stage: tenant.stage }, 'a tenant is not as it is wanted');
    if (tenant.status === 'provisioning' && tenant.wanted === 'up') {
      if (tenant.stage) await tenants.endStep(tenant.orgId, tenant.attempt, tenant.stage, 'failed');
      await tenants.failed(tenant.orgId, sentenceOf(error));
      return;
    }
    await tenants.later(tenant.orgId, backoffMs(tenant.failures + 1, RETRY), sentenceOf(error));
  }
}

function startsAtOnce(driver: PlacementDriver): number {
  return driver.capabilities.startsAtOnce ?? AT_ONCE;
}

/** Spread, so that tenants which were made together are not all due together. */
function backstop(): number {
  return BACKSTOP_MS * (0.5 + Math.random() / 2);
}

function isRight(found: TenantState, tenant: StandingTenant): boolean {
  return found.state === 'running' && found.upstream === tenant.upstream && found.image === tenant.image;
}

/** What is wanted changed while a step ran: the next look does what is wanted now. */
class GaveWay extends Error {}

function isWorthRepeating(error: unknown): boolean {
  return isFault(error) ? FAULT_CODES[error.code].retryable : isPassing(error);
}

/** The database away for a moment is no failure of a step. */
function isPassing(error: unknown): boolean {
  return (error as { name?: string }).name === 'DatabaseUnavailable';
}

/** A bug tells its stack to the log, and nothing to the people who wait. */
function sentenceOf(error: unknown): string {
  return isFault(error) ? error.message : 'an internal error; the log of the control plane says more';
}
