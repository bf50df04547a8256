// Follow tenant: keeps the canvas equal to the server: reads everything once, then follows the event socket.
//
//   T1. No gap: the socket starts at the sequence number read before the snapshot; overlap is folded away by number.
//   T2. After a break, missed stored events are read over HTTP first; what is never stored (tasks, counts) is read again.
//   T3. A cursor that the server no longer knows, or that is ahead of its log (another data folder), starts from zero.
//   T4. Silence for SILENCE_MS means "read again"; if that fails the socket is given up.
//   T5. One attempt at a time; waits are bounded and random; 401 stops for sign-in, 403 stops and says why.
//   T6. Frames that arrive while a snapshot is read are folded again on top of it: an older snapshot never wins.

import { CallError } from '@molecule/client';
import type { events } from '@molecule/contracts';
import { backoffMs } from './backoff.ts';
import type { ConnectionPhase } from './model.ts';

export const SILENCE_MS = 30_000;
export const REREAD_DELAY_MS = 200;
const CATCH_UP_PAGES = 20;
const FRAMES_HELD = 2_000;
export const PAGE = 500;

export interface FollowDeps {
  /** The newest stored sequence number; 0 when there is none. */
  readHead(signal: AbortSignal): Promise<number>;
  /** Stored events after `seq`, ascending, at most PAGE. */
  readSince(seq: number, signal: AbortSignal): Promise<events.EventFrame[]>;
  /** Reads the list of roles (and, the first time, what never changes) and shows it. */
  readSnapshot(signal: AbortSignal): Promise<void>;
  openSocket(sinceSeq: number): SocketLike;
  fold(frames: readonly events.EventFrame[]): void;
  /** The last folded sequence number; null after `reset`. */
  lastSeq(): number | null;
  /** Starts from zero: forgets what was folded, keeps showing it until the next snapshot. */
  setLastSeq(seq: number): void;
  onPhase(phase: ConnectionPhase): void;
  random(): number;
  now(): number;
}

export interface SocketLike {
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
}

export class TenantFollower {
  readonly #deps: FollowDeps;
  #stopping = new AbortController();
  #wake: (() => void) | null = null;
  #held: events.EventFrame[] | null = null;
  #reading: Promise<void> | null = null;
  #rereadTimer: ReturnType<typeof setTimeout> | undefined;
  #isRunning = false;

