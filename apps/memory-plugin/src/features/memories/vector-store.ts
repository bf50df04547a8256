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

export interface Nearest {
  id: string;
  /** Cosine similarity, above 0 and at most 1. */
  score: number;
}

export interface VectorStore {
  put(namespace: string, embedded: readonly Embedded[]): Promise<void>;
  /** Best first. Exact over the newest SCANNED of the memories asked for. */
  nearest(search: Omit<Search, 'query'>, vector: readonly number[]): Promise<Nearest[]>;
  /** Live memories without a vector of today's model, newest first. */
  missing(limit: number): Promise<{ namespace: string; id: string; content: string }[]>;
}
