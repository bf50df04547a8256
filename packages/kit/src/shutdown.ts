// Shutdown: the steps of an orderly end, in order, each with its own limit, all within a hard limit.

import type { Log } from './log.ts';
import { withDeadline } from './with-deadline.ts';

const HARD_LIMIT_MS = 30_000;

interface Step {
  name: string;
  limitMs: number;
  run(): Promise<void>;
}

export class Shutdown {
  readonly #steps: Step[] = [];
  readonly #log: Log;
  #running: Promise<{ isClean: boolean }> | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Steps run in the order in which they were added. */
  on(name: string, run: () => Promise<void>, limitMs = 10_000): void {
    this.#steps.push({ name, run, limitMs });
  }

  /** Runs every step once, however often it is called; a step that fails or hangs is logged and passed over. */
  run(reason: string): Promise<{ isClean: boolean }> {
    this.#running ??= this.#runAll(reason);
    return this.#running;
  }

  async #runAll(reason: string): Promise<{ isClean: boolean }> {
    this.#log.info({ reason }, 'shutting down');
    const endAt = Date.now() + HARD_LIMIT_MS;
    let isClean = true;
    for (const step of this.#steps) {
      try {
        await withDeadline(step.run(), Math.max(1, Math.min(step.limitMs, endAt - Date.now())), step.name);
      } catch (error) {
        isClean = false;
        this.#log.error({ err: error, step: step.name }, 'a shutdown step did not end well');
      }
    }
    return { isClean };
  }
}
