// Backfill memories: rows of an older table or of a file, brought in with the ids and the dates that they have.
//
//   B1. A row keeps its id: brought in twice it is the same memory, and a comparison finds it again.
//   B2. Where a row goes follows from the chart of this moment, and what is stored is redacted by the rules of today.
//   B3. A row that cannot be taken says why and leaves the others alone; a plugin that is away ends the call.
//   B4. A dry run asks nobody: the plugin is not called.

import { type memories as contract, memoryPlugin } from '@molecule/contracts';
import { isFault, LIMITS, type WorkspaceState } from '@molecule/domain';
import { Semaphore } from '@molecule/kit';
import type { z } from 'zod';
import { cleanContent, commitMemory, DEFAULT_TAG } from './commit-memory.ts';
import { takeOutMemory } from './forget-memory.ts';
import { findWorkspace, importedRow } from './import-memories.ts';
import { namespaceForScope } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';

const AT_ONCE = 8;

const row = importedRow.extend({ id: memoryPlugin.memoryId });
type Row = z.output<typeof row>;
type Verdict = contract.BackfillResult;

/** Where a row belongs, and as what. */
interface Place {
  /** Who is noted as the writer: the author, or the root of its branch for what an author of today could not write. */
  writer: WorkspaceState;
  /** The author, where it is not the writer. */
  origin: string | null;
  namespace: string;
  content: string;
}

export function backfillMemories(
  deps: MemoryDeps,
  mode: contract.BackfillMode,
  rows: readonly unknown[],
): Promise<Verdict[]> {
  const places = new Semaphore(AT_ONCE, { maxWaiting: rows.length });
  return Promise.all(rows.map((value) => places.run(() => judge(deps, mode, value))));
}

async function judge(deps: MemoryDeps, mode: contract.BackfillMode, value: unknown): Promise<Verdict> {
  const parsed = row.safeParse(value);
  const id = textOf((value as { id?: unknown } | null)?.id);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') ?? '';
    // An unknown scope is somebody else's kind of row, and no fault of this one.
    const outcome = field === 'scope' ? 'skipped' : 'error';
    return { id, outcome, namespace: null, reason: `${field === '' ? 'row' : field}: ${issue?.message}` };
  }
  let namespace: string | null = null;
  try {
    const place = placeOf(deps, parsed.data);
    if (typeof place === 'string') return { id, outcome: 'skipped', namespace, reason: place };
    namespace = place.namespace;
    const outcome = await MODES[mode](deps, parsed.data, place);
    return typeof outcome === 'string'
      ? { id, outcome, namespace, reason: null }
      : { id, outcome: 'different', namespace, reason: outcome.differs };
  } catch (error) {
    if (!isFault(error) || AWAY.has(error.code)) throw error;
    return { id, outcome: 'error', namespace, reason: error.message };
  }
}

const AWAY = new Set(['MEMORY_UNAVAILABLE', 'MEMORY_NOT_CONFIGURED', 'PLATFORM_UNAVAILABLE']);

type Step = (
  deps: MemoryDeps,
  row: Row,
  place: Place,
) => Promise<Exclude<Verdict['outcome'], 'different' | 'skipped' | 'error'> | { differs: string }>;

const MODES: Record<contract.BackfillMode, Step> = {
  'dry-run': async () => 'would_copy',
  apply: async (deps, input, { writer, origin, namespace, content }) => {
    if ((await deps.forgetting.forgotten([input.id])).has(input.id)) return 'forgotten';
    await commitMemory(deps, {
      workspace: writer,
      namespace,
      content,
      kind: 'fact',
      source: 'user',
      expiresAt: null,
      isPinned: false,
      tag: input.namespace || DEFAULT_TAG,
      id: input.id,
      auditType: 'memory.import',
      ...(origin === null ? {} : { origin }),
      ...(input.created_at ? { createdAt: Date.parse(input.created_at) } : {}),
    });
    return 'copied';
  },
  verify: async (deps, input, { namespace, content }) => {
    const found = await deps.plugin.get(namespace, input.id);
    if (found === null) return 'missing';
    if (found.content !== content) return { differs: 'content' };
    const isDated = input.created_at && (await deps.plugin.has('timestamps'));
    if (isDated && Date.parse(found.created_at) !== Date.parse(input.created_at as string))
      return { differs: 'created_at' };
    return 'same';
  },
  rollback: async (deps, input, { writer, namespace }) =>
    (await takeOutMemory(deps, writer.id, namespace, input.id)) ? 'removed' : 'missing',
};

/** Else why the row belongs nowhere here. */
function placeOf(deps: MemoryDeps, input: Row): Place | string {
  const ambiguous = new Set<string>();
  const author = findWorkspace(deps, input, ambiguous);
  if (!author)
    return ambiguous.size > 0 ? 'several workspaces have that name' : 'there is no such workspace here';
  const writer = input.scope === 'GLOBAL' ? rootOf(deps, author) : author;
  const namespace = namespaceForScope(deps.directory, writer, input.scope);
  return {
    writer,
    origin: writer === author ? null : author.id,
    namespace,
    content: cleanContent(input.content, namespace),
  };
}

function rootOf({ directory }: MemoryDeps, workspace: WorkspaceState): WorkspaceState {
  let at = workspace;
  for (;;) {
    const parent = at.parentId === null ? null : directory.get(at.parentId);
    if (!parent) return at;
    at = parent;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, LIMITS.memoryIdChars) : null;
}
