// Backoff: how long to wait before attempt n. Doubles up to a ceiling; the random half keeps many browsers from
// returning in the same instant after a server restart.

const FIRST_MS = 300;
const CEILING_MS = 10_000;

/** Milliseconds before the attempt with this number (1 is the first retry); `random` in [0, 1). */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(CEILING_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10));
  return Math.round(full / 2 + (full / 2) * random);
}
