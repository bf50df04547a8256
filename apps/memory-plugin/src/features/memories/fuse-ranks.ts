// Fuse ranks: one order out of two, by place and not by score, since scores of words and of vectors have no common measure.
// Weighted reciprocal rank fusion: a first place in both is 1.

const PLACE_OFFSET = 60;
const WEIGHTS = { vector: 0.6, text: 0.4 } as const;

/** Ids, each list best first; the fused score of each id is above 0 and at most 1. */
export function fuseRanks(vector: readonly string[], text: readonly string[]): Map<string, number> {
  const scores = new Map<string, number>();
  for (const [list, weight] of [
    [vector, WEIGHTS.vector],
    [text, WEIGHTS.text],
  ] as const) {
    for (const [place, id] of list.entries()) {
      const score = (weight * (PLACE_OFFSET + 1)) / (PLACE_OFFSET + 1 + place);
      scores.set(id, (scores.get(id) ?? 0) + score);
    }
  }
  return new Map([...scores].sort(([, a], [, b]) => b - a));
}
