// Ephemeral state: a bus and a cache that may be lost at any time without losing anything that was acknowledged.

export interface Ephemeral {
  readonly kind: 'in-process' | 'redis';
  /** Tells other processes of this tenant; best effort, never blocks, never throws. */
  publish(channel: string, message: unknown): void;
  /** Messages of other processes only: what this process published does not come back. */
  subscribe(channel: string, listener: (message: unknown) => void): void;
  /** Short-lived values; a missing or unreachable cache answers null. */
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  isReachable(): boolean;
  stop(): Promise<void>;
}
