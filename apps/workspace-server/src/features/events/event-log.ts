// Event log: publishes committed events in one order, and reads them back.

import type { events } from '@molecule/contracts';

export interface PublishedEvent {
  seq: number;
  id: string;
  workspaceId: string | null;
  type: string;
  payload: Record<string, unknown>;
  /** Epoch milliseconds. */
  createdAt: number;
}

export interface EventQuery {
  workspaceId?: string;
  type?: string;
  limit: number;
  /** Only events strictly older than this time, epoch milliseconds. */
  before?: number;
}

export interface EventLog {
  /** Gives the next `seq` to up to `limit` committed events that have none, and returns them in that order. */
  publishNext(limit: number): Promise<PublishedEvent[]>;
  /** Newest first. */
  newest(query: EventQuery): Promise<PublishedEvent[]>;
  /** Ascending, strictly after `seq`; null when that point was pruned or never existed. */
  since(seq: number, limit: number, workspaceId?: string): Promise<PublishedEvent[] | null>;
  /** Appends an event that changes no row. It is told once it is published. */
  append(event: EventDraft): Promise<void>;
}

export interface EventDraft {
  workspaceId: string | null;
  type: events.StoredEventType;
  payload: Record<string, unknown>;
  actor: string;
}

/** Appends in the transaction of the change that the event tells of. */
export type AppendIn<Tx> = (tx: Tx, event: EventDraft) => Promise<void>;
