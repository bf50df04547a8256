// Namespace routes: memories by namespace, as the newer tools know them.

import { type BodyOf, memories as contract } from '@molecule/contracts';
import { faults, LIMITS } from '@molecule/domain';
import { type Binder, describeCaller, isAdminClass, isText } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import { commitMemory } from './commit-memory.ts';
import { editMemory } from './edit-memory.ts';
import type { Provenance } from './forget-ledger.ts';
import { forgetMemory } from './forget-memory.ts';
import { frameMemory, newFence, prefixWide } from './frame-memories.ts';
import { namespacesOf, type OpenNamespace } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';
import { type RecalledMemory, recallMemories } from './recall-memories.ts';
import { isMemoryId, saying, sourceOf, toGiven } from './route-parts.ts';

const SUMMARY_LIVES_MS = 30 * 24 * 3_600_000;

export function bindNamespaceRoutes(app: FastifyInstance, binder: Binder, deps: MemoryDeps): void {
  binder.bind(app, contract.listNamespaces, async ({ params }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    const readable = namespacesOf(deps.directory, deps.orgs, id).map((open) =>
      toNamespaceRow(deps.directory, open),
    );
    return { readable, writable: readable.filter(({ writable }) => writable) };
  });

  binder.bind(app, contract.recallMemories, async ({ caller, params, query }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    const q = query.q ?? '';
    if (q.length > LIMITS.memoryQueryChars || !isText(q)) throw faults.invalidRequest('invalid query: q');
    const open = namespacesOf(deps.directory, deps.orgs, id).map(({ name }) => name);
    const namespaces =
      query.namespace === null ? open : open.filter((name) => query.namespace?.includes(name));
    const found = await saying('search failed', () =>
      recallMemories(deps, {
        namespaces,
        query: q,
        kinds: query.kind,
        tag: null,
        writerId: null,
        limit: query.limit,
      }),
    );
    const fence = newFence();
    const isForPeople = caller.kind !== 'workspace' && isAdminClass(caller);
    const sources = await deps.forgetting.provenanceOf(found.map((memory) => memory.id));
    return found.map((memory) => {
      const source = sources.get(memory.id);
      return toFound(memory, id, fence, isForPeople, source?.namespace === memory.namespace ? source : null);
    });
  });

  binder.bind(app, contract.commitMemory, async ({ caller, params, body }) => {
    const workspace = requireWorkspace(deps.directory, params.id);
    deps.limit.admit(workspace.id);
    const namespace = body.namespace || `workspace:${workspace.id}`;
    const expiresAt = await expiryOf(deps, body);
    const id = await saying('failed to store memory', () =>
      commitMemory(deps, {
        workspace,
        namespace,
        content: body.content,
        kind: body.kind ?? 'fact',
        source: body.source === 'runtime' && caller.kind === 'workspace' ? 'runtime' : sourceOf(caller),
        expiresAt,
        isPinned: body.pin === true,
        tag: null,
        provenance: body.provenance ? toGiven(body.provenance) : null,
      }),
    );
    return { id, namespace };
  });

  binder.bind(app, contract.editMemory, async ({ params, query, body }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    const namespace = query.namespace || `workspace:${id}`;
    if (!isMemoryId(params.memoryId)) throw faults.notFound('memory not found');
    const memory = { id: params.memoryId, namespace };
    const { isPinned, expiresAt } = await saying('failed to store memory', () =>
      editMemory(deps, id, memory, {
        ...(body.pin === undefined ? {} : { isPinned: body.pin }),
        ...(body.expires_at === undefined
          ? {}
          : { expiresAt: body.expires_at === null ? null : Date.parse(body.expires_at) }),
      }),
    );
    return {
      ...memory,
      pin: isPinned,
      ...(expiresAt === null ? {} : { expires_at: new Date(expiresAt).toISOString() }),
    };
  });

  binder.bind(app, contract.forgetMemory, async ({ caller, params, query }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    const namespace = query.namespace || `workspace:${id}`;
    const isGone =
      isMemoryId(params.memoryId) &&
      (await saying('delete failed', () =>
        forgetMemory(deps, id, namespace, params.memoryId, describeCaller(caller)),
      ));
    if (!isGone) throw faults.notFound('memory not found');
    return { status: 'deleted' as const };
  });
}

/** A summary is made to be replaced by the next one: it ends by itself unless its writer says otherwise. */
async function expiryOf(
  { clock, plugin }: MemoryDeps,
  { expires_at, kind }: BodyOf<typeof contract.commitMemory>,
): Promise<number | null> {
  if (expires_at) return Date.parse(expires_at);
  const isSummary = kind === 'summary' && expires_at === undefined;
  return isSummary && (await saying('failed to store memory', () => plugin.has('ttl')))
    ? clock.now() + SUMMARY_LIVES_MS
    : null;
}

function toProvenance(source: Provenance): contract.MemoryProvenance {
  return {
    ...(source.messageId === null ? {} : { message_id: source.messageId }),
    ...(source.file === null ? {} : { file: source.file }),
    ...(source.url === null ? {} : { url: source.url }),
    subjects: [...source.subjects],
    derived_from: [...source.derivedFrom],
    outside: source.isOutside,
  };
}

const DESCRIPTIONS: Record<OpenNamespace['kind'], (name: string, open: OpenNamespace) => string> = {
  workspace: () => 'Read and written by you alone.',
  team: (name, { direction }) =>
    direction === 'up'
      ? `Shared by ${name} and its direct reports, you among them.`
      : 'Shared by you and your direct reports.',
  org: (name, { isWritable }) =>
    isWritable
      ? 'Read by the whole organisation, written by you.'
      : `Read by the whole organisation, written by ${name}.`,
  custom: (name) => name,
};

function toNamespaceRow(
  directory: Pick<WorkspaceDirectory, 'get'>,
  open: OpenNamespace,
): contract.NamespaceRow {
  const label = directory.get(open.ownerId)?.name ?? open.ownerId;
  return {
    name: open.name,
    kind: open.kind,
    label,
    description: DESCRIPTIONS[open.kind](label, open),
    writable: open.isWritable,
    ...(open.direction === null ? {} : { direction: open.direction }),
  };
}

function toFound(
  memory: RecalledMemory,
  readerId: string,
  fence: string,
  isForPeople: boolean,
  source: Provenance | null,
): contract.FoundMemory {
  return {
    id: memory.id,
    namespace: memory.namespace,
    content: prefixWide(memory, readerId),
    ...(isForPeople ? { content_raw: memory.content } : {}),
    framed: frameMemory(memory, fence, source?.isOutside === true),
    kind: memory.kind,
    source: memory.source,
    pin: memory.isPinned,
    ...(memory.expiresAt === null ? {} : { expires_at: new Date(memory.expiresAt).toISOString() }),
    created_at: new Date(memory.createdAt).toISOString(),
    ...(memory.score === null ? {} : { score: memory.score }),
    source_workspace_id: memory.writerId,
    ...(source === null ? {} : { provenance: toProvenance(source) }),
  };
}
