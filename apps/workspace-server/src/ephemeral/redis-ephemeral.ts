// Ephemeral state in Redis or Valkey, for tenants that run more than one process.
//
//   R1. Redis being away fails nothing: publishes are dropped and counted, reads answer null, writes return.
//   R2. Every call is bounded by COMMAND_TIMEOUT_MS, so a hanging Redis cannot hang a request.

import { randomUUID } from 'node:crypto';
import type { Log } from '@molecule/kit';
import { Redis } from 'ioredis';
import type { Ephemeral } from './ephemeral.ts';

const COMMAND_TIMEOUT_MS = 250;
const MAX_RETRY_DELAY_MS = 5_000;

export class RedisEphemeral implements Ephemeral {
  readonly kind = 'redis';
  readonly #self = randomUUID();
  readonly #commands: Redis;
  readonly #subscriber: Redis;
  readonly #listeners = new Map<string, ((message: unknown) => void)[]>();
  readonly #prefix: string;
  readonly #log: Log;
  #dropped = 0;

  constructor(url: string, prefix: string, log: Log) {
    this.#prefix = prefix;
    this.#log = log;
    const options = {
      lazyConnect: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: 1_000,
      retryStrategy: (attempt: number) => Math.min(attempt * 100, MAX_RETRY_DELAY_MS),
    };
    this.#commands = new Redis(url, options);
    this.#subscriber = new Redis(url, { ...options, commandTimeout: undefined, enableOfflineQueue: true });
    for (const connection of [this.#commands, this.#subscriber]) {
      connection.on('error', (error) => this.#log.debug({ err: error }, 'redis is away'));
    }
    this.#commands.on('ready', () => {
      if (this.#dropped > 0)
        this.#log.warn({ dropped: this.#dropped }, 'redis is back; some broadcasts were dropped');
      this.#dropped = 0;
    });
    this.#subscriber.on('message', (channel: string, text: string) => this.#receive(channel, text));
  }

  publish(channel: string, message: unknown): void {
    const text = JSON.stringify({ from: this.#self, message });
    this.#commands.publish(this.#prefix + channel, text).catch(() => {
      this.#dropped++;
    });
  }

  subscribe(channel: string, listener: (message: unknown) => void): void {
    const name = this.#prefix + channel;
    const known = this.#listeners.get(name);
    if (known) {
      known.push(listener);
      return;
    }
    this.#listeners.set(name, [listener]);
    this.#subscriber.subscribe(name).catch((error: unknown) => {
      this.#log.warn(
        { err: error, channel },
        'could not subscribe yet; ioredis subscribes again when it reconnects',
      );
    });
  }

  async get(key: string): Promise<string | null> {
    return this.#attempt(() => this.#commands.get(this.#prefix + key), null);
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#attempt(() => this.#commands.set(this.#prefix + key, value, 'PX', Math.max(1, ttlMs)), null);
  }

  async delete(key: string): Promise<void> {
    await this.#attempt(() => this.#commands.del(this.#prefix + key), 0);
  }

  isReachable(): boolean {
    return this.#commands.status === 'ready';
  }

  async stop(): Promise<void> {
    this.#commands.disconnect();
    this.#subscriber.disconnect();
  }

  async #attempt<T>(command: () => Promise<T>, fallback: T): Promise<T> {
    try {
      return await command();
    } catch (error) {
      this.#log.debug({ err: error }, 'redis command failed; going on without');
      return fallback;
    }
  }

  #receive(channel: string, text: string): void {
    try {
      const { from, message } = JSON.parse(text) as { from: string; message: unknown };
      if (from === this.#self) return;
      for (const listener of this.#listeners.get(channel) ?? []) listener(message);
    } catch (error) {
      this.#log.warn({ err: error, channel }, 'a broadcast of another process could not be read');
    }
  }
}
