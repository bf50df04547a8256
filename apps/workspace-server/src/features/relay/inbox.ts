// Inbox: holds messages for workspaces that are away or busy, delivers them when they are back, and tells how each ended.
//
//   Q1. Depth is bounded per workspace; beyond it a typed 429, nothing is queued.
//   Q2. Highest priority first, then oldest; of one sender, one at a time, so that its order holds.
//   Q3. A try that finds the agent busy or away puts the same message back; after QUEUE_ATTEMPTS tries it fails.
//   Q4. Every message ends delivered, failed, expired, dropped or cancelled: told by an event and kept for look-up.

import { randomUUID } from 'node:crypto';
import {
  comesBackByItself,
  type DelegationChain,
  faults,
  isFault,
  LIMITS,
  TIMEOUTS_MS,
  type WorkspaceState,
} from '@molecule/domain';
import { DeadlineExceeded, type Log, withDeadline } from '@molecule/kit';
import { textOfReply } from './agent-reply.ts';
import { type Envelope, isObject } from './envelope.ts';
import type { DelegationOfMessage, InboxEnd, InboxStore, QueuedMessage } from './inbox-store.ts';
import type { MessageKey } from './message-keys.ts';
import type { SenderId } from './relay-call.ts';

export interface InboxDeps {
  store: InboxStore;
  now(): number;
  log: Log;
  workspace(id: string): WorkspaceState | null;
  /** How many more messages the workspace takes now. */
  roomOf(workspace: WorkspaceState): number;
  /** One try; a fault when the agent was not reached or is busy. */
  deliver(message: QueuedMessage, target: WorkspaceState): Promise<{ status: number; body: unknown }>;
  /** Told once for each message that ended. */
  onEnded(message: QueuedMessage, end: InboxEnd): Promise<void>;
  publishSoon(): void;
  drainSoon(): void;
  /** Some workspace's depth is another one now. */
  depthsSoon(): void;
}

export interface EndedMessage {
  end: InboxEnd;
  status: number | null;
  body: unknown;
  error: string | null;
}

const PRIORITY_NAMES: Record<string, number> = {
  urgent: 100,
  critical: 100,
  high: 100,
  normal: 50,
  task: 50,
  low: 10,
  info: 10,
};
const DRAIN_BATCH = 256;
const RETRYABLE = new Set([
  'AGENT_BUSY',
  'AGENT_UNREACHABLE',
  'WORKSPACE_UNAVAILABLE',
  'QUEUE_FULL',
  'AGENT_TIMEOUT',
]);

export class Inbox {
  readonly #deps: InboxDeps;
  #open = new Map<string, number>();
  readonly #changed = new Set<string>();
  readonly #sending = new Map<string, string>();
  readonly #waiters = new Map<string, ((ended: EndedMessage) => void)[]>();

  constructor(deps: InboxDeps) {
    this.#deps = deps;
  }

  async load(): Promise<void> {
    await this.#deps.store.recover();
    this.#open = await this.#deps.store.openCounts();
  }

  depthOf(workspaceId: string): number {
    return this.#open.get(workspaceId) ?? 0;
  }

  /** Each workspace whose depth changed since the last time this was asked, with its depth now. */
  takeChangedDepths(): [workspaceId: string, depth: number][] {
    const changed = [...this.#changed].map((id): [string, number] => [id, this.depthOf(id)]);
    this.#changed.clear();
    return changed;
  }

  hasOpen(workspaceId: string): boolean {
    return this.depthOf(workspaceId) > 0;
  }

  /** Resolves with the queue id after the commit. */
  async enqueue(input: {
    workspaceId: string;
    sender: SenderId;
    envelope: Envelope;
    headers: Record<string, string>;
    key: MessageKey | null;
    chain: DelegationChain | null;
  }): Promise<string> {
    const { workspaceId, envelope } = input;
    if (this.depthOf(workspaceId) >= LIMITS.queueDepth) throw faults.queueFull(30);
    this.#count(workspaceId, 1);
    const id = randomUUID();
    try {
      await this.#deps.store.enqueue({
        id,
        workspaceId,
        senderId: input.sender,
        method: envelope.method,
        body: envelope.body,
        headers: input.headers,
        messageId: envelope.messageId,
        delegationId: envelope.delegationId,
        priority: priorityOf(envelope),
        deadlineAt: deadlineOf(envelope, this.#deps.now()),
        key: input.key,
        chain: input.chain,
      });
    } catch (error) {
      this.#count(workspaceId, -1);
      throw error;
    }
    this.#deps.drainSoon();
    return id;
  }

