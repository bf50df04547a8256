// Circuit breaker: stops calling what does not answer, and finds out by one call at a time whether it is back.
//
//   B1. `failuresToOpen` failures in a row open it; while it is open, calls fail at once.
//   B2. After the cooldown exactly one call goes through: it closes the breaker, or opens it for another cooldown.

import type { Clock } from '@molecule/kit';

export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen';
  readonly retryAfterMs: number;
  constructor(retryAfterMs: number) {
    super('the circuit is open');
    this.retryAfterMs = retryAfterMs;
  }
}

export interface BreakerOptions {
  clock: Clock;
  failuresToOpen: number;
  /** Milliseconds; jittered, so that many breakers do not try at once. */
  cooldownMs: () => number;
  /** Errors that say something about the far side, and not about the call. */
  isFailure: (error: unknown) => boolean;
  onClose?: () => void;
}

export class CircuitBreaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #openUntil: number | null = null;
  #isProbing = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#openUntil !== null;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const isProbe = this.#admit();
    try {
      const result = await work();
      this.#succeed();
      return result;
    } catch (error) {
      if (this.#options.isFailure(error)) this.#fail();
      else this.#succeed();
      throw error;
    } finally {
      if (isProbe) this.#isProbing = false;
    }
  }

  /** For when somebody else saw that the far side is back. */
  reset(): void {
    this.#succeed();
  }

  /** True when this call is the one that finds out (B2). */
  #admit(): boolean {
    if (this.#openUntil === null) return false;
    const leftMs = this.#openUntil - this.#options.clock.now();
    if (leftMs > 0 || this.#isProbing) throw new CircuitOpen(Math.max(1_000, leftMs));
    this.#isProbing = true;
    return true;
  }

  #succeed(): void {
    this.#failures = 0;
    if (this.#openUntil === null) return;
    this.#openUntil = null;
    this.#options.onClose?.();
  }

  #fail(): void {
    this.#failures++;
    if (this.#failures < this.#options.failuresToOpen && this.#openUntil === null) return;
    this.#openUntil = this.#options.clock.now() + this.#options.cooldownMs();
  }
}
