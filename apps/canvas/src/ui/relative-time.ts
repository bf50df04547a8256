// Relative time: how long ago, in as few characters as a narrow column allows.

import { say } from '../languages/say.ts';
import { numberWords, timeWords } from '../languages/value-words.ts';

type Ago = { unit: 'now' } | { unit: 'day' } | { unit: 'second' | 'minute' | 'hour'; count: number };

export function agoWords(atMs: number, nowMs: number): string {
  const ago = agoOf(atMs, nowMs);
  if (ago.unit === 'now') return say('ui.now');
  if (ago.unit === 'day') return timeWords(atMs, 'shortDay');
  return countWords(ago);
}

/** To stand after a verb: “just now”, “3 min ago”, or the day. */
export function agoPhrase(atMs: number, nowMs: number): string {
  const ago = agoOf(atMs, nowMs);
  if (ago.unit === 'now') return say('ui.justNow');
  if (ago.unit === 'day') return timeWords(atMs, 'shortDay');
  return say('ui.ago', { time: countWords(ago) });
}

function agoOf(atMs: number, nowMs: number): Ago {
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1000));
  if (seconds < 5) return { unit: 'now' };
  if (seconds < 60) return { unit: 'second', count: seconds };
  if (seconds < 3_600) return { unit: 'minute', count: Math.floor(seconds / 60) };
  return seconds < 86_400 ? { unit: 'hour', count: Math.floor(seconds / 3_600) } : { unit: 'day' };
}

function countWords({ unit, count }: Extract<Ago, { count: number }>): string {
  if (unit === 'second') return say('ui.seconds', { seconds: String(count) });
  return unit === 'minute' ? say('ui.minutes', { count }) : say('ui.hours', { count });
}

export function durationWords(ms: number): string {
  if (ms < 1_000) return say('ui.milliseconds', { count: Math.round(ms) });
  if (ms < 60_000) return say('ui.seconds', { seconds: numberWords(ms / 1_000, 1) });
  const part = (unitMs: number, of: number) => Math.floor((ms % of) / unitMs);
  if (ms < 3_600_000) {
    return say('ui.minutesSeconds', { minutes: part(60_000, 3_600_000), seconds: part(1_000, 60_000) });
  }
  return say('ui.hoursMinutes', { hours: Math.floor(ms / 3_600_000), minutes: part(60_000, 3_600_000) });
}

export function clockTime(atMs: number): string {
  return timeWords(atMs, 'clock');
}
