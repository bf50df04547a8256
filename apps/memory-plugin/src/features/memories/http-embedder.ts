// HTTP embedder: vectors from a service with the widespread `POST <base>/embeddings`, hosted or on the same machine.

import type { Secret } from '@molecule/kit';
import { z } from 'zod';
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

const answer = z.object({
  data: z.array(z.object({ index: z.number().int(), embedding: z.array(z.number()) })),
});

export class EmbedderFailed extends Error {
  override readonly name = 'EmbedderFailed';
}

export class HttpEmbedder implements Embedder {
  readonly #target: EmbedderTarget;

  constructor(target: EmbedderTarget) {
    this.#target = target;
  }

  async embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]> {
    const { url, model, key, dimensions } = this.#target;
    const response = await fetch(`${url.replace(/\/+$/, '')}/embeddings`, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        ...(key ? { authorization: `Bearer ${key.reveal()}` } : {}),
      },
      body: JSON.stringify({ model, input: texts.map((text) => text.slice(0, TEXT_CHARS)) }),
      signal,
    });
    if (!response.ok) {
      await response.body?.cancel();
      if (REFUSALS.has(response.status))
        throw new TextRefused(`the embedder refused a text with ${response.status}`);
      throw new EmbedderFailed(`the embedder answered ${response.status}`);
    }
    const parsed = answer.safeParse(parseJson(await readBounded(response)));
    if (!parsed.success) throw new EmbedderFailed('the embedder answered something else than vectors');
    const byIndex = new Map(parsed.data.data.map(({ index, embedding }) => [index, embedding]));
    return texts.map((_, i) => {
      const vector = byIndex.get(i);
      if (vector?.length !== dimensions)
        throw new EmbedderFailed(
          `the embedder answered ${vector?.length ?? 'no'} numbers, not ${dimensions}`,
        );
      return vector;
    });
  }
}

async function readBounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > ANSWER_BYTES) throw new EmbedderFailed('the embedder answered too much');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EmbedderFailed('the embedder answered no JSON', { cause: error });
  }
}
