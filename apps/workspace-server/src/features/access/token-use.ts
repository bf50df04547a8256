// Token use: notes when a token was last presented, for the lists that people read. Best effort: a note is written
// within seconds, at most once a minute for each token, and lost when the server is killed before.

import type { Clock } from '@molecule/kit';

export interface TokenUseStore {
  /** Writes `last_used_at` of workspace and organisation tokens; a later time stands. */
  touch(uses: readonly { tokenId: string; usedAt: number }[]): Promise<void>;
}

const WRITE_EVERY_MS = 60_000;
/** Tokens whose last note is remembered; beyond, the oldest is forgotten and may be written once more. */
const MAX_KEPT = 50_000;

interface Note {
  usedAt: number;
  writtenAt: number;
}

export class TokenUse {
  readonly #store: TokenUseStore;
  readonly #clock: Clock;
  readonly #notes = new Map<string, Note>();
  readonly #waiting = new Set<string>();

  constructor(store: TokenUseStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  note(tokenId: string): void {
    const now = this.#clock.now();
    const note = this.#notes.get(tokenId);
    if (note) note.usedAt = now;
    else this.#add(tokenId, now);
    if (!note || now - note.writtenAt >= WRITE_EVERY_MS) this.#waiting.add(tokenId);
  }

  /** Run by a supervised loop. What could not be written waits for the next round. */
  async flush(): Promise<void> {
    const uses = [...this.#waiting].flatMap((tokenId) => {
      const usedAt = this.#notes.get(tokenId)?.usedAt;
      return usedAt === undefined ? [] : [{ tokenId, usedAt }];
    });
    if (uses.length > 0) await this.#store.touch(uses);
    for (const { tokenId, usedAt } of uses) {
      this.#waiting.delete(tokenId);
      const note = this.#notes.get(tokenId);
      if (note) note.writtenAt = usedAt;
    }
  }

  #add(tokenId: string, usedAt: number): void {
    this.#notes.set(tokenId, { usedAt, writtenAt: Number.NEGATIVE_INFINITY });
    if (this.#notes.size <= MAX_KEPT) return;
    const [oldest] = this.#notes.keys();
    if (oldest === undefined) return;
    this.#notes.delete(oldest);
    this.#waiting.delete(oldest);
  }
}
