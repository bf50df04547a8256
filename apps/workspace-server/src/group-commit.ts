// Group commit: many small writes, each acknowledged after its commit, share statements.
//
//   G1. An item's promise settles after the statement that carried it did. A statement that is refused for a value of
//       one item is repeated item by item: what one caller wrote never fails another's write.
//   G2. At most `maxInFlight` statements run at once; what comes meanwhile waits and goes together.
//   G3. The waiting room is bounded: beyond `maxWaiting` items a typed fault is thrown at once.

import { Fault } from '@molecule/domain';
import { DatabaseValueRefused } from '@molecule/postgres';

export interface GroupCommitOptions<T> {
  write(items: T[]): Promise<void>;
  maxBatch: number;
  maxInFlight: number;
  maxWaiting: number;
}

interface Waiting<T> {
  item: T;
  resolve(): void;
  reject(error: unknown): void;
}

export class GroupCommit<T> {
  readonly #options: GroupCommitOptions<T>;
  #waiting: Waiting<T>[] = [];
  #inFlight = 0;
  #isScheduled = false;

  constructor(options: GroupCommitOptions<T>) {
    this.#options = options;
  }

  /** Resolves after the commit. */
  add(item: T): Promise<void> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(
        new Fault('RATE_LIMITED', 'too many writes are waiting for the datastore', { retryAfterSeconds: 1 }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  /** One turn of the event loop, so that all writes of this turn go together. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#inFlight < this.#options.maxInFlight && this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#options.maxBatch);
      this.#inFlight++;
      void this.#write(batch).finally(() => {
        this.#inFlight--;
        this.#flush();
      });
    }
  }

  /** Never rejects: what went wrong is told to those whose items it was. */
  async #write(batch: Waiting<T>[]): Promise<void> {
    try {
      await this.#options.write(batch.map((waiting) => waiting.item));
      for (const waiting of batch) waiting.resolve();
    } catch (error) {
      if (batch.length > 1 && error instanceof DatabaseValueRefused) {
        for (const waiting of batch) await this.#write([waiting]);
        return;
      }
      for (const waiting of batch) waiting.reject(error);
    }
  }
}
