// Receive GitHub: one delivery, from its bytes to its effect.
//
//   W1. Nothing of a delivery is read before its signature is checked over the raw body.
//   W2. A delivery has its effect once in 24 hours: also when the same one comes twice at once, or while the first is
//       still at work.
//   W3. A delivery that had no effect (refused, or the target failed) is not remembered: GitHub may send it again.

import { randomUUID } from 'node:crypto';
import { faults, isFault, TIMEOUTS_MS } from '@molecule/domain';
import type { Clock, Secret } from '@molecule/kit';
import { parseEnvelope, type RelayAnswer, type RelayInput } from '../relay/index.ts';
import type { DeliveryStore } from './delivery-store.ts';
import { type GithubRequest, readGithubEvent } from './read-github-event.ts';
import { isSigned } from './verify-signature.ts';

/** Makes schedules due now. The feature that owns the schedules fills it. */
export interface ScheduleTrigger {
  /** Enabled schedules of this repository whose name contains one of `names`, in any case; returns how many. */
  trigger(match: { repository: string | null; names: readonly string[] }): Promise<number>;
}

/** A tenant without schedules: no name matches anything. */
export const NO_SCHEDULES: ScheduleTrigger = { trigger: async () => 0 };

export interface WebhookDeps {
  secret: Secret | null;
  deliveries: DeliveryStore;
  relay(input: RelayInput): Promise<RelayAnswer>;
  schedules: ScheduleTrigger;
  clock: Clock;
}

export interface Delivery {
  rawBody: Buffer | null;
  signature: string | undefined;
  event: string;
  deliveryId: string | null;
  /** From the path; the payload may name another where the path names none. */
  workspaceId: string | null;
}

const SOURCE = 'github';

export class GithubReceiver {
  readonly #deps: WebhookDeps;
  /** Deliveries at work (W2). */
  readonly #running = new Set<string>();

  constructor(deps: WebhookDeps) {
    this.#deps = deps;
  }

  async receive(delivery: Delivery): Promise<RelayAnswer> {
    const { secret } = this.#deps;
    if (!secret) throw faults.webhookNotConfigured('github');
    if (!delivery.rawBody) throw faults.invalidRequest('failed to read request body');
    if (!isSigned(secret, delivery.rawBody, delivery.signature)) {
      throw faults.invalidCredential('invalid webhook signature');
    }
    const request = readGithubEvent(delivery.event, delivery.rawBody, delivery.deliveryId);
    if (request.kind === 'ignore') return ignored(request.reason);
    return this.#once(delivery.deliveryId, () => this.#act(request, delivery));
  }

  /** W2 and W3. */
  async #once(id: string | null, act: () => Promise<RelayAnswer>): Promise<RelayAnswer> {
    if (id === null) return act();
    if (this.#running.has(id)) return ignored(REPEATED);
    this.#running.add(id);
    try {
      const { deliveries, clock } = this.#deps;
      if (await deliveries.isKnown(SOURCE, id, clock.now() - TIMEOUTS_MS.webhookDelivery))
        return ignored(REPEATED);
      const answer = await act();
      if (answer.status < 400) await deliveries.remember(SOURCE, id);
      return answer;
    } finally {
      this.#running.delete(id);
    }
  }

  #act(request: Exclude<GithubRequest, { kind: 'ignore' }>, delivery: Delivery): Promise<RelayAnswer> {
    return request.kind === 'trigger' ? this.#trigger(request) : this.#send(request, delivery);
  }

  async #trigger(request: Extract<GithubRequest, { kind: 'trigger' }>): Promise<RelayAnswer> {
    const { event, action, repository, scheduleNames } = request;
    try {
      const affected = await this.#deps.schedules.trigger({ repository, names: scheduleNames });
      return { status: 200, body: { status: 'triggered', event, action, schedules_affected: affected } };
    } catch (error) {
      if (isFault(error)) throw error;
      throw faults.internal('failed to trigger schedules', error);
    }
  }

  #send(request: Extract<GithubRequest, { kind: 'message' }>, delivery: Delivery): Promise<RelayAnswer> {
    const targetId = delivery.workspaceId ?? request.workspaceId;
    if (targetId === null || targetId === '') throw faults.invalidRequest('missing workspace id');
    const message = {
      role: 'user',
      kind: 'message',
      messageId: `github-${delivery.deliveryId ?? randomUUID()}`,
      parts: [{ kind: 'text', text: request.text }],
    };
    const params = { message, metadata: request.metadata };
    const body = { jsonrpc: '2.0', id: message.messageId, method: 'message/send', params };
    return this.#deps.relay({
      sender: 'webhook:github',
      targetId: targetId.toLowerCase(),
      envelope: parseEnvelope(Buffer.from(JSON.stringify(body))),
      deadlineMs: null,
      hasNoCeiling: false,
    });
  }
}

const REPEATED = 'this delivery was taken already';

function ignored(reason: string): RelayAnswer {
  return { status: 202, body: { status: 'ignored', reason } };
}
