// Embedder: makes vectors of texts. It is asked beside the work, never in the way of a write, and a search does without it
// when it is slow or away.

/** The service is well, and does not take one of these texts. */
export class TextRefused extends Error {
  override readonly name = 'TextRefused';
}

export interface Embedder {
  /** One vector for each text, in order, each of the configured length. Throws TextRefused, or another error when it fails. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]>;
}
