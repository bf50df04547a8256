// Shutdown: the steps of an orderly end, in order, each with its own limit, all within a hard limit.

import { type Clock, systemClock } from './clock.ts';
import type { Log } from './log.ts';
import { withDeadline } from './with-deadline.ts';

const HARD_LIMIT_MS = 30_000;

interface Step {
  name: string;
  limitMs: number;
  run(): Promise<void>;
}

export interface ShutdownReport {
  isClean: boolean;
  /** The steps that failed or hung. */
  failedSteps: string[];
}

export class Shutdown {
  readonly #steps: Step[] = [];
  readonly #log: Log;
  readonly #clock: Clock;
  #running: Promise<ShutdownReport> | null = null;

  constructor(log: Log, clock: Clock = systemClock) {
    this.#log = log;
    this.#clock = clock;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Steps run in the order in which they were added. */
  on(name: string, run: () => Promise<void>, limitMs = 10_000): void {
    this.#steps.push({ name, run, limitMs });
  }

  /** Runs every step once, however often it is called; a step that fails or hangs is logged and passed over. */
  run(reason: string): Promise<ShutdownReport> {
    this.#running ??= this.#runAll(reason);
    return this.#running;
  }

  async #runAll(reason: string): Promise<ShutdownReport> {
    this.#log.info({ reason }, 'shutting down');
    const endAt = this.#clock.now() + HARD_LIMIT_MS;
    const failedSteps: string[] = [];
    for (const step of this.#steps) {
      const limitMs = Math.max(1, Math.min(step.limitMs, endAt - this.#clock.now()));
      try {
        await withDeadline(step.run(), limitMs, step.name, this.#clock);
      } catch (error) {
        failedSteps.push(step.name);
        this.#log.error({ err: error, step: step.name }, 'a shutdown step did not end well');
      }
    }
    return { isClean: failedSteps.length === 0, failedSteps };
  }
}
