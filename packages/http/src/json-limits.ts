// JSON limits: what a body may not hold although it is valid JSON. Both walks keep their own stack, so that a body of
// nothing but brackets cannot use up ours.

import { LIMITS } from '@molecule/domain';

/** Deeper than anything that means something, and than what every printer and validator stands. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > LIMITS.jsonDepth) return true;
    level = level.flatMap((entry) =>
      typeof entry === 'object' && entry !== null ? Object.values(entry).filter(isContainer) : [],
    );
  }
  return false;
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** No text in there, names included, holds NUL or half a surrogate pair: databases and other programs cannot keep them. */
export function isText(value: unknown): boolean {
  const waiting = [value];
  while (waiting.length > 0) {
    const entry = waiting.pop();
    if (typeof entry === 'string') {
      if (/\0|\p{Surrogate}/u.test(entry)) return false;
    } else if (typeof entry === 'object' && entry !== null) {
      for (const [name, inner] of Object.entries(entry)) {
        if (!Array.isArray(entry)) waiting.push(name);
        waiting.push(inner);
      }
    }
  }
  return true;
}
