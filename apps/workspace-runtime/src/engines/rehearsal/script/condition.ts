// Condition: when a step runs: `present document`, `empty document`, `count.words above 500`, `count.words below 20`.

import type { Value } from '../operations/operation.ts';
import { isEmpty, PATH_FORM, type Path, readPath } from './scope.ts';

export interface Condition {
  path: Path;
  test: 'present' | 'empty' | 'above' | 'below';
  limit: number;
}

/** Null when the text is no condition. */
export function parseCondition(source: string): Condition | null {
  const words = source.trim().split(/\s+/);
  const [first = '', second = '', third = ''] = words;
  if (words.length === 2 && (first === 'present' || first === 'empty') && PATH_FORM.test(second)) {
    return { path: second.split('.'), test: first, limit: 0 };
  }
  if (words.length !== 3 || (second !== 'above' && second !== 'below') || !PATH_FORM.test(first)) return null;
  return /^-?\d{1,9}$/.test(third) ? { path: first.split('.'), test: second, limit: Number(third) } : null;
}

/** A list is measured by its length. */
export function holds(condition: Condition, scope: ReadonlyMap<string, Value>): boolean {
  const value = readPath(scope, condition.path);
  if (condition.test === 'present') return !isEmpty(value);
  if (condition.test === 'empty') return isEmpty(value);
  const measured = Array.isArray(value) ? value.length : Number(value ?? 0);
  return condition.test === 'above' ? measured > condition.limit : measured < condition.limit;
}
