// Initial memories: what a workspace knows before it has done anything. Whoever keeps memories stands behind the interface.

import { LIMITS } from '@molecule/domain';

export const MEMORY_SCOPES = ['LOCAL', 'TEAM', 'GLOBAL'] as const;
export type MemoryScope = (typeof MEMORY_SCOPES)[number];

export interface InitialMemory {
  /** At most LIMITS.initialMemoryChars characters. */
  content: string;
  scope: MemoryScope;
}

export interface InitialMemories {
  /** Called after the workspace was committed. How many were kept and, if some were not, why: a sentence for people. */
  store(workspaceId: string, memories: readonly InitialMemory[]): Promise<{ stored: number; reason: string }>;
}

/** For a server that keeps no memories: nothing is stored, and the answer of the create says so. */
export const NO_MEMORIES: InitialMemories = {
  store: async () => ({ stored: 0, reason: 'this server keeps no memories' }),
};

/** Long contents are cut, a missing scope is LOCAL, and what is no memory is skipped. */
export function readInitialMemories(input: readonly unknown[]): InitialMemory[] {
  return input.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { content, scope } = entry as Record<string, unknown>;
    if (typeof content !== 'string' || content.trim() === '') return [];
    const wanted = scope === undefined || scope === null || scope === '' ? 'LOCAL' : scope;
    const known = MEMORY_SCOPES.find((each) => each === wanted);
    return known ? [{ content: content.slice(0, LIMITS.initialMemoryChars), scope: known }] : [];
  });
}

/** Keeps what the input of a create names; resolves with what has to be said about it. */
export async function storeInitialMemories(
  memories: InitialMemories,
  workspaceId: string,
  input: readonly unknown[],
): Promise<string[]> {
  const valid = readInitialMemories(input);
  const skipped = input.length - valid.length;
  const warnings =
    skipped === 0 ? [] : [`${skipped} of ${input.length} initial memories are not valid and were skipped`];
  if (valid.length === 0) return warnings;
  const { stored, reason } = await memories.store(workspaceId, valid);
  if (stored < valid.length) {
    warnings.push(`${valid.length - stored} of ${input.length} initial memories were not stored: ${reason}`);
  }
  return warnings;
}
