// Semaphore: at most `limit` pieces of work at once; the others wait in order, and no more than `maxWaiting` of them.

import { MAX_WAITING, QueueFull } from './queue-full.ts';

export class Semaphore {
  readonly #limit: number;
  readonly #maxWaiting: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(limit: number, options: { maxWaiting?: number } = {}) {
    if (!Number.isInteger(limit) || limit < 1)
      throw new Error('a semaphore needs a whole number of at least 1');
    this.#limit = limit;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get running(): number {
    return this.#running;
  }

  /** Rejects with QueueFull when too many wait, and with the signal's reason when it is aborted while waiting. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#running--;
      this.#queue.shift()?.();
    }
  }

  #enter(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#running < this.#limit) {
      this.#running++;
      return Promise.resolve();
    }
    if (this.#queue.length >= this.#maxWaiting) {
      return Promise.reject(new QueueFull('a free place', this.#maxWaiting));
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        this.#running++;
        resolve();
      };
      const leave = () => {
        const at = this.#queue.indexOf(enter);
        if (at >= 0) this.#queue.splice(at, 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#queue.push(enter);
    });
  }
}
