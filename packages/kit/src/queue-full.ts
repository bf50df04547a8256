// Queue full: more waits for one thing than may wait for it. Whoever owns the queue says what that means to a caller.

export class QueueFull extends Error {
  override readonly name = 'QueueFull';
  constructor(what: string, limit: number) {
    super(`${limit} are waiting for ${what} already`);
  }
}

/** How many may wait where the owner names no limit. */
export const MAX_WAITING = 10_000;
