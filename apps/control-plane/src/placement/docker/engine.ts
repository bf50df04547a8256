// Engine: the container engine of this machine, with a limit for every call. What it refuses has a `statusCode`; an engine
// that is away ends in BACKEND_TRANSIENT, never in "there is nothing".

import { Fault, faults } from '@molecule/domain';
import { DeadlineExceeded, withDeadline } from '@molecule/kit';
import type Docker from 'dockerode';

export type { Docker };

const CALL_MS = 25_000;

export class Engine {
  readonly #socketPath: string;
  #docker: Docker | null = null;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async call<T>(act: (docker: Docker) => Promise<T>, limitMs = CALL_MS): Promise<T> {
    try {
      const docker = await this.#open();
      return await withDeadline(act(docker), limitMs, 'a call to the container engine');
    } catch (error) {
      if (error instanceof Fault || statusOf(error) !== null) throw error;
      const { code } = error as NodeJS.ErrnoException;
      if (!(error instanceof DeadlineExceeded) && code === undefined) throw error;
      throw faults.backendTransient('the container engine does not answer', error);
    }
  }

  /** Null when the engine says that there is no such thing. */
  find<T>(act: (docker: Docker) => Promise<T>): Promise<T | null> {
    return this.call(act).catch((error: unknown) => {
      if (statusOf(error) === 404) return null;
      throw error;
    });
  }

  /** Success too when the engine says one of these: what was asked for is so already. */
  async settle(act: (docker: Docker) => Promise<unknown>, statuses: readonly number[], limitMs = CALL_MS) {
    try {
      await this.call(act, limitMs);
    } catch (error) {
      if (!statuses.includes(statusOf(error) ?? 0)) throw error;
    }
  }

  /** The library is loaded when the driver is used. */
  async #open(): Promise<Docker> {
    if (!this.#docker) {
      const { default: Library } = await import('dockerode');
      this.#docker = new Library({ socketPath: this.#socketPath });
    }
    return this.#docker;
  }
}

function statusOf(error: unknown): number | null {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : null;
}
