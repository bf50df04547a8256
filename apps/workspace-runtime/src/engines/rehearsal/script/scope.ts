// Scope: the values that a running script knows by name, and how a path such as `count.words` reads one.

import type { Value } from '../operations/operation.ts';

export type Path = readonly string[];
export type Scope = Map<string, Value>;

/** `a`, `a.b`, `a.0.b`: lower case, digits and underscores. */
export const PATH_FORM = /^[a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*$/;

/** The value at a path; null where nothing stands. Reads own properties only. */
export function readPath(scope: ReadonlyMap<string, Value>, path: Path): Value | null {
  let value: Value | null = scope.get(path[0]!) ?? null;
  for (const key of path.slice(1)) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return null;
    value = (value as Readonly<Record<string, Value>>)[key] ?? null;
  }
  return value;
}

/** Null, false, zero, a text of blanks, a list or an object without entries. */
export function isEmpty(value: Value | null): boolean {
  if (typeof value === 'string') return value.trim() === '';
  if (Array.isArray(value)) return value.length === 0;
  if (value !== null && typeof value === 'object') return Object.keys(value).length === 0;
  return !value;
}
