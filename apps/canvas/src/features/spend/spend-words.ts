// Spend words: amounts as this page's language writes them.

import { spokenLocale } from '../../languages/say.ts';

/** US cents. */
export function moneyWords(cents: number): string {
  return (cents / 100).toLocaleString(spokenLocale(), { style: 'currency', currency: 'USD' });
}
