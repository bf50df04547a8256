// Follow revocations: who a tenant must cut off, as they come, and those that it missed first.
//
//   V1. What came after `after` is sent before anything else, in order; a tenant that was away misses nothing.
//   V2. News travels within a second at most, also when another process wrote it.

import type { Clock } from '@molecule/kit';
import type { FastifyReply } from 'fastify';
import type { ReportStore } from './report-store.ts';

const LOOK_MS = 500;
const PAGE = 200;
const PING_EVERY_LOOKS = 30;
const MAX_FOLLOWERS = 20_000;

export class RevocationFeed {
  readonly #reports: ReportStore;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #waiting = new Set<() => void>();
  #followers = 0;

  constructor(reports: ReportStore, clock: Clock) {
    this.#reports = reports;
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#followers >= MAX_FOLLOWERS;
  }

  /** Somebody was removed: whoever waits looks now. */
  tell(): void {
    for (const wake of this.#waiting) wake();
  }

  async follow(reply: FastifyReply, orgId: string, after: number): Promise<void> {
    reply.hijack();
    const { raw } = reply;
    const left = new AbortController();
    raw.on('close', () => left.abort());
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    raw.write(': following\n\n');
    this.#followers++;
    try {
      await this.#send(
        (text) => raw.write(text),
        orgId,
        after,
        AbortSignal.any([left.signal, this.#stopping.signal]),
      );
    } finally {
      this.#followers--;
      raw.end();
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #send(
    write: (text: string) => unknown,
    orgId: string,
    after: number,
    signal: AbortSignal,
  ): Promise<void> {
    let seen = after;
    for (let looks = 1; !signal.aborted; looks++) {
      const news = await this.#reports.revocationsAfter(orgId, seen, PAGE);
      for (const { seq, kind, subject, at } of news) {
        write(
          `id: ${seq}\ndata: ${JSON.stringify({ seq, kind, subject, at: new Date(at).toISOString() })}\n\n`,
        );
        seen = seq;
      }
      if (news.length === PAGE) continue;
      if (looks % PING_EVERY_LOOKS === 0) write(': ping\n\n');
      await this.#wait(signal);
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const early = new AbortController();
    const wake = () => early.abort();
    this.#waiting.add(wake);
    try {
      await this.#clock.sleep(LOOK_MS, AbortSignal.any([early.signal, signal]));
    } catch {
      // News, or the reader is gone: both end the wait.
    } finally {
      this.#waiting.delete(wake);
    }
  }
}
