// Ephemeral state of a tenant that runs as one process: a map with expiry. There are no other processes to tell.

import type { Clock } from '@molecule/kit';
import type { Ephemeral } from './ephemeral.ts';

const MAX_ENTRIES = 50_000;

export class InProcessEphemeral implements Ephemeral {
  readonly kind = 'in-process';
  readonly #clock: Clock;
  readonly #values = new Map<string, { value: string; expiresAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  publish(): void {}

  subscribe(): void {}

  async get(key: string): Promise<string | null> {
    const entry = this.#values.get(key);
    if (!entry) return null;
    if (entry.expiresAt > this.#clock.now()) return entry.value;
    this.#values.delete(key);
    return null;
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    this.#values.delete(key);
    this.#values.set(key, { value, expiresAt: this.#clock.now() + ttlMs });
    // The oldest entry makes room: it is a cache.
    if (this.#values.size > MAX_ENTRIES) {
      const [oldest] = this.#values.keys();
      if (oldest !== undefined) this.#values.delete(oldest);
    }
  }

  async delete(key: string): Promise<void> {
    this.#values.delete(key);
  }

  isReachable(): boolean {
    return true;
  }

  async stop(): Promise<void> {
    this.#values.clear();
  }
}
