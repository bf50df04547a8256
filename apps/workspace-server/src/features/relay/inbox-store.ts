// Inbox store: messages that wait for their workspace.
//
//   I1. A message is committed before its sender hears that it is queued.
//   I2. Every open message has a deadline; its end is written once, with an event.
//   I3. `dispatched` messages of a server that died are queued again.

import type { DelegationChain } from '@molecule/domain';
import type { MessageKey } from './message-keys.ts';

export type InboxStatus =
  | 'queued'
  | 'dispatched'
  | 'completed'
  | 'failed'
  | 'dropped'
  | 'expired'
  | 'cancelled';
export type InboxEnd = Exclude<InboxStatus, 'queued' | 'dispatched'>;

export interface QueuedMessage {
  id: string;
  seq: number;
  workspaceId: string;
  senderId: string | null;
  method: string;
  body: Record<string, unknown>;
  headers: Record<string, string>;
  messageId: string | null;
  delegationId: string | null;
  priority: number;
  status: InboxStatus;
  attempts: number;
  lastError: string | null;
  responseStatus: number | null;
  responseBody: unknown;
  createdAt: number;
  deadlineAt: number | null;
  chain: DelegationChain | null;
}

export interface NewMessage {
  id: string;
  workspaceId: string;
  senderId: string | null;
  method: string;
  body: Record<string, unknown>;
  headers: Record<string, string>;
  messageId: string | null;
  delegationId: string | null;
  priority: number;
  deadlineAt: number;
  key: MessageKey | null;
  chain: DelegationChain | null;
}

export interface DelegationOfMessage {
  id: string;
  sourceId: string;
  targetId: string;
}

export interface InboxStore {
  enqueue(message: NewMessage): Promise<void>;
  find(id: string): Promise<QueuedMessage | null>;
  /** Others may put the same id into their messages: only the source's to the target is the delegation's. */
  findByDelegation(delegation: DelegationOfMessage): Promise<QueuedMessage | null>;
  /** Queued messages of these workspaces, highest priority first, then oldest. */
  listQueued(workspaceIds: readonly string[], limit: number): Promise<QueuedMessage[]>;
  /** Claims a queued message for one try; null when somebody else had it. */
  claim(id: string): Promise<QueuedMessage | null>;
  /** Back into the queue after a try that did not reach the agent. */
  putBack(id: string, error: string): Promise<void>;
  /** Writes the end with its event; false when it had ended already. */
  end(
    id: string,
    status: InboxEnd,
    answer: { responseStatus: number | null; responseBody: unknown; error: string | null },
  ): Promise<boolean>;
  /** I3. */
  recover(): Promise<number>;
  openCounts(): Promise<Map<string, number>>;
  listOverdue(now: number, limit: number): Promise<QueuedMessage[]>;
  listStale(olderThan: number, workspaceId: string | null): Promise<QueuedMessage[]>;
  prune(olderThan: number, limit: number): Promise<number>;
}
