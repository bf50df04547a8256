// Drive delegations: sends what is pending, resumes what a crash left behind, ends what is past its deadline.
//
//   D1. A delegation is sent under its own id as message id, so an agent that saw it already answers without working twice.
//   D2. What was `dispatched` when the server died is sent again; nothing stays open for ever (its deadline ends it).
//   D3. At most MAX_AT_ONCE run at a time; a hung target uses its own place only until the deadline.
//   D4. A delegation that the server itself fails at is given up after MAX_BUGS rounds; the others go on.
//   D5. What is left to a polling target stays queued until the target answers; nobody else ends it.

import { type Fault, isFault, LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import type { Clock, Log } from '@molecule/kit';
import {
  errorOfReply,
  type FetchedAnswer,
  type InboxEnd,
  isFailedTask,
  isLeftToFetch,
  parseEnvelope,
  type QueuedMessage,
  type RelayAnswer,
  type RelayInput,
  textOfReply,
} from '../relay/index.ts';
import type { AdvanceFields, Delegation, DelegationStore } from './delegation-store.ts';

const MAX_AT_ONCE = 64;
const BATCH = 256;
const RETRYABLE_ATTEMPTS = 2;
const MAX_BUGS = 5;

export interface DriveDeps {
  delegations: DelegationStore;
  clock: Clock;
  log: Log;
  relay(input: RelayInput): Promise<RelayAnswer>;
  /** The inbox's message of a delegation, if there is one. */
  findQueued(delegation: Delegation): Promise<QueuedMessage | null>;
  publishSoon(): void;
  driveSoon(): void;
}

export class DelegationDriver {
  readonly #deps: DriveDeps;
  readonly #running = new Set<string>();
  readonly #bugs = new Map<string, number>();

  constructor(deps: DriveDeps) {
    this.#deps = deps;
  }

  /** One round. Run by a supervised loop. */
  async round(): Promise<void> {
    const now = this.#deps.clock.now();
    for (const delegation of await this.#deps.delegations.listOpen(BATCH)) {
      if (delegation.deadlineAt !== null && delegation.deadlineAt <= now) {
        await this.#end(delegation, 'failed', { error: 'the delegation ran out of time' });
      } else if (!delegation.isRecorded && ['pending', 'dispatched'].includes(delegation.status)) {
        this.#drive(delegation);
      } else if (!delegation.isRecorded && delegation.status === 'queued') {
        await this.#followQueue(delegation);
      }
    }
  }

  /** The message of a delegation ended in the inbox. Told by the inbox, and looked for by every round. */
  async messageEnded(message: QueuedMessage, end: InboxEnd): Promise<void> {
    if (message.delegationId === null) return;
    const delegation = await this.#deps.delegations.find(message.delegationId);
    const isItsOwn = delegation?.sourceId === message.senderId && delegation.targetId === message.workspaceId;
    if (delegation && isItsOwn) await this.#settleQueued(delegation, message, end);
  }

  /** D5. By the id that the answer names; where it names none, by the only one that it can be. */
  async answered({ from, to, delegationId, text }: FetchedAnswer): Promise<boolean> {
    const open = await this.#deps.delegations.listOpenBetween(to, from, LIMITS.delegationsInFlight);
    const meant = delegationId === null ? open : open.filter(({ id }) => id === delegationId);
    const [delegation, another] = meant;
    if (!delegation || another) return false;
    await this.#end(delegation, 'completed', { responseText: text, via: 'poll' });
    return true;
  }

  async #followQueue(delegation: Delegation): Promise<void> {
    const message = await this.#deps.findQueued(delegation);
    if (!message || message.status === 'queued' || message.status === 'dispatched') return;
    await this.#settleQueued(delegation, message, message.status);
  }

  async #settleQueued(delegation: Delegation, message: QueuedMessage, end: InboxEnd): Promise<void> {
    if (end !== 'completed') {
      await this.#end(delegation, 'failed', { error: message.lastError ?? `the message ended as ${end}` });
      return;
    }
    const status = message.responseStatus ?? 200;
    const body = (message.responseBody ?? {}) as Record<string, unknown>;
    await this.#settle(delegation, { status, body }, 'queue_drain');
  }

  #drive(delegation: Delegation): void {
    if (this.#running.has(delegation.id) || this.#running.size >= MAX_AT_ONCE) return;
    this.#running.add(delegation.id);
    this.#run(delegation)
      .then(
        () => {
          this.#bugs.delete(delegation.id);
          this.#deps.driveSoon();
        },
        (error: unknown) => this.#noteBug(delegation, error),
      )
      .finally(() => this.#running.delete(delegation.id));
  }

  /** D4. The next round of the loop tries again; the loop is not hurried. */
  async #noteBug(delegation: Delegation, error: unknown): Promise<void> {
    const count = (this.#bugs.get(delegation.id) ?? 0) + 1;
    this.#bugs.set(delegation.id, count);
    this.#deps.log.error(
      { err: error, delegationId: delegation.id, count },
      'driving a delegation failed by a bug',
    );
    if (count < MAX_BUGS) return;
    this.#bugs.delete(delegation.id);
    await this.#end(delegation, 'failed', { error: 'the server failed to send it; its log says why' });
  }

  async #run(delegation: Delegation): Promise<void> {
    await this.#deps.delegations.advance(delegation.id, 'dispatched', { isAttempt: true });
    this.#deps.publishSoon();
    try {
      await this.#settle(delegation, await this.#deps.relay(toRelayInput(delegation)));
    } catch (error) {
      if (!isFault(error)) throw error;
      await this.#retryOrFail(delegation, error);
    }
  }

  async #settle(delegation: Delegation, answer: RelayAnswer, via?: 'queue_drain'): Promise<void> {
    const reply: unknown = Buffer.isBuffer(answer.body)
      ? JSON.parse(answer.body.toString('utf8'))
      : answer.body;
    if (answer.status === 202 || isLeftToFetch(answer)) {
      await this.#deps.delegations.advance(delegation.id, 'queued');
      this.#deps.publishSoon();
      return;
    }
    const failure =
      errorOfReply(reply) ?? (isFailedTask(reply) ? (textOfReply(reply) ?? 'the agent failed') : null);
    if (failure !== null || answer.status >= 300) {
      await this.#end(delegation, 'failed', { error: failure ?? JSON.stringify(reply) });
      return;
    }
    const responseText = textOfReply(reply) ?? '';
    await this.#end(delegation, 'completed', { responseText, ...(via === undefined ? {} : { via }) });
  }

  /** One retry, after a pause, when the target says that it was not reached and comes back. */
  async #retryOrFail(delegation: Delegation, fault: Fault): Promise<void> {
    const isRestarting = fault.code === 'AGENT_UNREACHABLE' || fault.extra.restarting === true;
    if (isRestarting && delegation.attempts + 1 < RETRYABLE_ATTEMPTS) {
      await this.#deps.clock.sleep(TIMEOUTS_MS.delegationRetry);
      return; // Still `dispatched`: the next round sends it again.
    }
    await this.#end(delegation, 'failed', { error: fault.message });
  }

  async #end(delegation: Delegation, status: 'completed' | 'failed', fields: AdvanceFields): Promise<void> {
    await this.#deps.delegations.advance(delegation.id, status, fields);
    this.#deps.publishSoon();
  }
}

function toRelayInput(delegation: Delegation): RelayInput {
  const message = {
    role: 'user',
    kind: 'message',
    messageId: delegation.id,
    parts: [{ kind: 'text', type: 'text', text: delegation.task }],
    metadata: { delegation_id: delegation.id, source_workspace_id: delegation.sourceId },
  };
  const body = { jsonrpc: '2.0', id: delegation.id, method: 'message/send', params: { message } };
  return {
    sender: delegation.sourceId,
    targetId: delegation.targetId,
    envelope: parseEnvelope(Buffer.from(JSON.stringify(body))),
    deadlineMs: null,
    hasNoCeiling: false,
    preference: 'respond-async',
    chain: delegation.chain,
  };
}
