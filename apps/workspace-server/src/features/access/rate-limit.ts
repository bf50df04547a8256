// Rate limit: a fixed window of one minute for each caller. Whoever proves who they are has a budget of their own; the
// rest share one for each address.
//
//   R1. Health and metrics are never limited; neither is anything in development mode.
//   R2. Registering and heartbeats of a workspace have a budget beside its other calls, so that a full house on one
//       machine never meets a 429.
//   R3. The number of windows kept is bounded; the oldest go first.

import type { RouteContract } from '@molecule/contracts';
import { Fault } from '@molecule/domain';
import type { Caller } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';

const WINDOW_MS = 60_000;
const VITAL_BUDGET = 60;
const EXEMPT = new Set(['health', 'readiness', 'metrics']);
const VITAL = new Set(['register', 'heartbeat']);

interface Window {
  startedAt: number;
  used: number;
}

export class RateLimit {
  readonly #clock: Clock;
  /** Requests a minute; null for no limit. */
  readonly #budget: number | null;
  readonly #maxWindows: number;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, budget: number | null, maxWindows: number) {
    this.#clock = clock;
    this.#budget = budget;
    this.#maxWindows = maxWindows;
  }

  /** Sets the headers and throws RATE_LIMITED when the budget is used up. */
  admit(route: RouteContract, caller: Caller, request: FastifyRequest, reply: FastifyReply): void {
    if (EXEMPT.has(route.name)) return;
    const isVital = VITAL.has(route.name) && caller.kind === 'workspace';
    const budget = isVital ? VITAL_BUDGET : (this.#budget ?? Number.POSITIVE_INFINITY);
    this.spend(`${isVital ? 'vital:' : ''}${keyOf(caller, request.ip)}`, budget, WINDOW_MS, reply);
  }

  /** One unit of a budget; also used for rarer calls with windows of their own. */
  spend(key: string, budget: number, windowMs: number, reply: FastifyReply): void {
    if (this.#budget === null) {
      reply.header('x-ratelimit-limit', 'unlimited');
      return;
    }
    const now = this.#clock.now();
    const window = this.#windowOf(key, now, windowMs);
    window.used++;
    const resetSeconds = Math.max(1, Math.ceil((window.startedAt + windowMs - now) / 1000));
    reply.header('x-ratelimit-limit', String(budget));
    reply.header('x-ratelimit-remaining', String(Math.max(0, budget - window.used)));
    reply.header('x-ratelimit-reset', String(resetSeconds));
    if (window.used <= budget) return;
    throw new Fault('RATE_LIMITED', 'rate limit exceeded', {
      retryAfterSeconds: resetSeconds,
      extra: { retry_after: resetSeconds },
    });
  }

  #windowOf(key: string, now: number, windowMs: number): Window {
    const known = this.#windows.get(key);
    if (known && now - known.startedAt < windowMs) return known;
    const fresh = { startedAt: now, used: 0 };
    this.#windows.delete(key);
    this.#windows.set(key, fresh);
    if (this.#windows.size > this.#maxWindows) {
      const [oldest] = this.#windows.keys();
      if (oldest !== undefined) this.#windows.delete(oldest);
    }
    return fresh;
  }
}

function keyOf(caller: Caller, address: string): string {
  switch (caller.kind) {
    case 'workspace':
      return `workspace:${caller.workspaceId}`;
    case 'org_token':
      return `org:${caller.tokenId}`;
    case 'session':
      return `session:${caller.sessionId}`;
    case 'admin':
      return 'admin';
    case 'anonymous':
    case 'invalid':
    case 'removed_workspace':
      return `address:${address}`;
  }
}
