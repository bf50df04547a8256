// Folds one event into the memory marks: how often each namespace was told to have changed since this page is open.

import type { events } from '@molecule/contracts';

export type MemoryMarks = Readonly<Record<string, number>>;

export const NO_MARKS: MemoryMarks = {};

export function foldMarks(marks: MemoryMarks, frame: events.EventFrame): MemoryMarks {
  const event: string = 'MEMORY_CHANGED' satisfies events.EventType;
  const { namespace } = frame.payload;
  if (frame.event !== event || typeof namespace !== 'string') return marks;
  return { ...marks, [namespace]: (marks[namespace] ?? 0) + 1 };
}

/** Grows whenever one of these namespaces changes. */
export function markOf(marks: MemoryMarks, namespaces: readonly string[]): number {
  return namespaces.reduce((sum, name) => sum + (marks[name] ?? 0), 0);
}
