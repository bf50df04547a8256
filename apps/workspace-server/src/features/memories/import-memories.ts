// Import memories: rows of an export, into workspaces of this tenant, by the same rules as every write.
//
//   I1. A row that is there already is skipped, and a row has the same id every time: twice is the same as once.
//   I2. A row that cannot be taken is counted and leaves the others alone; a plugin that is away ends the import.

import { createHash } from 'node:crypto';
import { memories as contract, memoryPlugin } from '@molecule/contracts';
import { isFault, LIMITS, type WorkspaceState } from '@molecule/domain';
import { z } from 'zod';
import { cleanContent, commitMemory, DEFAULT_TAG } from './commit-memory.ts';
import { pagesOf } from './export-memories.ts';
import { namespaceForScope } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';

/** Also of a backfill, which adds the id. */
export const importedRow = z.object({
  content: memoryPlugin.memoryContent,
  scope: z.enum(contract.MEMORY_SCOPES),
  namespace: z.string().max(LIMITS.memoryTagChars).nullish(),
  created_at: memoryPlugin.rfc3339.nullish(),
  workspace_name: z.string().nullish(),
  workspace_id: z.string().nullish(),
});
type Row = z.output<typeof importedRow>;

export interface ImportReport {
  imported: number;
  skipped: number;
  errors: number;
  total: number;
  ambiguous_names: string[];
}

const AWAY = new Set(['MEMORY_UNAVAILABLE', 'MEMORY_NOT_CONFIGURED', 'PLATFORM_UNAVAILABLE']);

export async function importMemories(deps: MemoryDeps, rows: readonly unknown[]): Promise<ImportReport> {
  const report: ImportReport = {
    imported: 0,
    skipped: 0,
    errors: 0,
    total: rows.length,
    ambiguous_names: [],
  };
  const ambiguous = new Set<string>();
  const known = new Map<string, Promise<Set<string>>>();
  for (const value of rows) {
    const parsed = importedRow.safeParse(value);
    if (!parsed.success) {
      report.errors++;
      continue;
    }
    const workspace = findWorkspace(deps, parsed.data, ambiguous);
    if (!workspace) {
      report.skipped++;
      continue;
    }
    try {
      report[await importRow(deps, workspace, parsed.data, known)]++;
    } catch (error) {
      if (!isFault(error) || AWAY.has(error.code)) throw error;
      report.errors++;
    }
  }
  return { ...report, ambiguous_names: [...ambiguous] };
}

/** By id, else by a name that one live workspace has. */
export function findWorkspace(
  { directory }: Pick<MemoryDeps, 'directory'>,
  { workspace_id, workspace_name }: Pick<Row, 'workspace_id' | 'workspace_name'>,
  ambiguous: Set<string>,
) {
  const byId = workspace_id ? directory.get(workspace_id.toLowerCase()) : null;
  if (byId && byId.status !== 'removed') return byId;
  if (!workspace_name) return null;
  const [found, ...others] = directory.live().filter(({ name }) => name === workspace_name);
  if (others.length > 0) ambiguous.add(workspace_name);
  return found && others.length === 0 ? found : null;
}

async function importRow(
  deps: MemoryDeps,
  workspace: WorkspaceState,
  input: Row,
  known: Map<string, Promise<Set<string>>>,
): Promise<'imported' | 'skipped'> {
  const namespace = namespaceForScope(deps.directory, workspace, input.scope);
  const content = cleanContent(input.content, namespace);
  const there = known.get(namespace) ?? contentsOf(deps, namespace);
  known.set(namespace, there);
  const key = keyOf(workspace.id, content);
  if ((await there).has(key)) return 'skipped';
  await commitMemory(deps, {
    workspace,
    namespace,
    content,
    kind: 'fact',
    source: 'user',
    expiresAt: null,
    isPinned: false,
    tag: input.namespace || DEFAULT_TAG,
    id: idOf(namespace, key),
    auditType: 'memory.import',
    ...(input.created_at ? { createdAt: Date.parse(input.created_at) } : {}),
  });
  (await there).add(key);
  return 'imported';
}

async function contentsOf(deps: MemoryDeps, namespace: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const page of pagesOf(deps, namespace))
    for (const memory of page) if (memory.writerId) keys.add(keyOf(memory.writerId, memory.content));
  return keys;
}

function keyOf(writerId: string, content: string): string {
  return createHash('sha256').update(`${writerId}\n${content}`, 'utf8').digest('hex');
}

/** The same row has the same id (I1), in the form of a UUID of version 8 (RFC 9562). */
function idOf(namespace: string, key: string): string {
  const hex = createHash('sha256').update(`${namespace}\n${key}`, 'utf8').digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16).padStart(2, '0');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(18, 20),
    hex.slice(20, 32),
  ].join('-');
}
