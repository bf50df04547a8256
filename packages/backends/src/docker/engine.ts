// Engine: the connection to the container engine over its socket.
//
//   E1. Every call has a limit; an engine that is away or frozen ends in BACKEND_TRANSIENT, never in "there is nothing".
//   E2. What the engine answers is told apart by status, never by its text; its text goes to the log only. A full disk is
//       the exception: it has no status of its own, only the kernel's words for it.
//   E3. After a call that found the engine away, questions fail at once for AWAY_MS: many probes cost one wait.

import { Fault, faults } from '@molecule/domain';
import { DeadlineExceeded, withDeadline } from '@molecule/kit';
import type Docker from 'dockerode';

export type { Docker };

const QUESTION_MS = 4_000;
const ACT_MS = 25_000;
const AWAY_MS = 2_000;

type Ask<T> = (docker: Docker, signal: AbortSignal) => Promise<T>;

export class Engine {
  readonly socketPath: string;
  #docker: Docker | null = null;
  #awayUntil = 0;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  /** A question that a sweep asks; E3. */
  ask<T>(question: Ask<T>): Promise<T> {
    if (performance.now() < this.#awayUntil) throw away(new Error('the engine was away a moment ago'));
    return this.act(question, QUESTION_MS);
  }

  /** Null when the engine says that there is no such thing. */
  async find<T>(question: Ask<T>): Promise<T | null> {
    try {
      return await this.ask(question);
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  /** Throws BACKEND_TRANSIENT when the engine does not answer, STORAGE_FULL; its other refusals have a `statusCode`. */
  async act<T>(act: Ask<T>, limitMs = ACT_MS): Promise<T> {
    const docker = await this.#open();
    try {
      const result = await withDeadline((signal) => act(docker, signal), limitMs, 'a call to the engine');
      this.#awayUntil = 0;
      return result;
    } catch (error) {
      if (isDiskFull(error)) throw faults.storageFull(error);
      if (error instanceof Fault || statusOf(error) !== null) throw error;
      if (!isAway(error)) throw error;
      this.#awayUntil = performance.now() + AWAY_MS;
      throw away(error);
    }
  }

  /** Success too when the engine says one of these: what was asked for is so already. */
  async settle(act: Ask<unknown>, statuses: readonly number[], limitMs = ACT_MS): Promise<void> {
    try {
      await this.act(act, limitMs);
    } catch (error) {
      const status = statusOf(error);
      if (status === null || !statuses.includes(status)) throw error;
    }
  }

  /** The library loads much that a server without containers never needs. */
  async #open(): Promise<Docker> {
    if (!this.#docker) {
      const { default: Library } = await import('dockerode');
      this.#docker = new Library({ socketPath: this.socketPath });
    }
    return this.#docker;
  }
}

/** The options of a call that ends with its limit. The library's types do not know that every call takes a signal. */
export function cancelled<T extends object>(abortSignal: AbortSignal, options: T): T {
  return { ...options, abortSignal };
}

/** The HTTP status with which the engine refused; null for every other error. */
export function statusOf(error: unknown): number | null {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : null;
}

/** E2 */
function isDiskFull(error: unknown): boolean {
  const text = (error as { message?: unknown } | null)?.message;
  return statusOf(error) === 500 && /no space left on device|disk quota exceeded/i.test(String(text));
}

function isAway(error: unknown): boolean {
  if (error instanceof DeadlineExceeded) return true;
  const { code, name } = error as NodeJS.ErrnoException;
  return (
    name === 'AbortError' ||
    ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EACCES', 'EPIPE', 'ENOTSOCK', 'ETIMEDOUT'].includes(code ?? '')
  );
}

function away(cause: unknown): Fault {
  return faults.backendTransient('the container engine does not answer', cause);
}
