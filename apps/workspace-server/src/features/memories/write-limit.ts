// Write limit: how many memories a workspace may write in a minute, so that one in a loop cannot fill the store.

import { Fault } from '@molecule/domain';
import type { Clock } from '@molecule/kit';

const WINDOW_MS = 60_000;
const MAX_WINDOWS = 20_000;

export class WriteLimit {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #windows = new Map<string, { startedAt: number; used: number }>();

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** Counts one write; RATE_LIMITED when the minute's are used up. */
  admit(workspaceId: string): void {
    const now = this.#clock.now();
    let window = this.#windows.get(workspaceId);
    if (!window || now - window.startedAt >= WINDOW_MS) {
      window = { startedAt: now, used: 0 };
      this.#windows.delete(workspaceId);
      this.#windows.set(workspaceId, window);
      this.#forgetOldest();
    }
    if (window.used >= this.#perMinute) {
      const retryAfterSeconds = Math.max(1, Math.ceil((window.startedAt + WINDOW_MS - now) / 1000));
      throw new Fault('RATE_LIMITED', 'this workspace writes too many memories', {
        retryAfterSeconds,
        extra: { retry_after: retryAfterSeconds },
      });
    }
    window.used++;
  }

  #forgetOldest(): void {
    if (this.#windows.size <= MAX_WINDOWS) return;
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }
}