  /** Resolves with the end of a message, or null when `ms` passed before. */
  async waitFor(id: string, ms: number): Promise<EndedMessage | null> {
    const known = await this.#deps.store.find(id);
    if (known && known.status !== 'queued' && known.status !== 'dispatched') return toEnded(known);
    let finish: (ended: EndedMessage) => void = () => {};
    const ended = new Promise<EndedMessage>((resolve) => {
      finish = resolve;
    });
    this.#waiters.set(id, [...(this.#waiters.get(id) ?? []), finish]);
    try {
      return await withDeadline(ended, ms, 'waiting for a queued message');
    } catch (error) {
      if (error instanceof DeadlineExceeded) return null;
      throw error;
    } finally {
      const left = (this.#waiters.get(id) ?? []).filter((waiter) => waiter !== finish);
      if (left.length === 0) this.#waiters.delete(id);
      else this.#waiters.set(id, left);
    }
  }

  find(id: string): Promise<QueuedMessage | null> {
    return this.#deps.store.find(id);
  }

  findByDelegation(delegation: DelegationOfMessage): Promise<QueuedMessage | null> {
    return this.#deps.store.findByDelegation(delegation);
  }

  async cancel(message: QueuedMessage): Promise<boolean> {
    return (
      message.status === 'queued' && this.#end(message, 'cancelled', null, null, 'cancelled by its sender')
    );
  }

  async dropStale(olderThan: number, workspaceId: string | null): Promise<number> {
    let dropped = 0;
    for (const message of await this.#deps.store.listStale(olderThan, workspaceId)) {
      if (await this.#end(message, 'dropped', null, null, 'dropped by an administrator')) dropped++;
    }
    return dropped;
  }

  /** One round. Run by a supervised loop, and soon after anything that may let messages go. */
  async drain(): Promise<void> {
    for (const message of await this.#deps.store.listOverdue(this.#deps.now(), DRAIN_BATCH)) {
      await this.#end(message, 'expired', null, null, 'the message expired before it could be delivered');
    }
    const workspaceIds = [...this.#open.keys()];
    const ready = workspaceIds.filter((id) => this.#judge(id) !== 'wait');
    if (ready.length === 0) return;
    const room = new Map<string, number>();
    for (const message of await this.#deps.store.listQueued(ready, DRAIN_BATCH * 4)) {
      await this.#consider(message, room);
    }
  }

  #judge(workspaceId: string): 'deliver' | 'fail' | 'wait' {
    const workspace = this.#deps.workspace(workspaceId);
    if (!workspace || workspace.status === 'removed') return 'fail';
    return workspace.status === 'online' || workspace.status === 'degraded' ? 'deliver' : 'wait';
  }

  async #consider(message: QueuedMessage, room: Map<string, number>): Promise<void> {
    const workspace = this.#deps.workspace(message.workspaceId);
    if (!workspace || this.#judge(message.workspaceId) === 'fail') {
      await this.#end(message, 'failed', 410, null, 'the workspace was removed');
      return;
    }
    const left = room.get(workspace.id) ?? this.#deps.roomOf(workspace);
    const lane = `${workspace.id}\n${message.senderId ?? ''}`;
    if (left <= 0 || this.#sending.has(lane)) return;
    room.set(workspace.id, left - 1);
    this.#sending.set(lane, message.id);
    this.#send(message, workspace)
      .catch((error: unknown) =>
        this.#deps.log.error({ err: error, queueId: message.id }, 'a queued message got stuck'),
      )
      .finally(() => {
        this.#sending.delete(lane);
        this.#deps.drainSoon();
      });
  }

  async #send(queued: QueuedMessage, workspace: WorkspaceState): Promise<void> {
    const message = await this.#deps.store.claim(queued.id);
    if (!message) return;
    try {
      const answer = await this.#deps.deliver(message, workspace);
      await this.#end(
        message,
        answer.status < 300 ? 'completed' : 'failed',
        answer.status,
        answer.body,
        null,
      );
    } catch (error) {
      if (!isFault(error)) {
        await this.#deps.store.putBack(message.id, 'the server failed; see its log');
        throw error;
      }
      const mayRetry = RETRYABLE.has(error.code) && message.attempts < LIMITS.queueAttempts;
      const isAway = comesBackByItself(this.#deps.workspace(workspace.id)?.status ?? 'removed');
      if (mayRetry || (RETRYABLE.has(error.code) && isAway))
        await this.#deps.store.putBack(message.id, error.message);
      else await this.#end(message, 'failed', null, null, error.message);
    }
  }

  async #end(
    message: QueuedMessage,
    end: InboxEnd,
    status: number | null,
    body: unknown,
    error: string | null,
  ): Promise<boolean> {
    const isFirst = await this.#deps.store.end(message.id, end, {
      responseStatus: status,
      responseBody: body,
      error,
    });
    if (!isFirst) return false;
    this.#count(message.workspaceId, -1);
    this.#deps.publishSoon();
    const ended = { ...message, status: end, responseStatus: status, responseBody: body, lastError: error };
    for (const waiter of this.#waiters.get(message.id) ?? []) waiter(toEnded(ended));
    await this.#deps.onEnded(ended, end);
    return true;
  }

  #count(workspaceId: string, delta: 1 | -1): void {
    const next = this.depthOf(workspaceId) + delta;
    if (next > 0) this.#open.set(workspaceId, next);
    else this.#open.delete(workspaceId);
    this.#changed.add(workspaceId);
    this.#deps.depthsSoon();
  }
}

function toEnded(message: QueuedMessage): EndedMessage {
  return {
    end: message.status as InboxEnd,
    status: message.responseStatus,
    body: message.responseBody,
    error: message.lastError,
  };
}

function metadataOf(envelope: Envelope): Record<string, unknown> {
  const { params } = envelope.body;
  const message = isObject(params) && isObject(params.message) ? params.message : null;
  return isObject(message?.metadata) ? message.metadata : {};
}

function priorityOf(envelope: Envelope): number {
  const { priority } = metadataOf(envelope);
  if (typeof priority === 'string') return PRIORITY_NAMES[priority.toLowerCase()] ?? 50;
  return typeof priority === 'number' && Number.isInteger(priority)
    ? Math.min(Math.max(priority, 0), 100)
    : 50;
}

/** The sender may ask for an earlier end by `metadata.expires_at` (RFC 3339). */
function deadlineOf(envelope: Envelope, now: number): number {
  const asked = metadataOf(envelope).expires_at;
  const at = typeof asked === 'string' ? Date.parse(asked) : Number.NaN;
  return Number.isNaN(at) ? now + TIMEOUTS_MS.queuedMessage : Math.min(at, now + TIMEOUTS_MS.queuedMessage);
}

/** For the text of a delegation that ended in the queue. */
export function textOfEnded(message: QueuedMessage): string {
  return textOfReply(message.responseBody) ?? '';
}
