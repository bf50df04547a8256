// Delegation store: tasks that one workspace handed to another, until their end.
//
//   G1. A delegation, its activity row and its event are committed before the answer.
//   G2. Every open delegation has a deadline; the sweep ends those past it.
//   G3. One key of one source names one delegation until it failed; a racing second insert finds the first.
//   G4. An end is written once: completed and failed are final.
//   G5. The bound on open delegations is judged with the new one in it, one source at a time: no race passes it.

import type { DelegationChain } from '@molecule/domain';

export type DelegationStatus = 'pending' | 'dispatched' | 'queued' | 'completed' | 'failed';

export interface Delegation {
  id: string;
  sourceId: string;
  targetId: string;
  task: string;
  status: DelegationStatus;
  /** Sent by the agent itself; the server only keeps the books. */
  isRecorded: boolean;
  responseText: string | null;
  error: string | null;
  attempts: number;
  deadlineAt: number | null;
  createdAt: number;
  updatedAt: number;
  /** Null for those from before there were chains. */
  chain: DelegationChain | null;
}

export interface NewDelegation {
  id: string;
  sourceId: string;
  targetId: string;
  task: string;
  status: DelegationStatus;
  isRecorded: boolean;
  idempotencyKey: string | null;
  error: string | null;
  deadlineAt: number | null;
  chain: DelegationChain | null;
  /** How many that the server drives may be open for this source; null for no bound. */
  maxOpen: number | null;
}

export interface AdvanceFields {
  responseText?: string | null;
  error?: string | null;
  isAttempt?: boolean;
  /** How an answer came that did not come at once; told with the event. */
  via?: 'queue_drain' | 'poll';
}

export interface DelegationStore {
  /** The new delegation, or the one that already has this key. QUEUE_FULL beyond `maxOpen` (G5). */
  create(input: NewDelegation): Promise<{ delegation: Delegation; isNew: boolean }>;
  find(id: string): Promise<Delegation | null>;
  listBySource(sourceId: string, limit: number): Promise<Delegation[]>;
  /** Open delegations that the server has to drive or end: those past their deadline, those to send, those that wait. */
  listOpen(limit: number): Promise<Delegation[]>;
  /** Moves on from an open status; null when the delegation had ended already (G4). */
  advance(id: string, to: DelegationStatus, fields?: AdvanceFields): Promise<Delegation | null>;
  /** Sent and not ended, from one to the other, oldest first. */
  listOpenBetween(sourceId: string, targetId: string, limit: number): Promise<Delegation[]>;
}
