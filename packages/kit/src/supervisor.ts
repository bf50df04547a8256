// Supervisor: runs the background loops of a process.
//
//   V1. Runs of one loop never overlap; different loops never wait for each other.
//   V2. A run that throws is logged and repeated after a backoff of 1 s, doubling to 30 s.
//   V3. A run that outlives its limit is aborted, reported, and no longer waited for.
//   V4. `poke` brings the next run forward; a poke during a run makes one more run follow at once.

import { backoffMs } from './backoff.ts';
import type { Log } from './log.ts';
import { withDeadline } from './with-deadline.ts';

export interface Loop {
  name: string;
  intervalMs: number;
  /** Default: ten times the interval, at least 30 s. */
  timeoutMs?: number;
  run(signal: AbortSignal): Promise<unknown>;
}

export interface LoopHealth {
  lastTickAt: number | null;
  failures: number;
  lastError: string | null;
}

interface Entry {
  loop: Loop;
  health: LoopHealth;
  timer: NodeJS.Timeout | null;
  isRunning: boolean;
  isPoked: boolean;
  consecutiveFailures: number;
}

export class Supervisor {
  readonly #entries = new Map<string, Entry>();
  readonly #log: Log;
  #isStarted = false;
  #stopping = new AbortController();

  constructor(log: Log) {
    this.#log = log;
  }

  add(loop: Loop): void {
    if (this.#entries.has(loop.name)) throw new Error(`there is a loop called ${loop.name} already`);
    this.#entries.set(loop.name, {
      loop,
      health: { lastTickAt: null, failures: 0, lastError: null },
      timer: null,
      isRunning: false,
      isPoked: false,
      consecutiveFailures: 0,
    });
    if (this.#isStarted) this.poke(loop.name);
  }

  start(): void {
    this.#isStarted = true;
    for (const name of this.#entries.keys()) this.poke(name);
  }

  /** Ends the waiting at once and waits for runs under way. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#stopping.abort(new Error('stopping'));
    for (const entry of this.#entries.values()) if (entry.timer) clearTimeout(entry.timer);
    while ([...this.#entries.values()].some((entry) => entry.isRunning)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#stopping = new AbortController();
  }

  poke(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`there is no loop called ${name}`);
    if (!this.#isStarted) return;
    if (entry.isRunning) {
      entry.isPoked = true;
      return;
    }
    this.#schedule(entry, 0);
  }

  liveness(): Record<string, LoopHealth> {
    return Object.fromEntries([...this.#entries].map(([name, entry]) => [name, { ...entry.health }]));
  }

  #schedule(entry: Entry, delayMs: number): void {
    if (entry.timer) clearTimeout(entry.timer);
    if (!this.#isStarted) return;
    entry.timer = setTimeout(() => void this.#run(entry), delayMs);
  }

  async #run(entry: Entry): Promise<void> {
    const { loop, health } = entry;
    entry.timer = null;
    entry.isRunning = true;
    entry.isPoked = false;
    try {
      const limitMs = loop.timeoutMs ?? Math.max(30_000, loop.intervalMs * 10);
      await withDeadline(
        (signal) => loop.run(AbortSignal.any([signal, this.#stopping.signal])),
        limitMs,
        `a run of ${loop.name}`,
      );
      entry.consecutiveFailures = 0;
      health.lastTickAt = Date.now();
    } catch (error) {
      entry.consecutiveFailures++;
      health.failures++;
      health.lastError = error instanceof Error ? error.message : String(error);
      if (this.#isStarted) this.#log.error({ err: error, loop: loop.name }, 'a background loop failed');
    } finally {
      entry.isRunning = false;
      this.#schedule(entry, this.#nextDelay(entry));
    }
  }

  #nextDelay(entry: Entry): number {
    if (entry.consecutiveFailures > 0)
      return backoffMs(entry.consecutiveFailures, { baseMs: 1_000, maxMs: 30_000 });
    return entry.isPoked ? 0 : entry.loop.intervalMs;
  }
}
