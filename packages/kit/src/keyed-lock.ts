// Keyed lock: work on one key runs one after the other, in order; different keys never wait for each other.

import { MAX_WAITING, QueueFull } from './queue-full.ts';

interface Line {
  tail: Promise<void>;
  length: number;
}

export class KeyedLock {
  readonly #lines = new Map<string, Line>();
  readonly #maxWaiting: number;

  constructor(options: { maxWaiting?: number } = {}) {
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
  }

  /** Rejects with QueueFull when too many wait for this key. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { tail: Promise.resolve(), length: 0 };
    if (line.length > this.#maxWaiting) throw new QueueFull(`the key ${key}`, this.#maxWaiting);
    const before = line.tail;
    let release = () => {};
    line.tail = new Promise((resolve) => {
      release = resolve;
    });
    line.length++;
    this.#lines.set(key, line);
    await before;
    try {
      return await work();
    } finally {
      line.length--;
      if (line.length === 0) this.#lines.delete(key);
      release();
    }
  }

  /** Keys that are held or waited for. */
  get size(): number {
    return this.#lines.size;
  }
}
