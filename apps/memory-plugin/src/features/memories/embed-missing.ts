// Embed missing: gives vectors to memories that have none, newest first, beside the work.
//
//   B1. A text that the embedder refuses keeps no other from its vector: the batch is halved until it stands alone.
//   B2. A text is noted as refused only when the embedder takes another one at that moment; else it is the embedder that
//       is wrong, and nothing is noted.
//   B3. An embedder that fails ends the round; the next one begins where this one stopped.

import { type Embedder, TextRefused } from './embedder.ts';
import type { Embedded, Unembedded, VectorStore } from './vector-store.ts';

/** What every embedder takes. */
const HARMLESS = 'a text';

/** Resolves with how many memories were settled: embedded, or noted as refused. */
export async function embedMissing(
  { vectors, embedder }: { vectors: VectorStore; embedder: Embedder | null },
  batch: number,
  signal: AbortSignal,
): Promise<number> {
  if (!embedder) return 0;
  const rows = await vectors.missing(batch);
  await settle(vectors, embedder, rows, signal);
  return rows.length;
}

async function settle(
  vectors: VectorStore,
  embedder: Embedder,
  rows: readonly Unembedded[],
  signal: AbortSignal,
): Promise<void> {
  if (rows.length === 0) return;
  try {
    const made = await embedder.embed(
      rows.map(({ content }) => content),
      signal,
    );
    await store(vectors, rows, made);
  } catch (error) {
    if (!(error instanceof TextRefused)) throw error;
    if (rows.length > 1) {
      const middle = rows.length >> 1;
      await settle(vectors, embedder, rows.slice(0, middle), signal);
      await settle(vectors, embedder, rows.slice(middle), signal);
      return;
    }
    // B2: throws what the embedder says of a text that nobody could refuse.
    await embedder.embed([HARMLESS], signal);
    await vectors.refuse(rows);
  }
}

async function store(
  vectors: VectorStore,
  rows: readonly Unembedded[],
  made: readonly (readonly number[])[],
): Promise<void> {
  const byNamespace = new Map<string, Embedded[]>();
  for (const [i, { namespace, id, content }] of rows.entries()) {
    const vector = made[i];
    if (vector) byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), { id, content, vector }]);
  }
  for (const [namespace, embedded] of byNamespace) await vectors.put(namespace, embedded);
}
