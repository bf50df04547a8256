// Message keys: a sender's own message id makes a message happen once.
//
//   K1. Same key and same content: one dispatch, one answer for everybody who asks, now and for seven days.
//   K2. Same key and other content: refused (422), nothing is sent.
//   K3. Only answers are kept. A call that failed leaves no key, so it may be tried again.
//   K4. A filter in memory says "certainly new" for most keys; only the rest costs a query.

import { createHash } from 'node:crypto';
import { Fault } from '@molecule/domain';
import type { MessageKeyRow } from '../activity/index.ts';
import { type Envelope, isObject } from './envelope.ts';
import type { RelayAnswer, SenderId } from './relay-call.ts';

export interface KeptAnswer {
  digest: Buffer;
  responseStatus: number;
  responseBody: unknown;
  queueId: string | null;
}

export interface MessageKeyStore {
  find(key: Pick<MessageKeyRow, 'senderId' | 'targetId' | 'messageId'>): Promise<KeptAnswer | null>;
  /** All keys in pages, for the filter. */
  scan(visit: (key: string) => void): Promise<void>;
  prune(olderThan: number, limit: number): Promise<number>;
}

export type MessageKey = Omit<MessageKeyRow, 'responseStatus'>;

/** Null when the sender gave no id of its own. */
export function keyOf(sender: SenderId, targetId: string, envelope: Envelope): MessageKey | null {
  if (envelope.messageId === null || envelope.isStreaming) return null;
  return {
    senderId: sender ?? 'canvas',
    targetId,
    messageId: envelope.messageId,
    digest: digestOf(envelope.body),
  };
}

/** The content, without the JSON-RPC id, which differs between tries. */
function digestOf(body: Record<string, unknown>): Buffer {
  const message = isObject(body.params) ? body.params.message : null;
  return createHash('sha256')
    .update(JSON.stringify([body.method, message]))
    .digest();
}

export class MessageKeys {
  readonly #store: MessageKeyStore;
  readonly #filter = new BloomFilter();
  #isFilterLoaded = false;
  readonly #inFlight = new Map<string, { digest: Buffer; answer: Promise<RelayAnswer> }>();

  constructor(store: MessageKeyStore) {
    this.#store = store;
  }

  async loadFilter(): Promise<void> {
    await this.#store.scan((key) => this.#filter.add(key));
    this.#isFilterLoaded = true;
  }

  /** Runs `send` for a new key; joins or replays for a known one (K1, K2). `replayQueued` answers for a queued message. */
  async once(
    key: MessageKey | null,
    send: () => Promise<RelayAnswer>,
    replayQueued: (queueId: string) => Promise<RelayAnswer>,
  ): Promise<RelayAnswer> {
    if (!key) return send();
    const name = nameOf(key);
    const running = this.#inFlight.get(name);
    if (running) return sameContent(running.digest, key) ?? running.answer;
    const answer = this.#replayOrSend(key, name, send, replayQueued);
    this.#inFlight.set(name, { digest: key.digest, answer });
    try {
      return await answer;
    } finally {
      this.#inFlight.delete(name);
    }
  }

  async #replayOrSend(
    key: MessageKey,
    name: string,
    send: () => Promise<RelayAnswer>,
    replayQueued: (queueId: string) => Promise<RelayAnswer>,
  ): Promise<RelayAnswer> {
    if (!this.#isFilterLoaded || this.#filter.mayHave(name)) {
      const kept = await this.#store.find(key);
      if (kept) {
        sameContent(kept.digest, key);
        if (kept.queueId !== null) return replayQueued(kept.queueId);
        return { status: kept.responseStatus, body: kept.responseBody as Record<string, unknown> };
      }
    }
    // Before the send: it may commit its answer and fail to say so.
    this.#filter.add(name);
    return send();
  }
}

function sameContent(digest: Buffer, key: MessageKey): null {
  if (digest.equals(key.digest)) return null;
  throw new Fault(
    'IDEMPOTENCY_MISMATCH',
    'this messageId was used already with another content; use a new one',
  );
}

export function nameOf(key: Pick<MessageKeyRow, 'senderId' | 'targetId' | 'messageId'>): string {
  return `${key.senderId}\n${key.targetId}\n${key.messageId}`;
}

const FILTER_BITS = 2 ** 25;
const FILTER_HASHES = 4;

/** Says "certainly not" or "perhaps". 4 MiB hold 2 million keys with fewer than 1 % false alarms. */
class BloomFilter {
  readonly #bits = new Uint32Array(FILTER_BITS / 32);

  add(text: string): void {
    for (const bit of positions(text))
      this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  mayHave(text: string): boolean {
    return positions(text).every((bit) => ((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0);
  }
}

/** Two FNV-1a hashes, combined (Kirsch and Mitzenmacher). */
function positions(text: string): number[] {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  b |= 1;
  return Array.from({ length: FILTER_HASHES }, (_, i) => ((a + Math.imul(i, b)) >>> 0) % FILTER_BITS);
}
