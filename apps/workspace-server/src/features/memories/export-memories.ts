// Export memories: everything that the tenant remembers, redacted by the rules of today, oldest first.

import type { memories } from '@molecule/contracts';
import { Fault, LIMITS } from '@molecule/domain';
import { ownerOf, scopeOf } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';
import { type RecalledMemory, toRecalled } from './recall-memories.ts';

export async function exportMemories(deps: MemoryDeps): Promise<memories.ExportedMemory[]> {
  const found: RecalledMemory[] = [];
  for (const namespace of everyNamespace(deps)) {
    for await (const page of pagesOf(deps, namespace)) {
      found.push(...page);
      if (found.length > LIMITS.memoriesExported) {
        throw new Fault(
          'BODY_TOO_LARGE',
          `more than ${LIMITS.memoriesExported} memories do not fit into one export`,
        );
      }
    }
  }
  return found
    .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    .map((memory) => toExported(deps, memory));
}

/** As exportMemories, page by page and in the order of where they stand: for those who keep none of them. */
export async function* memoryPages(deps: MemoryDeps): AsyncGenerator<memories.ExportedMemory[]> {
  for (const namespace of everyNamespace(deps)) {
    for await (const page of pagesOf(deps, namespace)) {
      if (page.length > 0) yield page.map((memory) => toExported(deps, memory));
    }
  }
}

/** Of every live workspace: its own, its team's and, where it wrote for everybody, the organisation's. */
export function everyNamespace({ directory, orgs }: MemoryDeps): string[] {
  const live = directory.live();
  const teams = live.filter(({ id, parentId }) => parentId === null || directory.childrenOf(id).length > 0);
  return [
    ...live.map(({ id }) => `workspace:${id}`),
    ...teams.map(({ id }) => `team:${id}`),
    ...orgs.roots().map((id) => `org:${id}`),
  ];
}

/** By listing where the plugin can; else what one search finds. */
export async function* pagesOf(deps: MemoryDeps, namespace: string): AsyncGenerator<RecalledMemory[]> {
  if (!(await deps.plugin.has('list'))) {
    const limit = LIMITS.memoriesFoundMax;
    const rows = await deps.plugin.search({
      namespaces: [namespace],
      query: '',
      kinds: null,
      propagation: null,
      limit,
    });
    yield await toRecalled(deps, [namespace], rows);
    return;
  }
  const seen = new Set<string>();
  for (let cursor: string | null = null; ; ) {
    const page = await deps.plugin.list(namespace, cursor);
    yield await toRecalled(deps, [namespace], page.memories);
    // A cursor that comes back would go round for ever.
    if (page.cursor === null || seen.has(page.cursor)) return;
    seen.add(page.cursor);
    cursor = page.cursor;
  }
}

function toExported({ directory }: MemoryDeps, memory: RecalledMemory): memories.ExportedMemory {
  const workspaceId = memory.writerId ?? ownerOf(memory.namespace);
  return {
    id: memory.id,
    content: memory.content,
    scope: scopeOf(memory.namespace),
    namespace: memory.tag,
    created_at: new Date(memory.createdAt).toISOString(),
    workspace_name: directory.get(workspaceId)?.name ?? '',
    workspace_id: workspaceId,
  };
}
