// Activity log: what workspaces did and were asked. A row is committed before anybody is told of it.

export interface NewActivity {
  workspaceId: string;
  type: string;
  sourceId: string | null;
  targetId: string | null;
  method: string | null;
  summary: string | null;
  /** JSON text, so that a body that came as text is not parsed and printed again. */
  requestBody: string | null;
  responseBody: string | null;
  toolTrace: string | null;
  durationMs: number | null;
  status: string;
  errorDetail: string | null;
  /** The chain of delegations that it belongs to. */
  chainId: string | null;
  /** The sender's idempotency key, kept in the same transaction. */
  messageKey: MessageKeyRow | null;
}

export interface MessageKeyRow {
  senderId: string;
  targetId: string;
  messageId: string;
  digest: Buffer;
  responseStatus: number;
}

export interface StoredActivity
  extends Omit<NewActivity, 'messageKey' | 'requestBody' | 'responseBody' | 'toolTrace'> {
  id: string;
  seq: number;
  /** Epoch milliseconds. */
  createdAt: number;
  requestBody: unknown;
  responseBody: unknown;
  toolTrace: unknown;
}

export interface ActivityQuery {
  workspaceId: string;
  type?: string;
  source?: 'canvas' | 'agent';
  limit: number;
  /** Ascending, strictly after this row. */
  sinceId?: string;
  /** Epoch milliseconds. */
  notBefore?: number;
  before?: number;
  peerId?: string;
}

export interface ActivityLog {
  /** Resolves with the new row's id after the commit. */
  write(activity: NewActivity): Promise<string>;
  /** Null when `sinceId` names no row of this workspace (pruned or foreign). */
  list(query: ActivityQuery): Promise<StoredActivity[] | null>;
  /** Deletes rows older than the given time; returns how many, at most `limit`. */
  prune(olderThan: number, limit: number): Promise<number>;
}
