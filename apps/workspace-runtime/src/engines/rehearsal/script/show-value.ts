// Show value: how a value stands in a text when no filter says otherwise.

import type { Value } from '../operations/operation.ts';
import { showNumber } from '../text/show-number.ts';

export function showValue(value: Value | null): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return showNumber(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(showValue).join(', ');
  return Object.entries(value)
    .map(([key, entry]) => `${key}: ${showValue(entry as Value)}`)
    .join(', ');
}
