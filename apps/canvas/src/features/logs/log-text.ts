// Log text: the lines that a follower shows, bounded, so that a talkative agent never fills the browser.

import { say } from '../../languages/say.ts';

export interface LogLine {
  at: string | null;
  stream: 'stdout' | 'stderr';
  text: string;
}

export const LINES_KEPT = 2_000;

export function appendLines(before: readonly LogLine[], more: readonly LogLine[]): LogLine[] {
  return [...before, ...more].slice(-LINES_KEPT);
}

/** A line that begins with its time, which the view shows beside it, without it. */
export function withoutTime({ at, text }: LogLine): string {
  const [first = '', ...rest] = text.split(' ');
  return at !== null && Date.parse(first) === Date.parse(at) ? rest.join(' ') : text;
}

/** What one event of the stream tells: more lines, or why there are none now. */
export function readLogEvent(data: string): { lines: LogLine[] } | { error: string } {
  try {
    const told = JSON.parse(data) as { lines?: LogLine[]; error?: string };
    if (Array.isArray(told.lines)) return { lines: told.lines };
    return { error: typeof told.error === 'string' ? told.error : say('logs.theLogWasNot') };
  } catch {
    return { error: say('logs.theLogWasNot') };
  }
}
