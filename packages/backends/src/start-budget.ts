// Start budget: how often one workspace may be started within a window, so that an agent that dies at once
// ends as a visible failure instead of an endless loop.

import { LIMITS } from '@molecule/domain';
import type { Clock } from '@molecule/kit';

export class StartBudget {
  readonly #clock: Clock;
  readonly #startTimes = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False when the budget of this workspace is used up; nothing is spent then. */
  spend(workspaceId: string): boolean {
    const now = this.#clock.now();
    const recent = (this.#startTimes.get(workspaceId) ?? []).filter(
      (at) => now - at < LIMITS.restartWindowMs,
    );
    if (recent.length >= LIMITS.restartsPerWindow) return false;
    this.#startTimes.set(workspaceId, [...recent, now]);
    return true;
  }

  /** A start that could not even be tried does not count. */
  refund(workspaceId: string): void {
    this.#startTimes.get(workspaceId)?.pop();
  }

  forget(workspaceId: string): void {
    this.#startTimes.delete(workspaceId);
  }
}
