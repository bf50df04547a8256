// Watch: follows the boot steps of an organisation as server-sent events. Each event is the whole status, so that one
// that was missed is made good by the next.

import type { platform } from '@molecule/contracts';
import type { Clock } from '@molecule/kit';
import type { FastifyReply } from 'fastify';

/** Also when nobody told us: another process may do the work. */
const LOOK_MS = 1_000;
const PING_EVERY_LOOKS = 15;
const MAX_WATCHERS = 500;

/** Wakes those who wait for news of one organisation. */
export class ProvisionNews {
  readonly #waiting = new Map<string, Set<() => void>>();

  tell(orgId: string): void {
    for (const wake of this.#waiting.get(orgId) ?? []) wake();
  }

  /** Resolves at the next news, after `ms`, or when the signal is aborted. */
  async next(orgId: string, ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    const early = new AbortController();
    const wakers = this.#waiting.get(orgId) ?? new Set();
    this.#waiting.set(orgId, wakers);
    const wake = () => early.abort();
    wakers.add(wake);
    try {
      await clock.sleep(ms, AbortSignal.any([early.signal, signal]));
    } catch {
      // News, or the reader is gone: both end the wait.
    } finally {
      wakers.delete(wake);
      if (wakers.size === 0) this.#waiting.delete(orgId);
    }
  }
}

export class ProvisionWatch {
  readonly #news: ProvisionNews;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #watchers = 0;

  constructor(news: ProvisionNews, clock: Clock) {
    this.#news = news;
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#watchers >= MAX_WATCHERS;
  }

  /** Writes until the reader leaves, the organisation is gone, or the server stops. */
  async follow(
    reply: FastifyReply,
    orgId: string,
    read: () => Promise<platform.ProvisionStatus | null>,
  ): Promise<void> {
    reply.hijack();
    const { raw } = reply;
    const left = new AbortController();
    raw.on('close', () => left.abort());
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const signal = AbortSignal.any([left.signal, this.#stopping.signal]);
    this.#watchers++;
    try {
      await this.#write((text) => raw.write(text), orgId, read, signal);
    } finally {
      this.#watchers--;
      raw.end();
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #write(
    write: (text: string) => unknown,
    orgId: string,
    read: () => Promise<platform.ProvisionStatus | null>,
    signal: AbortSignal,
  ): Promise<void> {
    let before = '';
    for (let looks = 1; !signal.aborted; looks++) {
      const status = await read();
      if (!status) return;
      const text = JSON.stringify(status);
      if (text !== before) write(`event: status\ndata: ${text}\n\n`);
      else if (looks % PING_EVERY_LOOKS === 0) write(': ping\n\n');
      before = text;
      await this.#news.next(orgId, LOOK_MS, this.#clock, signal);
    }
  }
}
