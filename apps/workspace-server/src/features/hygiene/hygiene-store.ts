// Hygiene store: suggestions, and when memories were last read.
//
//   Y1. A suggestion about a memory is made once: whoever dismissed it is not asked again.
//   Y2. At most LIMITS.suggestionsOpen are open; more wait until some are decided.
//   Y3. No suggestion holds a content.

import type { memories as wire } from '@molecule/contracts';

export interface NewSuggestion {
  kind: wire.SuggestionKind;
  memoryId: string;
  namespace: string;
  /** Of a duplicate: the memory that stays. */
  otherId: string | null;
  /** For people, and without a content. */
  detail: string;
}

export interface Suggestion extends NewSuggestion {
  id: string;
  state: wire.SuggestionState;
  /** Epoch milliseconds. */
  createdAt: number;
}

export interface HygieneStore {
  /** Returns how many were new and had room. */
  suggest(suggestions: readonly NewSuggestion[]): Promise<number>;
  list(state: wire.SuggestionState, limit: number): Promise<Suggestion[]>;
  read(ids: readonly string[]): Promise<Suggestion[]>;
  /** True for one that was open. */
  decide(id: string, state: 'accepted' | 'dismissed', by: string): Promise<boolean>;

  /** What was accepted could not be done. */
  reopen(id: string): Promise<void>;

  markRead(memoryIds: readonly string[], day: string): Promise<void>;
  /** Of these, the ids that were read since reading is noted. */
  readAmong(memoryIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Epoch milliseconds. */
  readsSince(): Promise<number>;
}
