// Keep promises: what the plugin could not do when it was asked is done when it can. Run by supervised loops.

import { isFault } from '@molecule/domain';
import { commitMemory } from './commit-memory.ts';
import { namespaceForScope } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';
import type { Seed } from './memory-ledger.ts';

const BATCH = 100;
const AWAY = new Set([
  'MEMORY_UNAVAILABLE',
  'MEMORY_PLUGIN_FAILED',
  'MEMORY_NOT_CONFIGURED',
  'PLATFORM_UNAVAILABLE',
]);

/** Deletes the namespaces of purged workspaces; returns how many. */
export async function purgeNamespaces(
  deps: Pick<MemoryDeps, 'ledger' | 'plugin' | 'forgetting'>,
): Promise<number> {
  const namespaces = await deps.ledger.purges(BATCH);
  for (const namespace of namespaces) {
    await deps.plugin.deleteNamespace(namespace);
    await deps.forgetting.dropNamespace(namespace);
    await deps.ledger.purged(namespace);
  }
  return namespaces.length;
}

/** Writes the first memories of new workspaces; returns how many rows were settled. */
export async function plantSeeds(deps: MemoryDeps): Promise<number> {
  const seeds = await deps.ledger.seeds(BATCH);
  for (const seed of seeds) {
    await plant(deps, seed);
    await deps.ledger.planted(seed.id);
  }
  return seeds.length;
}

/** A seed that is refused (of a workspace that is gone, or a GLOBAL one of no root) is logged and given up. */
export async function plant(deps: MemoryDeps, { id, workspaceId, scope, content }: Seed): Promise<void> {
  try {
    await commitMemory(deps, {
      workspace: { id: workspaceId },
      namespace: namespaceForScope(deps.directory, { id: workspaceId }, scope),
      content,
      kind: 'fact',
      source: 'user',
      expiresAt: null,
      isPinned: false,
      tag: `workspace:${workspaceId}`,
      id,
    });
  } catch (error) {
    if (!isFault(error) || isAway(error)) throw error;
    deps.log.warn({ err: error, workspaceId, scope }, 'a first memory was not stored');
  }
}

/** Failures that say nothing about the memory: later it may go well. */
export function isAway(error: unknown): boolean {
  return isFault(error) && AWAY.has(error.code);
}
