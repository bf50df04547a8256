// Connect: reports this agent to the workspace server, and keeps trying until it is taken.
//
//   C1. The server being away never ends this process; it is asked again with a growing pause, at most `MAX_PAUSE_MS`.
//   C2. Only a workspace that is gone ends it: 410, or a refusal right after the server said it does not know us. A token
//       that is refused otherwise is read again from its file and tried on.
//   C3. At most one registration is in flight; a token that comes back is stored before anything else uses it.

import { CallError } from '@molecule/client';
import { registry } from '@molecule/contracts';
import { backoffMs, type Clock, type Log } from '@molecule/kit';
import type { ServedCard } from '../a2a/card.ts';
import { type Platform, WorkspaceGone } from './platform.ts';
import type { TokenStore } from './token-store.ts';

export const FIRST_PAUSE_MS = 250;
export const MAX_PAUSE_MS = 15_000;

export interface ConnectDeps {
  platform: Platform;
  tokens: TokenStore;
  card: () => ServedCard;
  clock: Clock;
  log: Log;
}

export class Connection {
  readonly #deps: ConnectDeps;
  #inFlight: Promise<void> | null = null;
  #isRegistered = false;
  #isUnknown = false;

  constructor(deps: ConnectDeps) {
    this.#deps = deps;
  }

  get isRegistered(): boolean {
    return this.#isRegistered;
  }

  /** The server refused us: the next `register` really registers. `isUnknown`: it said that we don't exist. */
  lost(isUnknown: boolean): void {
    this.#isRegistered = false;
    this.#isUnknown = isUnknown;
  }

  /** Resolves when registered; rejects with WorkspaceGone, or with the signal's reason. */
  register(signal: AbortSignal): Promise<void> {
    this.#inFlight ??= this.#registerUntilTaken(signal).finally(() => {
      this.#inFlight = null;
    });
    return this.#inFlight;
  }

  async #registerUntilTaken(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    for (let attempt = 1; !this.#isRegistered; attempt++) {
      signal.throwIfAborted();
      try {
        await this.attempt(signal);
      } catch (error) {
        if (error instanceof WorkspaceGone) throw error;
        signal.throwIfAborted();
        const pauseMs = backoffMs(attempt, { baseMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS });
        if (attempt <= 3 || attempt % 10 === 0) {
          log.warn({ attempt, pauseMs, reason: describe(error) }, 'the server did not register us yet');
        }
        await clock.sleep(pauseMs, signal);
      }
    }
  }

  /** One attempt; rejects with WorkspaceGone, or with whatever went wrong. */
  async attempt(signal: AbortSignal): Promise<void> {
    const { platform, tokens, card, log } = this.#deps;
    const agentCard = card();
    try {
      const reply = await platform.call(registry.register, {
        body: { id: platform.workspaceId, url: agentCard.url, agent_card: agentCard },
        signal,
      });
      if (reply.auth_token) await tokens.store(reply.auth_token);
      this.#isRegistered = true;
      this.#isUnknown = false;
      log.info({ url: agentCard.url }, 'registered');
    } catch (error) {
      if (error instanceof CallError && this.#meansGone(error.status)) throw new WorkspaceGone(error.message);
      throw error;
    }
  }

  #meansGone(status: number): boolean {
    return status === 410 || (this.#isUnknown && (status === 401 || status === 403 || status === 404));
  }
}

function describe(error: unknown): string {
  if (error instanceof CallError) return `${error.status} ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as { code?: string } | undefined;
  return cause?.code ? `${error.message} (${cause.code})` : error.message;
}
