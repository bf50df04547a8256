// Read marks: which memories were read today, gathered in this process and written down by a loop, so that a read costs
// nothing. A crash loses at most the marks of a minute; a memory is then thought of as unread a day too early.

import type { Clock } from '@molecule/kit';
import type { HygieneStore } from './hygiene-store.ts';

/** More are not held: the loop writes them down every minute. */
const HELD = 50_000;
const BATCH = 5_000;

export class ReadMarks {
  readonly #store: Pick<HygieneStore, 'markRead'>;
  readonly #clock: Clock;
  readonly #held = new Set<string>();

  constructor(store: Pick<HygieneStore, 'markRead'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  note(memoryIds: readonly string[]): void {
    for (const id of memoryIds) if (this.#held.size < HELD) this.#held.add(id);
  }

  /** Run by a supervised loop: how many were written down. */
  async write(): Promise<number> {
    const ids = [...this.#held].sort();
    const day = new Date(this.#clock.now()).toISOString().slice(0, 10);
    for (let from = 0; from < ids.length; from += BATCH) {
      const batch = ids.slice(from, from + BATCH);
      await this.#store.markRead(batch, day);
      for (const id of batch) this.#held.delete(id);
    }
    return ids.length;
  }
}
