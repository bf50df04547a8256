// Initial memories: what a workspace knows before it has done anything. Whoever keeps memories stands behind the interface.

import { LIMITS, type WorkspaceState } from '@molecule/domain';
import type { Tx } from '@molecule/postgres';

export const MEMORY_SCOPES = ['LOCAL', 'TEAM', 'GLOBAL'] as const;
export type MemoryScope = (typeof MEMORY_SCOPES)[number];

export interface InitialMemory {
  /** At most LIMITS.initialMemoryChars characters. */
  content: string;
  scope: MemoryScope;
}

export interface PlannedMemories {
  /** How many will be kept and, if some will not, why: a sentence for people. */
  stored: number;
  reason: string;
  /** Keeps them in the transaction that makes the workspace: a crash after it loses none. */
  keepIn(tx: Tx): Promise<void>;
  /** After the commit: hands them on at once if that goes well; a background loop does the rest. */
  handOn(): Promise<void>;
}

export interface InitialMemories {
  /** Decides before anything is written. */
  plan(
    workspace: Pick<WorkspaceState, 'id' | 'parentId'>,
    memories: readonly InitialMemory[],
  ): PlannedMemories;
}

/** For a server that keeps no memories: nothing is stored, and the answer of the create says so. */
export const NO_MEMORIES: InitialMemories = {
  plan: () => ({
    stored: 0,
    reason: 'this server keeps no memories',
    keepIn: async () => {},
    handOn: async () => {},
  }),
};

/** Long contents are cut, a scope may be written in small letters, a missing one is LOCAL; what is no memory is skipped. */
export function readInitialMemories(input: readonly unknown[]): InitialMemory[] {
  return input.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { content, scope } = entry as Record<string, unknown>;
    if (typeof content !== 'string' || content.trim() === '') return [];
    const wanted = scope === undefined || scope === null || scope === '' ? 'LOCAL' : scope;
    const known = MEMORY_SCOPES.find((each) => each === String(wanted).toUpperCase());
    return known ? [{ content: content.slice(0, LIMITS.initialMemoryChars), scope: known }] : [];
  });
}

/** What the input of a create names, with what has to be said about it. */
export function planInitialMemories(
  memories: InitialMemories,
  workspace: Pick<WorkspaceState, 'id' | 'parentId'>,
  input: readonly unknown[],
): PlannedMemories & { warnings: string[] } {
  const valid = readInitialMemories(input);
  const skipped = input.length - valid.length;
  const planned = valid.length === 0 ? NO_MEMORIES.plan(workspace, []) : memories.plan(workspace, valid);
  const missing = valid.length - planned.stored;
  const warnings = [
    ...(skipped === 0
      ? []
      : [`${skipped} of ${input.length} initial memories are not valid and were skipped`]),
    ...(missing === 0
      ? []
      : [`${missing} of ${input.length} initial memories were not stored: ${planned.reason}`]),
  ];
  return { ...planned, warnings };
}
