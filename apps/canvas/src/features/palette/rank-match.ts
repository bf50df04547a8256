// Rank match: how well an entry of the palette fits what was typed; 0 hides it. Every typed word must occur.

/** `value` may carry an id after a line break, which keeps equal names apart and is never searched. */
export function rankMatch(value: string, search: string, keywords: readonly string[] = []): number {
  const name = (value.split('\n', 1)[0] ?? '').toLowerCase();
  const about = keywords.join(' ').toLowerCase();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  let rank = 1;
  for (const word of words) {
    if (name.startsWith(word)) continue;
    if (name.includes(` ${word}`)) rank = Math.min(rank, 0.8);
    else if (name.includes(word)) rank = Math.min(rank, 0.6);
    else if (about.includes(word)) rank = Math.min(rank, 0.3);
    else return 0;
  }
  return rank;
}
