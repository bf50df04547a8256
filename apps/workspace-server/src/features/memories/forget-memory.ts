// Forget memory: a memory goes when it is in the namespace that the caller may write; absent and foreign look alike.

import { audited } from './audit-memory.ts';
import { forgetOne } from './forget-subject.ts';
import { kindOf, namespacesOf } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';

/** False when there is no such memory in a namespace that this workspace may write now. */
export async function forgetMemory(
  deps: MemoryDeps,
  workspaceId: string,
  namespace: string,
  memoryId: string,
  requestedBy: string = `workspace:${workspaceId}`,
): Promise<boolean> {
  const open = namespacesOf(deps.directory, deps.orgs, workspaceId);
  if (!open.some(({ name, isWritable }) => isWritable && name === namespace)) return false;
  return auditedIfForAll(deps, workspaceId, memoryId, namespace, () =>
    forgetOne(deps, { id: memoryId, namespace }, requestedBy),
  );
}

/** Undoes a write of our own: nobody asked for it to be forgotten, so there is no receipt, and it may come in again. */
export function takeOutMemory(
  deps: MemoryDeps,
  workspaceId: string,
  namespace: string,
  memoryId: string,
): Promise<boolean> {
  return auditedIfForAll(deps, workspaceId, memoryId, namespace, async () => {
    const isDone = await deps.plugin.forget(namespace, memoryId);
    if (isDone) await deps.ledger.forgetAuthor(memoryId);
    return isDone;
  });
}

async function auditedIfForAll(
  deps: MemoryDeps,
  workspaceId: string,
  memoryId: string,
  namespace: string,
  work: () => Promise<boolean>,
): Promise<boolean> {
  const forget = async () => {
    const isDone = await work();
    return { result: isDone, isDone };
  };
  if (kindOf(namespace) !== 'org') return (await forget()).result;
  const what = {
    activityType: 'memory.forget' as const,
    workspaceId,
    memoryId,
    label: namespace,
    contentDigest: null,
  };
  return audited(deps, what, forget);
}

/** By the id alone: what this workspace wrote, wherever that was. */
export async function forgetOwnMemory(
  deps: MemoryDeps,
  workspaceId: string,
  memoryId: string,
  requestedBy: string,
): Promise<boolean> {
  const author = (await deps.ledger.authorsOf([memoryId])).get(memoryId);
  if (author && author.writerId !== workspaceId) return false;
  return forgetMemory(
    deps,
    workspaceId,
    author?.namespace ?? `workspace:${workspaceId}`,
    memoryId,
    requestedBy,
  );
}
