// Vector search: what vectors add to the search by words.
//
//   S1. A vector of a wrong length is refused by name, on write and on search; nothing of that call is stored.
//   S2. With a vector alone, rows are in order of likeness. With words too, the two orders are fused.
//   S3. An embedder that fails or is slow costs a search its vectors, never its answer; writes never wait for it.

import type { Log } from '@molecule/kit';
import { pluginFaults } from '../../plugin-fault.ts';
import type { Embedder } from './embedder.ts';
import { fuseRanks } from './fuse-ranks.ts';
import type { MemoryStore, Search, StoredMemory } from './memory-store.ts';
import type { VectorStore } from './vector-store.ts';

/** Each order goes so far beyond what was asked for, so that what is good in both is not missed. */
const DEPTH = 3;
const QUESTION_MS = 800;

export interface VectorDeps {
  memories: Pick<MemoryStore, 'search' | 'readMany'>;
  vectors: VectorStore;
  embedder: Embedder | null;
  dimensions: number;
  log: Log;
}

/** S1; what does not belong to any direction cannot be compared. */
export function checkVector(dimensions: number, vector: readonly number[]): void {
  const details = { reason: 'wrong_dimensions', dimensions };
  if (vector.length !== dimensions)
    throw pluginFaults.badRequest(`embedding: must have ${dimensions} numbers`, details);
  if (!vector.every((x) => Number.isFinite(Math.fround(x))) || vector.every((x) => Math.fround(x) === 0))
    throw pluginFaults.badRequest('embedding: must be finite and point somewhere');
}

export async function searchWithVectors(
  deps: VectorDeps,
  search: Search,
  given: readonly number[] | null,
): Promise<StoredMemory[]> {
  if (given) checkVector(deps.dimensions, given);
  const vector = given ?? (await vectorOf(deps, search.query));
  if (!vector) return deps.memories.search(search);
  const deep = { ...search, limit: DEPTH * search.limit };
  const hasWords = search.query.trim() !== '';
  const [near, worded] = await Promise.all([
    deps.vectors.nearest(deep, vector),
    hasWords ? deps.memories.search(deep) : [],
  ]);
  const scores = hasWords
    ? fuseRanks(
        near.map(({ id }) => id),
        worded.map(({ id }) => id),
      )
    : new Map(near.map(({ id, score }) => [id, score]));
  const known = new Map(worded.map((row) => [row.id, row]));
  const unread = [...scores.keys()].filter((id) => !known.has(id));
  for (const row of await deps.memories.readMany(search.namespaces, unread)) known.set(row.id, row);
  const found = [...scores].flatMap(([id, score]) => {
    const row = known.get(id);
    return row ? [{ ...row, score }] : [];
  });
  return [...found.filter((row) => row.isPinned), ...found.filter((row) => !row.isPinned)].slice(
    0,
    search.limit,
  );
}

async function vectorOf({ embedder, log }: VectorDeps, query: string): Promise<number[] | null> {
  if (!embedder || query.trim().length < 2) return null;
  try {
    return (await embedder.embed([query], AbortSignal.timeout(QUESTION_MS)))[0] ?? null;
  } catch (error) {
    log.warn({ err: error }, 'the embedder does not answer; searching by words alone');
    return null;
  }
}
