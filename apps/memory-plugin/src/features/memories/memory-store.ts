// Memory store: what is remembered, found and forgotten.
//
//   M1. An id names one memory: a second write with it replaces the first in place, and never moves it.
//   M2. Nothing that expired, or whose namespace did, is ever returned, whether or not it was swept.
//   M3. A search returns rows of the named namespaces only.

import type { memoryPlugin } from '@molecule/contracts';

export interface NewMemory {
  id: string;
  content: string;
  kind: memoryPlugin.MemoryKind;
  source: memoryPlugin.MemorySource;
  /** Epoch milliseconds, as the other times. */
  expiresAt: number | null;
  isPinned: boolean;
  propagation: Record<string, unknown> | null;
  /** Null: now, or as before when the id is known. */
  createdAt: number | null;
}

export interface StoredMemory extends Omit<NewMemory, 'createdAt'> {
  namespace: string;
  createdAt: number;
  score: number | null;
}

export interface Search {
  namespaces: readonly string[];
  query: string;
  kinds: readonly memoryPlugin.MemoryKind[] | null;
  propagation: Record<string, string> | null;
  limit: number;
}

export type WriteOutcome = 'stored' | 'namespace_mismatch';

export interface MemoryStore {
  /** Null when there is no such namespace; else one outcome for each memory, in order. Ids must differ. */
  write(namespace: string, memories: readonly NewMemory[]): Promise<WriteOutcome[] | null>;
  /** Pinned first; then by rank where there is a query, then newest first. */
  search(search: Search): Promise<StoredMemory[]>;
  read(namespace: string, id: string): Promise<StoredMemory | null>;
  /** Those of `ids` that these namespaces hold, in no order. */
  readMany(namespaces: readonly string[], ids: readonly string[]): Promise<StoredMemory[]>;
  /** In the order of their first writes; null when there is no such namespace. */
  list(
    namespace: string,
    after: number,
    limit: number,
  ): Promise<{ memories: StoredMemory[]; next: number | null } | null>;
  /** False when there is no such memory in this namespace. */
  forget(namespace: string, id: string): Promise<boolean>;
}
