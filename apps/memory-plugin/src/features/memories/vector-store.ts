// Vector store: what memories mean, as vectors of one model and one length.
//
//   V1. A vector belongs to the text it was made of: it goes with the memory, and when the text changes.
//   V2. A search by vector sees what a search by words sees: the named namespaces, nothing that expired (M2, M3).
//   V3. Memories without a vector are not found by vector; they are found by words all the same.

import type { Search } from './memory-store.ts';

export interface Embedded {
  id: string;
  /** The text that the vector was made of. */
  content: string;
  vector: readonly number[];
}

export interface Unembedded {
  namespace: string;
  id: string;
  content: string;
}

export interface Nearest {
  id: string;
  /** Cosine similarity, above 0 and at most 1. */
  score: number;
}

/**
 * How a search compares now. `exact`: in this process, over the newest vectors. `pgvector`: exactly, in the database. `hnsw`: by
 * an index of the database, exactly where few may be seen.
 */
export type VectorIndex = 'exact' | 'pgvector' | 'hnsw';

export interface VectorStore {
  readonly index: VectorIndex;
  put(namespace: string, embedded: readonly Embedded[]): Promise<void>;
  /** Best first. */
  nearest(search: Omit<Search, 'query'>, vector: readonly number[]): Promise<Nearest[]>;
  /** Live memories without a vector of today's model that were not refused, newest first. */
  missing(limit: number): Promise<Unembedded[]>;
  /** Their texts, if they are still these, can't be embedded by today's model. */
  refuse(memories: readonly Unembedded[]): Promise<void>;
  /** How many are refused by today's model. */
  refused(): Promise<number>;
}
