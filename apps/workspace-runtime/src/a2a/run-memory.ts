// Run memory: which messages were already taken, so that the same message never does its work twice.
//
//   R1. Of several posts with one key only the first runs; the others meet the first's task.
//   R2. A post that was refused before it started is forgotten: the next one with its key is a first again.
//   R3. The same key with another content is refused.
//   R4. At most `limit` keys are remembered; the oldest go first.

import { Fault } from '@molecule/domain';
import { createDeferred } from '../deferred.ts';
import type { SendIdentity } from './normalise-request.ts';

export const RUNS_REMEMBERED = 2_000;

export class Run {
  readonly digest: string;
  readonly #task = createDeferred<string>();

  constructor(digest: string) {
    this.digest = digest;
    // Nobody needs to wait for a run that is refused.
    this.#task.promise.catch(() => undefined);
  }

  /** The id of the task that does the work, once it has one. */
  get taskId(): Promise<string> {
    return this.#task.promise;
  }

  started(taskId: string): void {
    this.#task.resolve(taskId);
  }

  refused(reason: unknown): void {
    this.#task.reject(reason);
  }
}

export class RunMemory {
  readonly #limit: number;
  readonly #runs = new Map<string, Run>();

  constructor(limit = RUNS_REMEMBERED) {
    this.#limit = limit;
  }

  /** The run that this message belongs to, and whether it is the one that has to do the work (R1). */
  enter(identity: SendIdentity | null): { run: Run; isFirst: boolean; forget: (reason: unknown) => void } {
    const known = identity && this.#runs.get(identity.key);
    if (identity && known) {
      if (known.digest !== identity.digest) {
        throw new Fault('IDEMPOTENCY_MISMATCH', 'this message id was already used with another content');
      }
      return { run: known, isFirst: false, forget: () => undefined };
    }
    const run = new Run(identity?.digest ?? '');
    if (identity) this.#remember(identity.key, run);
    return { run, isFirst: true, forget: (reason) => this.#forget(identity, run, reason) };
  }

  #remember(key: string, run: Run): void {
    this.#runs.set(key, run);
    if (this.#runs.size > this.#limit) this.#runs.delete(this.#runs.keys().next().value!);
  }

  #forget(identity: SendIdentity | null, run: Run, reason: unknown): void {
    if (identity && this.#runs.get(identity.key) === run) this.#runs.delete(identity.key);
    run.refused(reason);
  }
}
