// Provider embedder: vectors from a service with the widespread `POST <base>/embeddings`, hosted or on the same machine, asked
// through the AI SDK's provider for such services. Answers are bounded, and no redirect is followed.

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { Secret } from '@molecule/kit';
import { type Embedder, TextRefused } from './embedder.ts';

export interface EmbedderTarget {
  /** Base address, such as http://localhost:11434/v1. */
  url: string;
  model: string;
  key: Secret | null;
  dimensions: number;
}

/** Models read no more; the end of a long text has no part in its vector. */
const TEXT_CHARS = 8_000;
/** What services say to a text that is too long or forbidden; other statuses are about them or about us. */
const REFUSALS = new Set([400, 413, 422]);
const ANSWER_BYTES = 32 * 1024 * 1024;

export class EmbedderFailed extends Error {
  override readonly name = 'EmbedderFailed';
}

export class ProviderEmbedder implements Embedder {
  readonly #model;
  readonly #dimensions: number;

  constructor({ url, model, key, dimensions }: EmbedderTarget) {
    const provider = createOpenAICompatible({
      name: 'embedder',
      baseURL: url.replace(/\/+$/, ''),
      fetch: fetchBounded,
      ...(key ? { apiKey: key.reveal() } : {}),
    });
    this.#model = provider.textEmbeddingModel(model);
    this.#dimensions = dimensions;
  }

  async embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]> {
    const values = texts.map((text) => text.slice(0, TEXT_CHARS));
    const { embeddings } = await this.#ask(values, signal);
    return texts.map((_, i) => {
      const vector = embeddings[i];
      if (vector?.length !== this.#dimensions)
        throw new EmbedderFailed(
          `the embedder answered ${vector?.length ?? 'no'} numbers, not ${this.#dimensions}`,
        );
      return vector;
    });
  }

  async #ask(values: string[], abortSignal: AbortSignal) {
    try {
      return await this.#model.doEmbed({ values, abortSignal });
    } catch (error) {
      abortSignal.throwIfAborted();
      const status = (error as { statusCode?: unknown }).statusCode;
      if (typeof status === 'number' && REFUSALS.has(status))
        throw new TextRefused(`the embedder refused a text with ${status}`);
      // What the provider says may quote the texts that were sent.
      throw new EmbedderFailed(
        typeof status === 'number'
          ? `the embedder answered ${status}`
          : 'the embedder did not answer with vectors',
      );
    }
  }
}

async function fetchBounded(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'error' });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > ANSWER_BYTES) throw new EmbedderFailed('the embedder answered too much');
    parts.push(part);
  }
  return new Response(Buffer.concat(parts), { status: response.status, headers: response.headers });
}
