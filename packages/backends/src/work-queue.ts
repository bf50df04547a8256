// Work queue: the acts on one workspace, in the order in which they were asked for.
//
//   Q1. Acts on one workspace run one after the other; other workspaces never wait for them.
//   Q2. A restart that is asked for while the last act in the queue is a restart that has not begun joins it, and the
//       newest order wins: nobody boots a configuration that was replaced meanwhile.
//   Q3. A restart that is asked for while an equal one runs, as the last act, joins that one.
//   Q4. Nothing joins across another act: restart, stop, restart ends started.

import { KeyedLock } from '@molecule/kit';

interface PendingRestart<Order, Result> {
  order: Order;
  hasBegun: boolean;
  result: Promise<Result>;
}

export class WorkQueue<Order, Result> {
  readonly #locks = new KeyedLock();
  readonly #lastRestart = new Map<string, PendingRestart<Order, Result>>();
  readonly #isEqual: (a: Order, b: Order) => boolean;

  constructor(isEqual: (a: Order, b: Order) => boolean) {
    this.#isEqual = isEqual;
  }

  run<T>(key: string, act: () => Promise<T>): Promise<T> {
    this.#lastRestart.delete(key);
    return this.#locks.run(key, act);
  }

  restart(key: string, order: Order, act: (order: Order) => Promise<Result>): Promise<Result> {
    const last = this.#lastRestart.get(key);
    if (last && !last.hasBegun) {
      last.order = order;
      return last.result;
    }
    if (last && this.#isEqual(last.order, order)) return last.result;
    return this.#enqueue(key, order, act);
  }

  #enqueue(key: string, order: Order, act: (order: Order) => Promise<Result>): Promise<Result> {
    const pending = { order, hasBegun: false } as PendingRestart<Order, Result>;
    pending.result = this.#locks.run(key, async () => {
      pending.hasBegun = true;
      try {
        return await act(pending.order);
      } finally {
        if (this.#lastRestart.get(key) === pending) this.#lastRestart.delete(key);
      }
    });
    this.#lastRestart.set(key, pending);
    return pending.result;
  }
}
