// Task slots: how many turns this agent runs at once, and how many wait.
//
//   S1. At most `running` turns hold a slot, at most `waiting` more hold a place; the next is refused, nothing started.
//   S2. Places are served in the order they were taken.
//   S3. A place is given back exactly once, however its turn ends; a place that is given back while waiting leaves the queue.

import { faults } from '@molecule/domain';
import { createDeferred, orAborted } from '../deferred.ts';

export interface SlotLimits {
  running: number;
  waiting: number;
}

export class TaskSlots {
  readonly #limits: SlotLimits;
  #running = 0;
  readonly #waiting: TaskSlot[] = [];

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a slot or a place in the queue, at once; a Fault QUEUE_FULL when there is neither (S1). */
  take(): TaskSlot {
    const isFree = this.#running < this.#limits.running && this.#waiting.length === 0;
    if (!isFree && this.#waiting.length >= this.#limits.waiting) throw faults.queueFull(2);
    const slot = new TaskSlot((given) => this.#giveBack(given));
    if (isFree) this.#start(slot);
    else this.#waiting.push(slot);
    return slot;
  }

  #start(slot: TaskSlot): void {
    this.#running++;
    slot.start();
  }

  #giveBack(slot: TaskSlot): void {
    const place = this.#waiting.indexOf(slot);
    if (place >= 0) {
      this.#waiting.splice(place, 1);
      return;
    }
    this.#running--;
    const next = this.#waiting.shift();
    if (next) this.#start(next);
  }
}

export class TaskSlot {
  readonly #giveBack: (slot: TaskSlot) => void;
  readonly #started = createDeferred<void>();
  #isGivenBack = false;

  constructor(giveBack: (slot: TaskSlot) => void) {
    this.#giveBack = giveBack;
  }

  start(): void {
    this.#started.resolve();
  }

  /** Resolves when the turn may run; rejects with the signal's reason when it is aborted first. */
  async ready(signal: AbortSignal): Promise<void> {
    await orAborted(this.#started.promise, signal);
  }

  /** Idempotent (S3). */
  release(): void {
    if (this.#isGivenBack) return;
    this.#isGivenBack = true;
    this.#giveBack(this);
  }
}
