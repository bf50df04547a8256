// Embedder: makes vectors of texts. It is asked beside the work, never in the way of a write, and a search does without it
// when it is slow or away.

export interface Embedder {
  /** One vector for each text, in order, each of the configured length. Throws when it cannot. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]>;
}
