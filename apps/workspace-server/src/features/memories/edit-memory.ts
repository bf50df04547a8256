// Edit memory: the pin and the end of a memory; its text, its writer and its date stay.

import { Fault, faults } from '@molecule/domain';
import { checkExpiry, cleanContent, requireWritable } from './commit-memory.ts';
import type { MemoryDeps } from './memory-deps.ts';

export interface MemoryEdit {
  isPinned?: boolean;
  /** Epoch milliseconds; null: it does not end. */
  expiresAt?: number | null;
}

/** Throws NOT_FOUND for a memory that is not in a namespace which this workspace may write. */
export async function editMemory(
  deps: MemoryDeps,
  workspaceId: string,
  memory: { id: string; namespace: string },
  edit: MemoryEdit,
): Promise<{ isPinned: boolean; expiresAt: number | null }> {
  requireWritableOrMissing(deps, workspaceId, memory.namespace);
  return changeMemory(deps, memory, edit);
}

/** For whoever may change everything. */
export async function changeMemory(
  deps: MemoryDeps,
  { id, namespace }: { id: string; namespace: string },
  edit: MemoryEdit,
): Promise<{ isPinned: boolean; expiresAt: number | null }> {
  await checkExpiry(deps, edit.expiresAt ?? null);
  if (edit.isPinned === true && !(await deps.plugin.has('pin')))
    throw faults.invalidRequest('the memory plugin of this tenant cannot pin memories');
  const found = await deps.plugin.get(namespace, id);
  if (!found) throw faults.notFound('memory not found');
  const isPinned = edit.isPinned ?? found.pin === true;
  const expiresAt =
    edit.expiresAt === undefined ? (found.expires_at ? Date.parse(found.expires_at) : null) : edit.expiresAt;
  await deps.plugin.write(namespace, {
    id,
    content: cleanContent(found.content, namespace),
    kind: found.kind,
    source: found.source,
    expiresAt,
    isPinned,
    propagation: found.propagation ?? {},
    createdAt: Date.parse(found.created_at),
  });
  return { isPinned, expiresAt };
}

/** A namespace that is closed looks like one without this memory. */
function requireWritableOrMissing(deps: MemoryDeps, workspaceId: string, namespace: string): void {
  try {
    requireWritable(deps, workspaceId, namespace);
  } catch (error) {
    throw new Fault('NOT_FOUND', 'memory not found', { cause: error });
  }
}
