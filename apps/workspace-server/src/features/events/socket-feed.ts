// Socket feed: writes events to many sockets in rounds.
//
//   F1. Nobody waits while the house is quiet: the first event of a round goes out in the same turn of the loop.
//   F2. A round that took long is followed by a pause as long, at most MAX_PAUSE_MS: telling takes half of the processor at
//       most, and what came meanwhile goes to each socket in one write. So the work grows with rounds and not with events.
//   F3. Each socket gets its events in order, and none after it began to close. One that cannot keep up is dropped by its
//       owner, who is told how many events it lags.

const MAX_PAUSE_MS = 25;

/** Where bytes go: the connection below a WebSocket. */
export interface Outlet {
  isOpen(): boolean;
  /** Bytes that were written and have not left yet. */
  lag(): number;
  write(bytes: Buffer): void;
  /** So many events wait for a reader that does not keep up. */
  onTooSlow(): void;
}

/** How many events may wait for one socket. */
export interface FeedOptions {
  maxWaiting: number;
}

export class SocketFeed {
  readonly #options: FeedOptions;
  readonly #waiting = new Map<Outlet, Buffer[]>();
  /** Events that were written while earlier ones had not left. */
  readonly #lagging = new WeakMap<Outlet, number>();
  #isPlanned = false;
  #quietUntil = 0;
  #last: { parts: readonly Buffer[]; whole: Buffer } = { parts: [], whole: Buffer.alloc(0) };

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  send(outlet: Outlet, bytes: Buffer): void {
    const parts = this.#waiting.get(outlet);
    if (parts) parts.push(bytes);
    else this.#waiting.set(outlet, [bytes]);
    if (!this.#isPlanned) this.#plan();
  }

  forget(outlet: Outlet): void {
    this.#waiting.delete(outlet);
  }

  #plan(): void {
    this.#isPlanned = true;
    const pauseMs = this.#quietUntil - performance.now();
    if (pauseMs >= 1) setTimeout(() => this.#round(), pauseMs);
    else setImmediate(() => this.#round());
  }

  #round(): void {
    const startedAt = performance.now();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#isPlanned = false;
    for (const [outlet, parts] of waiting) this.#write(outlet, parts);
    const endedAt = performance.now();
    this.#quietUntil = endedAt + Math.min(endedAt - startedAt, MAX_PAUSE_MS);
    if (this.#waiting.size > 0 && !this.#isPlanned) this.#plan();
  }

  #write(outlet: Outlet, parts: readonly Buffer[]): void {
    if (!outlet.isOpen()) return;
    // What went out at once does not lag; only a reader that is behind is counted.
    const behind = outlet.lag() === 0 ? 0 : (this.#lagging.get(outlet) ?? 0) + parts.length;
    this.#lagging.set(outlet, behind);
    if (behind >= this.#options.maxWaiting) outlet.onTooSlow();
    else outlet.write(this.#join(parts));
  }

  /** Most sockets of a round get the same events: they are joined once. */
  #join(parts: readonly Buffer[]): Buffer {
    const [first] = parts;
    if (first && parts.length === 1) return first;
    const last = this.#last;
    const isSame = last.parts.length === parts.length && parts.every((part, i) => part === last.parts[i]);
    if (!isSame) this.#last = { parts, whole: Buffer.concat(parts) };
    return this.#last.whole;
  }
}
