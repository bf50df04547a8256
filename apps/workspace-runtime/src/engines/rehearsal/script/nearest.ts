// Nearest: the known word that a mistyped one was probably meant to be.

/** The candidate with the smallest edit distance; the first of equals. */
export function nearest(word: string, candidates: readonly string[]): string {
  const ranked = candidates.map((candidate) => ({
    candidate,
    distance: editDistance(word.slice(0, 60), candidate),
  }));
  return ranked.reduce((best, entry) => (entry.distance < best.distance ? entry : best)).candidate;
}

export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
