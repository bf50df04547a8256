// Scoped routes: memories by LOCAL, TEAM and GLOBAL, as clients of the first version know them.

import { type BodyOf, memories as contract } from '@molecule/contracts';
import { faults, LIMITS, parseWorkspaceId } from '@molecule/domain';
import { type Binder, describeCaller, isText } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { requireWorkspace } from '../workspaces/index.ts';
import { commitMemory, DEFAULT_TAG } from './commit-memory.ts';
import { forgetOwnMemory } from './forget-memory.ts';
import { prefixGlobal } from './frame-memories.ts';
import { namespaceForScope, namespacesOf, ownerOf, scopeOf } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';
import { type Recall, type RecalledMemory, recallMemories } from './recall-memories.ts';
import { isMemoryId, saying, sourceOf, toGiven } from './route-parts.ts';

export function bindScopedRoutes(app: FastifyInstance, binder: Binder, deps: MemoryDeps): void {
  binder.bind(app, contract.createMemory, async ({ caller, params, body }) => {
    const workspace = requireWorkspace(deps.directory, params.id);
    const { scope, tag } = readScoped(workspace.id, body);
    deps.limit.admit(workspace.id);
    const id = await saying('failed to store memory', () =>
      commitMemory(deps, {
        workspace,
        namespace: namespaceForScope(deps.directory, workspace, scope),
        content: body.content,
        kind: 'fact',
        source: sourceOf(caller),
        expiresAt: null,
        isPinned: false,
        tag,
        provenance: body.provenance ? toGiven(body.provenance) : null,
      }),
    );
    return { id, scope, namespace: tag };
  });

  binder.bind(app, contract.searchMemories, async ({ params, query }) => {
    const id = parseWorkspaceId(params.id);
    if (!id) throw faults.invalidWorkspaceId();
    refuseOther(id, query.workspace_id);
    const q = query.q ?? '';
    if (q.length > LIMITS.memoryQueryChars || !isText(q)) throw faults.invalidRequest('invalid query: q');
    const wanted = {
      query: q,
      kinds: null,
      tag: query.namespace || null,
      limit: query.limit,
    };
    const found = await saying('search failed', () => searchScope(deps, id, query.scope, wanted));
    return found.map(toRow);
  });

  binder.bind(app, contract.deleteMemory, async ({ caller, params }) => {
    const workspace = requireWorkspace(deps.directory, params.id);
    const isGone =
      isMemoryId(params.memoryId) &&
      (await saying('delete failed', () =>
        forgetOwnMemory(deps, workspace.id, params.memoryId, describeCaller(caller)),
      ));
    if (!isGone) throw faults.notFound('memory not found or not owned by this workspace');
    return { status: 'deleted' as const };
  });
}

function readScoped(
  id: string,
  body: BodyOf<typeof contract.createMemory>,
): { scope: contract.MemoryScope; tag: string } {
  refuseOther(id, body.workspace_id);
  if (typeof body.scope !== 'string' || body.scope === '')
    throw faults.invalidRequest('invalid request body');
  const scope = contract.MEMORY_SCOPES.find((known) => known === body.scope);
  if (!scope) throw faults.invalidRequest('scope must be LOCAL, TEAM, or GLOBAL');
  const tag = body.namespace || DEFAULT_TAG;
  if (tag.length > LIMITS.memoryTagChars)
    throw faults.invalidRequest(`namespace must be <= ${LIMITS.memoryTagChars} characters`);
  return { scope, tag };
}

/** Clients repeat the id of the path; one that says another is confused or worse. */
function refuseOther(id: string, said: string | null | undefined): void {
  if (said && said.toLowerCase() !== id)
    throw faults.forbidden('workspace_id must be the workspace in the path');
}

/** An unknown workspace has nothing: reads answer so. */
async function searchScope(
  deps: MemoryDeps,
  id: string,
  scope: string | undefined,
  wanted: Omit<Recall, 'namespaces' | 'writerId'>,
): Promise<RecalledMemory[]> {
  const open = namespacesOf(deps.directory, deps.orgs, id);
  if (open.length === 0) return [];
  const of = (...kinds: string[]) => open.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
  switch (scope) {
    case 'LOCAL':
      return recallMemories(deps, { ...wanted, namespaces: of('workspace'), writerId: null });
    case 'TEAM':
      return recallMemories(deps, { ...wanted, namespaces: of('team'), writerId: null });
    case 'GLOBAL':
      return recallMemories(deps, { ...wanted, namespaces: of('org'), writerId: null });
  }
  // The workspace's own rows of any scope.
  const shared = [...of('team'), ...of('org').filter((name) => ownerOf(name) === id)];
  const [own, wide] = await Promise.all([
    recallMemories(deps, { ...wanted, namespaces: of('workspace'), writerId: null }),
    recallMemories(deps, { ...wanted, namespaces: shared, writerId: id }),
  ]);
  return [...own, ...wide]
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0) || b.createdAt - a.createdAt)
    .slice(0, wanted.limit);
}

function toRow(memory: RecalledMemory): contract.MemoryRow {
  const scope = scopeOf(memory.namespace);
  const writerId = memory.writerId ?? ownerOf(memory.namespace);
  return {
    id: memory.id,
    workspace_id: writerId,
    content: scope === 'GLOBAL' ? prefixGlobal(memory, writerId) : memory.content,
    scope,
    namespace: memory.tag,
    created_at: new Date(memory.createdAt).toISOString(),
  };
}
