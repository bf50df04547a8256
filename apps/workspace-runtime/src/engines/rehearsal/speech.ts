// Speech: turns a text into stream pieces at a pace that a person can follow, and marks what no model said.
//
//   S1. All pieces together are the text, unchanged.
//   S2. However long the text, saying it is slowed down by at most SAY_MS.

import type { Clock } from '@molecule/kit';

/** Stands under every answer of this engine; the machine-readable mark is `metadata.simulated`. */
export const MARK = '— rehearsal engine: no model was asked';
const PIECE_CHARS = 80;
const SAY_MS = 1_200;

export interface Pace {
  paceMs: number;
  clock: Clock;
  signal: AbortSignal;
}

export async function* speak(text: string, pace: Pace): AsyncGenerator<{ type: 'text'; delta: string }> {
  if (pace.paceMs === 0) {
    if (text !== '') yield { type: 'text', delta: text };
    return;
  }
  const pieces = piecesOf(text);
  const pauseMs = Math.min(pace.paceMs, SAY_MS / pieces.length);
  for (const delta of pieces) {
    yield { type: 'text', delta };
    await pace.clock.sleep(pauseMs, pace.signal);
  }
}

/** Cuts after blanks, at about PIECE_CHARS, and never inside a surrogate pair. */
export function piecesOf(text: string): string[] {
  return (
    text.match(new RegExp(`[\\s\\S]{1,${PIECE_CHARS}}(?:\\S{0,40}\\s|$)|[\\s\\S]{1,${PIECE_CHARS}}`, 'gu')) ??
    []
  );
}

export function withoutMark(text: string): string {
  const trimmed = text.trimEnd();
  return trimmed.endsWith(MARK) ? trimmed.slice(0, -MARK.length).trimEnd() : trimmed;
}
