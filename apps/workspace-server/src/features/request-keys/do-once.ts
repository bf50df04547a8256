// Do once: what a client names by a request key happens once, however often and however concurrently it asks.
//
//   Q1. Same principal, key and request: one effect, and the stored answer for every repeat.
//   Q2. Same principal and key, another request: refused (422), and nothing happens.
//   Q3. The key is committed in the transaction of the effect. A request that failed leaves none and may be tried again.
//   Q4. Of requests that come at once the first to commit wins; the others undo what they did and replay its answer.

import { Fault } from '@molecule/domain';
import type { RequestKey } from './request-key.ts';

export interface KeptRequest {
  digest: Buffer;
  answer: unknown;
}

export interface RequestKeyStore<Tx = unknown> {
  find(key: Pick<RequestKey, 'principal' | 'key'>): Promise<KeptRequest | null>;
  /** False when the key is taken. Waits for a transaction that is taking it. */
  claimIn(tx: Tx, key: RequestKey, answer: unknown): Promise<boolean>;
  /** Deletes keys older than the given time; returns how many, at most `limit`. */
  prune(olderThan: number, limit: number): Promise<number>;
}

/** To be called in the transaction of the effect with what a repeat shall be told. */
export type Claim<Tx> = (tx: Tx, answer: unknown) => Promise<void>;

class KeyTaken extends Error {}

/** Runs `effect` for a new key and `replay`, with the stored answer, for a known one. Without a key: just the effect. */
export async function doOnce<Tx, T>(
  store: RequestKeyStore<Tx>,
  key: RequestKey | null,
  effect: (claim: Claim<Tx>) => Promise<T>,
  replay: (answer: unknown) => Promise<T>,
): Promise<T> {
  if (!key) return effect(async () => {});
  const kept = await store.find(key);
  if (kept) return replay(answerOf(kept, key));
  try {
    return await effect(async (tx, answer) => {
      if (!(await store.claimIn(tx, key, answer))) throw new KeyTaken('another request took the key');
    });
  } catch (error) {
    const winner = error instanceof KeyTaken ? await store.find(key) : null;
    if (!winner) throw error;
    return replay(answerOf(winner, key));
  }
}

function answerOf(kept: KeptRequest, key: RequestKey): unknown {
  if (kept.digest.equals(key.digest)) return kept.answer;
  throw new Fault('IDEMPOTENCY_MISMATCH', 'this Idempotency-Key was used for another request');
}
