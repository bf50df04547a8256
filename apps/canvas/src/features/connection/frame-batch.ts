// Frame batch: folds all events of one picture at once, so that a storm of events costs one rendering per picture.

import type { events } from '@molecule/contracts';

/** A hidden page paints nothing, so it has no pictures; then the batch is folded this often. */
const HIDDEN_MS = 250;

export class FrameBatch {
  readonly #fold: (frames: readonly events.EventFrame[]) => void;
  #waiting: events.EventFrame[] = [];
  #isScheduled = false;

  constructor(fold: (frames: readonly events.EventFrame[]) => void) {
    this.#fold = fold;
  }

  add(frames: readonly events.EventFrame[]): void {
    if (frames.length === 0) return;
    for (const frame of frames) this.#waiting.push(frame);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const isVisible = typeof document !== 'undefined' && document.visibilityState === 'visible';
    if (isVisible) requestAnimationFrame(() => this.flush());
    else setTimeout(() => this.flush(), HIDDEN_MS);
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.#waiting.length === 0) return;
    const frames = this.#waiting;
    this.#waiting = [];
    this.#fold(frames);
  }
}
