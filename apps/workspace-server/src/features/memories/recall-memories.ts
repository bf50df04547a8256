// Recall memories: the one way out. The plugin is asked for namespaces that are open now, and not believed.
//
//   R1. A row of a namespace that was not asked for, that expired, or that is one too many, goes no further.
//   R2. Old rows are redacted again by the rules of today.
//   R3. Who wrote a row for many is what the server noted; a plugin cannot put words into somebody's mouth.

import type { memoryPlugin } from '@molecule/contracts';
import { isUuid } from '@molecule/domain';
import { DEFAULT_TAG } from './commit-memory.ts';
import { isWide, ownerOf } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';
import { redactMemory } from './redact-memory.ts';

export interface RecalledMemory {
  id: string;
  namespace: string;
  content: string;
  kind: memoryPlugin.MemoryKind;
  source: memoryPlugin.MemorySource;
  tag: string;
  isPinned: boolean;
  /** Epoch milliseconds, as the other times. */
  expiresAt: number | null;
  createdAt: number;
  score: number | null;
  /** Null when nobody knows. */
  writerId: string | null;
}

export interface Recall {
  /** Open to the caller; whoever calls this has computed them from the chart. */
  namespaces: readonly string[];
  query: string;
  kinds: readonly memoryPlugin.MemoryKind[] | null;
  tag: string | null;
  writerId: string | null;
  limit: number;
}

/** What a plugin that cannot filter is asked for, to have something left after filtering here. */
const UNFILTERED = 100;

export async function recallMemories(
  deps: Pick<MemoryDeps, 'plugin' | 'ledger' | 'clock' | 'onRead'>,
  recall: Recall,
): Promise<RecalledMemory[]> {
  if (recall.namespaces.length === 0) return [];
  const filter = filterOf(recall);
  const isFilteredHere = filter !== null && !(await deps.plugin.has('filter'));
  const asked = isFilteredHere ? UNFILTERED : recall.limit;
  const rows = await deps.plugin.search({
    namespaces: recall.namespaces,
    query: recall.query,
    kinds: recall.kinds,
    propagation: filter,
    limit: asked,
  });
  const found = (await toRecalled(deps, recall.namespaces, rows.slice(0, asked)))
    .filter((row) => recall.kinds === null || recall.kinds.includes(row.kind))
    .filter((row) => recall.tag === null || row.tag === recall.tag)
    .filter((row) => recall.writerId === null || row.writerId === recall.writerId)
    .slice(0, recall.limit);
  deps.onRead(found.map(({ id }) => id));
  return found;
}

function filterOf({ tag, writerId }: Recall): Record<string, string> | null {
  if (tag === null && writerId === null) return null;
  return {
    ...(tag === null ? {} : { tag }),
    ...(writerId === null ? {} : { source_workspace_id: writerId }),
  };
}

/** R1 to R3. */
export async function toRecalled(
  deps: Pick<MemoryDeps, 'ledger' | 'clock'>,
  namespaces: readonly string[],
  rows: readonly memoryPlugin.Memory[],
): Promise<RecalledMemory[]> {
  const asked = new Set(namespaces);
  const now = deps.clock.now();
  const good = rows.filter(
    (row) => asked.has(row.namespace) && !(row.expires_at && Date.parse(row.expires_at) <= now),
  );
  const authors = await deps.ledger.authorsOf(
    good.filter((row) => isWide(row.namespace)).map((row) => row.id),
  );
  return good.map((row) => {
    const author = authors.get(row.id);
    return {
      id: row.id,
      namespace: row.namespace,
      content: redactMemory(row.content),
      kind: row.kind,
      source: row.source,
      tag: textOf(row.propagation?.tag) ?? DEFAULT_TAG,
      isPinned: row.pin === true,
      expiresAt: row.expires_at ? Date.parse(row.expires_at) : null,
      createdAt: Date.parse(row.created_at),
      score: row.score ?? null,
      writerId: isWide(row.namespace)
        ? author?.namespace === row.namespace
          ? author.writerId
          : null
        : uuidOf(ownerOf(row.namespace)),
    };
  });
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function uuidOf(text: string): string | null {
  return isUuid(text) ? text : null;
}
