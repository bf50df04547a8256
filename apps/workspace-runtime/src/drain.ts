// Drain: ends the work of this process without losing any of it quietly.
//
//   N1. From the first moment on nothing new starts; callers are told to send it again.
//   N2. What runs may finish within `FINISH_MS`; then it is aborted and told so, within `ABORT_MS`.
//   N3. The heartbeat goes on until the work has ended (heartbeat H3).

import { DeadlineExceeded, type Log, withDeadline } from '@molecule/kit';

export const FINISH_MS = 15_000;
export const ABORT_MS = 3_000;

export interface DrainDeps {
  executor: { whenIdle(): Promise<void>; abortAll(reason: string): Promise<void> };
  log: Log;
  finishMs?: number;
}

export class Drain {
  readonly #deps: DrainDeps;
  #isDraining = false;

  constructor(deps: DrainDeps) {
    this.#deps = deps;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  async run(): Promise<void> {
    const { executor, log, finishMs = FINISH_MS } = this.#deps;
    this.#isDraining = true;
    if (await endsWithin(executor.whenIdle(), finishMs)) return;
    log.warn({ finishMs }, 'work that did not finish in time is aborted');
    const reason = 'the agent is restarting; send the task again';
    if (!(await endsWithin(executor.abortAll(reason), ABORT_MS))) log.error('aborted work did not end');
  }
}

async function endsWithin(work: Promise<void>, ms: number): Promise<boolean> {
  try {
    await withDeadline(work, ms);
    return true;
  } catch (error) {
    if (error instanceof DeadlineExceeded) return false;
    throw error;
  }
}
