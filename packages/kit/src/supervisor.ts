// Supervisor: runs the background loops of a process.
//
//   V1. Runs of one loop never overlap, save with one that V3 gave up; different loops never wait for each other.
//   V2. A run that throws is logged and repeated after a backoff of 1 s, doubling to 30 s.
//   V3. A run that outlives its limit is aborted, reported, and no longer waited for.
//   V4. `poke` brings the next run forward; a poke during a run makes one more run follow at once. After a failure it
//       brings it forward to 1 s after that failure, so that pokes never turn a broken loop into a busy one.
//   V5. `stop` aborts what runs and waits for it, STOP_LIMIT_MS at most.

import { backoffMs } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Log } from './log.ts';
import { withDeadline } from './with-deadline.ts';

const BACKOFF = { baseMs: 1_000, maxMs: 30_000 };
const STOP_LIMIT_MS = 10_000;

export interface Loop {
  name: string;
  intervalMs: number;
  /** Default: ten times the interval, at least 30 s. */
  timeoutMs?: number;
  run(signal: AbortSignal): Promise<unknown>;
}

export interface LoopHealth {
  /** The end of the last run that went well, epoch milliseconds. */
  lastTickAt: number | null;
  failures: number;
  lastError: string | null;
}

interface Entry {
  loop: Loop;
  health: LoopHealth;
  /** The wait for the next run. */
  wait: AbortController | null;
  running: Promise<void> | null;
  /** Ends the run under way. */
  abort: AbortController | null;
  isPoked: boolean;
  consecutiveFailures: number;
  failedAt: number;
}

export class Supervisor {
  readonly #entries = new Map<string, Entry>();
  readonly #log: Log;
  readonly #clock: Clock;
  #isStarted = false;

  constructor(log: Log, clock: Clock = systemClock) {
    this.#log = log;
    this.#clock = clock;
  }

  add(loop: Loop): void {
    if (this.#entries.has(loop.name)) throw new Error(`there is a loop called ${loop.name} already`);
    this.#entries.set(loop.name, {
      loop,
      health: { lastTickAt: null, failures: 0, lastError: null },
      wait: null,
      running: null,
      abort: null,
      isPoked: false,
      consecutiveFailures: 0,
      failedAt: 0,
    });
    if (this.#isStarted) this.poke(loop.name);
  }

  start(): void {
    this.#isStarted = true;
    for (const name of this.#entries.keys()) this.poke(name);
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    for (const entry of this.#entries.values()) {
      this.#forgetWait(entry);
      entry.abort?.abort(new Error('stopping'));
    }
    const runs = [...this.#entries.values()].map((entry) => entry.running);
    await withDeadline(Promise.all(runs), STOP_LIMIT_MS, 'the end of the background loops', this.#clock);
  }

  poke(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`there is no loop called ${name}`);
    if (!this.#isStarted) return;
    if (entry.running) entry.isPoked = true;
    else if (entry.consecutiveFailures === 0) this.#schedule(entry, 0);
    else this.#schedule(entry, Math.max(0, entry.failedAt + BACKOFF.baseMs - this.#clock.now()));
  }

  /** Brings forward what failed: what it lacked is back. */
  pokeFailed(): void {
    for (const [name, { consecutiveFailures }] of this.#entries) if (consecutiveFailures > 0) this.poke(name);
  }

  liveness(): Record<string, LoopHealth> {
    return Object.fromEntries([...this.#entries].map(([name, entry]) => [name, { ...entry.health }]));
  }

  #schedule(entry: Entry, delayMs: number): void {
    this.#forgetWait(entry);
    if (!this.#isStarted) return;
    const wait = new AbortController();
    entry.wait = wait;
    void this.#clock.sleep(delayMs, wait.signal).then(
      () => {
        // A poke may come between the end of the wait and this line.
        if (entry.wait === wait) entry.running = this.#run(entry);
      },
      () => {
        // A poke or a stop took the place of this wait.
      },
    );
  }

  #forgetWait(entry: Entry): void {
    entry.wait?.abort();
    entry.wait = null;
  }

  async #run(entry: Entry): Promise<void> {
    const { loop, health } = entry;
    entry.wait = null;
    entry.isPoked = false;
    try {
      await this.#runOnce(entry);
      entry.consecutiveFailures = 0;
      health.lastTickAt = this.#clock.now();
    } catch (error) {
      entry.consecutiveFailures++;
      entry.failedAt = this.#clock.now();
      health.failures++;
      health.lastError = error instanceof Error ? error.message : String(error);
      if (this.#isStarted) this.#log.error({ err: error, loop: loop.name }, 'a background loop failed');
    }
    entry.running = null;
    this.#schedule(entry, nextDelayMs(entry));
  }

  #runOnce(entry: Entry): Promise<unknown> {
    const { loop } = entry;
    const abort = new AbortController();
    entry.abort = abort;
    return withDeadline(
      (late) => {
        late.addEventListener('abort', () => abort.abort(late.reason), { once: true });
        return loop.run(abort.signal);
      },
      loop.timeoutMs ?? Math.max(30_000, loop.intervalMs * 10),
      `a run of ${loop.name}`,
      this.#clock,
    );
  }
}

function nextDelayMs(entry: Entry): number {
  const { consecutiveFailures, isPoked, loop } = entry;
  if (consecutiveFailures > 0) return isPoked ? BACKOFF.baseMs : backoffMs(consecutiveFailures, BACKOFF);
  return isPoked ? 0 : loop.intervalMs;
}
