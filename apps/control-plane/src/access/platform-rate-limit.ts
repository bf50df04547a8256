// Platform rate limit: a fixed window of one minute for each caller, and narrow ones for guessing passwords and names.
//
//   L1. Whoever proves who they are has a budget of their own; the rest share one for each address.
//   L2. The address is the one that the edge signed for; a forwarding header from anybody else counts for nothing.
//   L3. The number of windows kept is bounded; the oldest go first.

import type { platform } from '@molecule/contracts';
import { Fault } from '@molecule/domain';
import { EDGE_HEADER, verifyEdge } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PlatformCaller } from './caller.ts';

const WINDOW_MS = 60_000;
const MAX_WINDOWS = 50_000;
const BUDGET = 600;
/** For each address and operation. */
const NARROW: Readonly<Record<string, number>> = {
  createAccount: 20,
  openSession: 20,
  beginProviderSignIn: 60,
  finishProviderSignIn: 60,
  readInstance: 120,
  joinWaitlist: 20,
};
/** What the edge signs towards the control plane. */
export const CONTROL_PLANE_SUBJECT = 'control-plane';

export class PlatformRateLimit {
  readonly #clock: Clock;
  readonly #edgeKey: string;
  readonly #windows = new Map<string, { startedAt: number; used: number }>();

  constructor(clock: Clock, edgeKey: string) {
    this.#clock = clock;
    this.#edgeKey = edgeKey;
  }

  /** Sets the headers and throws RATE_LIMITED when a budget is used up. */
  admit(
    route: platform.PlatformRoute,
    caller: PlatformCaller,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    if (route.name === 'platformHealth' || caller.kind === 'edge') return;
    const address = this.addressOf(request);
    const narrow = NARROW[route.name];
    const budget = narrow ?? (caller.kind === 'partner' ? caller.rateLimitPerMinute : BUDGET);
    this.#spend(narrow === undefined ? keyOf(caller, address) : `${route.name}:${address}`, budget, reply);
  }

  /** L2. */
  addressOf(request: FastifyRequest): string {
    const isSigned = verifyEdge(
      this.#edgeKey,
      CONTROL_PLANE_SUBJECT,
      request.headers[EDGE_HEADER],
      this.#clock.now(),
    );
    const forwarded = request.headers['x-forwarded-for'];
    return isSigned && typeof forwarded === 'string' ? forwarded : request.ip;
  }

  #spend(key: string, budget: number, reply: FastifyReply): void {
    const now = this.#clock.now();
    let window = this.#windows.get(key);
    if (!window || now - window.startedAt >= WINDOW_MS) {
      window = { startedAt: now, used: 0 };
      this.#windows.delete(key);
      this.#windows.set(key, window);
      const [oldest] = this.#windows.keys();
      if (this.#windows.size > MAX_WINDOWS && oldest !== undefined) this.#windows.delete(oldest);
    }
    window.used++;
    const resetSeconds = Math.max(1, Math.ceil((window.startedAt + WINDOW_MS - now) / 1000));
    reply.header('x-ratelimit-limit', String(budget));
    reply.header('x-ratelimit-remaining', String(Math.max(0, budget - window.used)));
    if (window.used <= budget) return;
    throw new Fault('RATE_LIMITED', 'rate limit exceeded', {
      retryAfterSeconds: resetSeconds,
      extra: { retry_after: resetSeconds },
    });
  }
}

function keyOf(caller: PlatformCaller, address: string): string {
  switch (caller.kind) {
    case 'person':
      return `person:${caller.person.id}`;
    case 'partner':
      return `partner:${caller.keyId}`;
    case 'tenant':
    case 'boot':
      return `tenant:${caller.orgId}`;
    case 'operator':
      return 'operator';
    default:
      return `address:${address}`;
  }
}
