// Numerals: reads the numbers that people write: 1,250.5, £3.2 million, 12%, 40 per cent.

import type { Located } from './lines.ts';

export interface Numeral extends Located {
  value: number;
  kind: 'number' | 'percent' | 'money';
  /** Digits after the decimal point as written; what a rounded figure may be off by. */
  decimals: number;
}

const NUMERAL =
  /(?<![\p{L}\p{N}.,])([$€£¥])?(\d{1,3}(?:,\d{3})+|\d{1,15})(\.\d{1,6})?(?:\s?(%|per\s?cent\b|percent\b)|\s?(thousand|million|billion|trillion|bn)\b|([km])\b)?(?![\p{L}\p{N}])/giu;
const SCALES: Readonly<Record<string, number>> = {
  k: 1e3,
  thousand: 1e3,
  m: 1e6,
  million: 1e6,
  bn: 1e9,
  billion: 1e9,
  trillion: 1e12,
};

export function numeralsIn(text: string): Numeral[] {
  return Array.from(text.matchAll(NUMERAL), (match) => {
    const [whole, currency, digits, fraction = '', percent, word, letter] = match;
    const value =
      Number(`${digits!.replaceAll(',', '')}${fraction}`) *
      (SCALES[(word ?? letter)?.toLowerCase() ?? ''] ?? 1);
    const kind = percent ? 'percent' : currency ? 'money' : 'number';
    return { text: whole, offset: match.index, value, kind, decimals: Math.max(0, fraction.length - 1) };
  });
}
