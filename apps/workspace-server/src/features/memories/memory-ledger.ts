// Memory ledger: what the server itself knows about memories: who wrote what others read, what has to be told, and what
// the plugin has still to do.
//
//   L1. The author of a wide memory is noted before the plugin gets it; the plugin is never asked who wrote something.
//   L2. Every organisation-wide write and deletion is intended here before the plugin is called, and told as activity in
//       the end, whatever happens in between.
//   L3. What has to be done at the plugin (purges, first memories) stays here until the plugin has done it.

import type { Tx } from '@molecule/postgres';

export interface NewAudit {
  id: string;
  activityType: 'memory_write_global' | 'memory.forget' | 'memory.import';
  workspaceId: string;
  memoryId: string;
  /** What the activity calls the namespace. */
  label: string;
  /** SHA-256 of the redacted content; null for a deletion. */
  contentDigest: Buffer | null;
}

export interface Audit extends NewAudit {
  isDone: boolean;
}

export interface Author {
  memoryId: string;
  namespace: string;
  writerId: string;
}

export interface Seed {
  id: string;
  workspaceId: string;
  scope: 'LOCAL' | 'TEAM' | 'GLOBAL';
  content: string;
}

export interface MemoryLedger {
  noteAuthor(author: Author): Promise<void>;
  authorsOf(memoryIds: readonly string[]): Promise<ReadonlyMap<string, Author>>;
  forgetAuthor(memoryId: string): Promise<void>;
  /** The workspaces that ever wrote for everybody and are not purged. */
  orgWriters(): Promise<string[]>;

  intend(audit: NewAudit): Promise<void>;
  done(auditId: string): Promise<void>;
  /** The plugin refused: there is nothing to tell. */
  withdraw(auditId: string): Promise<void>;
  /** Done, or intended before `before` (epoch milliseconds) and never finished. */
  untold(before: number, limit: number): Promise<Audit[]>;
  told(auditId: string): Promise<void>;

  purges(limit: number): Promise<string[]>;
  purged(namespace: string): Promise<void>;

  /** In the transaction that makes their workspace. */
  keepSeedsIn(tx: Tx, seeds: readonly Seed[]): Promise<void>;
  seeds(limit: number): Promise<Seed[]>;
  planted(seedId: string): Promise<void>;
}