  constructor(deps: FollowDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#stopping = new AbortController();
    void this.#run(this.#stopping.signal).finally(() => {
      this.#isRunning = false;
    });
  }

  stop(): void {
    this.#stopping.abort();
    clearTimeout(this.#rereadTimer);
    this.#wake?.();
  }

  /** Tries again at once, for example when the browser says that the network is back. */
  retryNow(): void {
    this.#wake?.();
  }

  /** Reads the list again soon; several wishes become one reading. */
  reread(): void {
    if (this.#rereadTimer !== undefined) return;
    this.#rereadTimer = setTimeout(() => {
      this.#rereadTimer = undefined;
      // A failure here is also met by the silence check, which gives the socket up.
      this.#snapshot(this.#stopping.signal).catch(() => this.#wake?.());
    }, REREAD_DELAY_MS);
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#deps.onPhase({ kind: 'connecting' });
    let attempt = 0;
    let brokenSinceMs: number | null = null;
    while (!signal.aborted) {
      try {
        await this.#connectAndFollow(signal, () => {
          attempt = 0;
          brokenSinceMs = null;
          this.#deps.onPhase({ kind: 'live' });
        });
      } catch (error) {
        if (this.#isFinal(error)) return;
      }
      if (signal.aborted) return;
      attempt++;
      brokenSinceMs ??= this.#deps.now();
      const waitMs = backoffMs(attempt, this.#deps.random());
      const nextAtMs = this.#deps.now() + waitMs;
      this.#deps.onPhase({ kind: 'reconnecting', sinceMs: brokenSinceMs, attempt, nextAtMs });
      await this.#sleep(waitMs);
    }
  }

  /** True when trying again makes no sense; says why (T5). */
  #isFinal(error: unknown): boolean {
    if (!(error instanceof CallError)) return false;
    if (error.status === 401) this.#deps.onPhase({ kind: 'signed_out' });
    else if (error.status === 403) this.#deps.onPhase({ kind: 'forbidden', message: error.message });
    else return false;
    return true;
  }

  async #connectAndFollow(signal: AbortSignal, onLive: () => void): Promise<void> {
    const head = await this.#deps.readHead(signal);
    const seen = this.#deps.lastSeq();
    if (seen === null || head < seen || !(await this.#catchUp(seen, signal))) this.#deps.setLastSeq(head);
    if (seen === null) await this.#snapshot(signal);
    await this.#follow(signal, async () => {
      if (seen !== null) await this.#snapshot(signal);
      onLive();
    });
  }

  /** Reads what was missed (T2); false when the server can't tell any more (T3). */
  async #catchUp(from: number, signal: AbortSignal): Promise<boolean> {
    let at = from;
    for (let page = 0; page < CATCH_UP_PAGES; page++) {
      let frames: events.EventFrame[];
      try {
        frames = await this.#deps.readSince(at, signal);
      } catch (error) {
        if (error instanceof CallError && error.status === 410) return false;
        throw error;
      }
      this.#deps.fold(frames);
      if (frames.length < PAGE) return true;
      at = frames.at(-1)?.seq ?? at;
    }
    return false;
  }

  /** Resolves or rejects when the socket is over. */
  async #follow(signal: AbortSignal, onOpen: () => Promise<void>): Promise<void> {
    const socket = this.#deps.openSocket(this.#deps.lastSeq() ?? 0);
    let lastHeardMs = this.#deps.now();
    let failed: unknown = null;
    await new Promise<void>((resolve) => {
      const watch = setInterval(() => {
        if (this.#deps.now() - lastHeardMs < SILENCE_MS) return;
        lastHeardMs = this.#deps.now();
        this.#snapshot(signal).catch((error: unknown) => end(error));
      }, SILENCE_MS / 6);
      const end = (error: unknown) => {
        failed ??= error;
        clearInterval(watch);
        signal.removeEventListener('abort', onAbort);
        this.#wake = null;
        socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
        socket.close();
        resolve();
      };
      const onAbort = () => end(null);
      signal.addEventListener('abort', onAbort);
      this.#wake = () => {
        // "Retry now" on a live link: check it instead of breaking it.
        this.#snapshot(signal).catch((error: unknown) => end(error));
      };
      socket.onopen = () => {
        lastHeardMs = this.#deps.now();
        onOpen().catch((error: unknown) => end(error));
      };
      socket.onmessage = (event) => {
        lastHeardMs = this.#deps.now();
        const frame = parseFrame(event.data);
        if (frame) this.#take(frame);
      };
      socket.onclose = () => end(null);
      socket.onerror = () => end(null);
    });
    if (failed) throw failed;
  }

  #take(frame: events.EventFrame): void {
    if (this.#held && this.#held.length < FRAMES_HELD) this.#held.push(frame);
    this.#deps.fold([frame]);
  }

  /** One reading at a time; frames that arrive meanwhile are folded again on top (T6). */
  #snapshot(signal: AbortSignal): Promise<void> {
    this.#reading ??= this.#readOnce(signal).finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    this.#held = [];
    try {
      await this.#deps.readSnapshot(signal);
      const held = this.#held;
      // Their numbers are folded already; without them they apply once more, which changes nothing else.
      if (held.length > 0) this.#deps.fold(held.filter(isState).map(({ seq: _seq, ...frame }) => frame));
    } finally {
      this.#held = null;
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}

/** Events that say what a role is now, rather than what happened: safe to apply twice. */
function isState(frame: events.EventFrame): boolean {
  return (
    frame.event.startsWith('WORKSPACE_') ||
    frame.event === 'AGENT_CARD_UPDATED' ||
    frame.event === 'TASK_UPDATED'
  );
}

export function parseFrame(data: unknown): events.EventFrame | null {
  if (typeof data !== 'string') return null;
  try {
    const frame: unknown = JSON.parse(data);
    if (typeof frame !== 'object' || frame === null) return null;
    const { event, workspace_id, timestamp, payload, seq } = frame as Record<string, unknown>;
    if (typeof event !== 'string') return null;
    return {
      event,
      workspace_id: typeof workspace_id === 'string' ? workspace_id : '',
      timestamp: typeof timestamp === 'string' ? timestamp : new Date(0).toISOString(),
      payload: typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {},
      ...(typeof seq === 'number' ? { seq } : {}),
    };
  } catch {
    // Not JSON: not one of our frames.
    return null;
  }
}
