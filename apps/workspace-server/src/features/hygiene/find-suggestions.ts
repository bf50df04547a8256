// Find suggestions: compares the memories of one namespace with each other, as they are shown to it one after the other,
// oldest first.
//
//   E1. Of duplicates the older one stays, unless only the newer one is pinned; a pinned memory is never suggested away.
//   E2. Summaries and checkpoints are not compared: the next one is like the last one by nature.

import { createHash } from 'node:crypto';
import { plainText } from '../memories/index.ts';
import type { HygieneStore, NewSuggestion } from './hygiene-store.ts';
import { bandsOf, likeness, type Sketch, sketchOf } from './likeness.ts';

export interface SeenMemory {
  id: string;
  namespace: string;
  content: string;
  kind: string;
  isPinned: boolean;
  createdAt: number;
  expiresAt: number | null;
}

export const NEAR = 0.85;
const NEAR_LEAST_CHARS = 40;
const DAY_MS = 24 * 3_600_000;
const UNREAD_MS = 90 * DAY_MS;
const ENDS_SOON_MS = 3 * DAY_MS;

interface Known {
  id: string;
  isPinned: boolean;
  sketch: Sketch;
}

/** Of one namespace; holds a sketch of each memory, and no content. */
export class Comparison {
  readonly #exact = new Map<string, { id: string; isPinned: boolean }>();
  readonly #byBand = new Map<string, Known[]>();

  /** Null for a memory that is like no other before it. */
  add(memory: SeenMemory): NewSuggestion | null {
    if (memory.kind !== 'fact') return null;
    const plain = plainText(memory.content);
    const digest = createHash('sha256').update(plain).digest('base64');
    const twin = this.#exact.get(digest);
    if (twin) return this.#pair('duplicate', twin, memory, 'says the same as an older memory');
    this.#exact.set(digest, { id: memory.id, isPinned: memory.isPinned });
    return plain.length < NEAR_LEAST_CHARS ? null : this.#near(memory, plain);
  }

  #near(memory: SeenMemory, plain: string): NewSuggestion | null {
    const sketch = sketchOf(plain);
    const bands = bandsOf(sketch);
    const seen = new Set<string>();
    let best: { known: Known; share: number } | null = null;
    for (const band of bands) {
      for (const known of this.#byBand.get(band) ?? []) {
        if (seen.has(known.id)) continue;
        seen.add(known.id);
        const share = likeness(sketch, known.sketch);
        if (share >= NEAR && share > (best?.share ?? 0)) best = { known, share };
      }
    }
    const own: Known = { id: memory.id, isPinned: memory.isPinned, sketch };
    for (const band of bands) {
      const held = this.#byBand.get(band);
      if (!held) this.#byBand.set(band, [own]);
      // What so many share is a common beginning, and no likeness.
      else if (held.length < 32) held.push(own);
    }
    if (!best) return null;
    return this.#pair(
      'near_duplicate',
      best.known,
      memory,
      `has about ${Math.round(best.share * 100)} % in common with an older memory`,
    );
  }

  /** E1. */
  #pair(
    kind: 'duplicate' | 'near_duplicate',
    older: { id: string; isPinned: boolean },
    newer: SeenMemory,
    detail: string,
  ): NewSuggestion | null {
    if (older.isPinned && newer.isPinned) return null;
    const [goes, stays] = newer.isPinned ? [older.id, newer.id] : [newer.id, older.id];
    const said = newer.isPinned ? detail.replace('an older', 'a newer, pinned') : detail;
    return { kind, memoryId: goes, namespace: newer.namespace, otherId: stays, detail: said };
  }
}

/** What is about to end though it is read, and what nobody read in ninety days. */
export async function byReading(
  store: Pick<HygieneStore, 'readAmong' | 'readsSince'>,
  memories: readonly SeenMemory[],
  now: number,
): Promise<NewSuggestion[]> {
  const ending = memories.filter(({ expiresAt }) => expiresAt !== null && expiresAt - now <= ENDS_SOON_MS);
  const isLongNoted = now - (await store.readsSince()) >= UNREAD_MS;
  const old = isLongNoted
    ? memories.filter(
        ({ createdAt, isPinned, expiresAt }) =>
          !isPinned && expiresAt === null && now - createdAt >= UNREAD_MS,
      )
    : [];
  if (ending.length + old.length === 0) return [];
  const read = await store.readAmong([...ending, ...old].map(({ id }) => id));
  return [
    ...ending
      .filter(({ id }) => read.has(id))
      .map(({ id, namespace, expiresAt }) =>
        suggestion(
          'expiring',
          id,
          namespace,
          `is read, and ends at ${new Date(expiresAt ?? 0).toISOString()}`,
        ),
      ),
    ...old
      .filter(({ id }) => !read.has(id))
      .map(({ id, namespace }) =>
        suggestion('never_read', id, namespace, 'is older than 90 days, and nobody ever read it'),
      ),
  ];
}

function suggestion(
  kind: NewSuggestion['kind'],
  memoryId: string,
  namespace: string,
  detail: string,
): NewSuggestion {
  return { kind, memoryId, namespace, otherId: null, detail };
}
