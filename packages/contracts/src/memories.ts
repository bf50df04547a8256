// Memories: what agents remember, by scope (LOCAL, TEAM, GLOBAL) or by namespace. Who may read and write what follows
// from the workspace's place in the chart at the time of the call, never from the request.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams, lenientInt, timestamp, uuid } from './common.ts';
import { memoryKind, namespaceKind, rfc3339 } from './memory-plugin.ts';
import { defineRoute } from './route.ts';

export const MEMORY_SCOPES = ['LOCAL', 'TEAM', 'GLOBAL'] as const;
export type MemoryScope = (typeof MEMORY_SCOPES)[number];

const memoryParams = z.object({ id: z.string(), memoryId: z.string() });
const deleted = z.object({ status: z.literal('deleted') });

export const createMemory = defineRoute({
  name: 'createMemory',
  method: 'POST',
  path: '/workspaces/:id/memories',
  policy: 'workspace',
  tag: 'memory',
  summary: 'Remember something for oneself (LOCAL), the team (TEAM) or, as a root, everybody (GLOBAL)',
  params: idParams,
  body: z.object({
    content: z.string().refine((text) => text.trim() !== '', 'must not be blank'),
    /** The contract has a text of its own for a wrong one. */
    scope: z.unknown(),
    /** A free tag, not a namespace of the plugin. */
    namespace: z.string().nullish(),
    workspace_id: z.string().nullish(),
  }),
  invalidBody: 'invalid request body',
  response: z.object({ id: z.string(), scope: z.enum(MEMORY_SCOPES), namespace: z.string() }),
  status: 201,
  errors: [403, 404, 410, 413, 429, 502, 503],
});

export const memoryRow = z.object({
  id: z.string(),
  workspace_id: uuid,
  content: z.string(),
  scope: z.enum(MEMORY_SCOPES),
  namespace: z.string(),
  created_at: timestamp,
  similarity_score: z.number().optional(),
});
export type MemoryRow = z.output<typeof memoryRow>;

export const searchMemories = defineRoute({
  name: 'searchMemories',
  method: 'GET',
  path: '/workspaces/:id/memories',
  policy: 'workspace',
  tag: 'memory',
  summary: "Memories of a scope, newest first or best first; without a scope the workspace's own",
  params: idParams,
  query: z.object({
    scope: z.string().optional(),
    q: z.string().optional(),
    namespace: z.string().optional(),
    /** 1 to 49; anything else means 50. */
    limit: z
      .string()
      .optional()
      .transform((text) => {
        const limit = Number(text);
        return Number.isInteger(limit) && limit >= 1 && limit < LIMITS.memoriesFound
          ? limit
          : LIMITS.memoriesFound;
      }),
    workspace_id: z.string().optional(),
  }),
  response: z.array(memoryRow),
  errors: [403, 502, 503],
});

export const deleteMemory = defineRoute({
  name: 'deleteMemory',
  method: 'DELETE',
  path: '/workspaces/:id/memories/:memoryId',
  policy: 'workspace',
  tag: 'memory',
  summary: 'Forget a memory that this workspace wrote',
  params: memoryParams,
  response: deleted,
  errors: [404, 410, 502, 503],
});

export const namespaceRow = z.object({
  name: z.string(),
  kind: namespaceKind,
  label: z.string(),
  description: z.string(),
  writable: z.boolean(),
  /** Of the two teams of somebody in the middle of the chart: the one above, or the one below. */
  direction: z.enum(['up', 'down']).optional(),
});
export type NamespaceRow = z.output<typeof namespaceRow>;

export const listNamespaces = defineRoute({
  name: 'listNamespaces',
  method: 'GET',
  path: '/workspaces/:id/v2/namespaces',
  policy: 'workspace',
  tag: 'memory',
  summary: 'The namespaces that this workspace may read and write, now',
  params: idParams,
  response: z.object({ readable: z.array(namespaceRow), writable: z.array(namespaceRow) }),
  errors: [404, 410],
});

const manyOf = <S extends z.ZodType>(schema: S) =>
  z
    .union([z.array(schema), schema.transform((one) => [one])])
    .optional()
    .transform((list) => list ?? null);

export const foundMemory = z.object({
  id: z.string(),
  namespace: z.string(),
  /** As a model may read it: what others wrote for many begins with where it comes from. */
  content: z.string(),
  /** For people only. */
  content_raw: z.string().optional(),
  /** Between two marks that nobody can guess, with who wrote it: for prompts. */
  framed: z.string(),
  kind: memoryKind,
  source: z.string(),
  pin: z.boolean(),
  expires_at: timestamp.optional(),
  created_at: timestamp,
  score: z.number().optional(),
  source_workspace_id: uuid.nullable(),
});
export type FoundMemory = z.output<typeof foundMemory>;

export const recallMemories = defineRoute({
  name: 'recallMemories',
  method: 'GET',
  path: '/workspaces/:id/v2/memories',
  policy: 'workspace',
  tag: 'memory',
  summary: 'Search the namespaces that this workspace may read; one that it may not is like an empty one',
  params: idParams,
  query: z.object({
    namespace: manyOf(z.string()),
    q: z.string().optional(),
    kind: manyOf(memoryKind),
    limit: lenientInt(LIMITS.memoriesFound, 1, LIMITS.memoriesFoundMax),
  }),
  response: z.array(foundMemory),
  errors: [404, 410, 502, 503],
});

export const commitMemory = defineRoute({
  name: 'commitMemory',
  method: 'POST',
  path: '/workspaces/:id/v2/memories',
  policy: 'workspace',
  tag: 'memory',
  summary: 'Remember something in a namespace that this workspace may write',
  params: idParams,
  body: z.object({
    content: z.string().refine((text) => text.trim() !== '', 'must not be blank'),
    /** Its own when absent. */
    namespace: z.string().nullish(),
    kind: memoryKind.nullish(),
    /** Null keeps a summary for ever; without a word one lives 30 days. */
    expires_at: rfc3339.nullish(),
    pin: z.boolean().nullish(),
    /** `runtime`: written by the program around the agent, not by the agent. */
    source: z.enum(['agent', 'runtime', 'user']).nullish(),
  }),
  invalidBody: 'invalid request body',
  response: z.object({ id: z.string(), namespace: z.string() }),
  status: 201,
  errors: [403, 404, 410, 413, 429, 502, 503],
});

export const forgetMemory = defineRoute({
  name: 'forgetMemory',
  method: 'DELETE',
  path: '/workspaces/:id/v2/memories/:memoryId',
  policy: 'workspace',
  tag: 'memory',
  summary: 'Forget a memory of a namespace that this workspace may write',
  params: memoryParams,
  query: z.object({ namespace: z.string().optional() }),
  response: deleted,
  errors: [404, 410, 502, 503],
});

export const namedWorkspace = z.object({ id: uuid, name: z.string() });
export type NamedWorkspace = z.output<typeof namedWorkspace>;

/** Talk goes both ways: `workspace` stands in the branch that moves, `with` outside it. */
export const talkChange = z.object({ workspace: namedWorkspace, with: namedWorkspace });
export type TalkChange = z.output<typeof talkChange>;

export const accessChange = z.object({
  workspace: namedWorkspace,
  namespace: z.string(),
  kind: namespaceKind,
  /** The name of the workspace that the namespace is called after. */
  label: z.string(),
  access: z.enum(['read', 'write']),
});
export type AccessChange = z.output<typeof accessChange>;

const changes = <S extends z.ZodType>(schema: S) =>
  z.object({ gained: z.array(schema), lost: z.array(schema) });

export const movePreview = z.object({
  workspace_id: uuid,
  /** Giving the workspace this parent again undoes the move. */
  old_parent_id: uuid.nullable(),
  new_parent_id: uuid.nullable(),
  talk: changes(talkChange),
  memory: changes(accessChange),
  /** Whose TEAM writes would go to another namespace. */
  team_writes: z.array(z.object({ workspace: namedWorkspace, from: z.string(), to: z.string() })),
});
export type MovePreview = z.output<typeof movePreview>;

export const previewMove = defineRoute({
  name: 'previewMove',
  method: 'GET',
  path: '/workspaces/:id/move-preview',
  policy: 'admin',
  tag: 'memory',
  summary: 'What giving this workspace another parent would expose or hide; nothing is moved',
  params: idParams,
  /** A UUID; empty or `null` for no parent. */
  query: z.object({ parent: z.string().optional() }),
  response: movePreview,
  errors: [404, 410],
});

export const exportedMemory = z.object({
  id: z.string(),
  content: z.string(),
  scope: z.enum(MEMORY_SCOPES),
  namespace: z.string(),
  created_at: timestamp,
  workspace_name: z.string(),
  workspace_id: uuid,
});
export type ExportedMemory = z.output<typeof exportedMemory>;

export const exportMemories = defineRoute({
  name: 'exportMemories',
  method: 'GET',
  path: '/admin/memories/export',
  policy: 'admin',
  tag: 'memory',
  summary: 'Every memory of the tenant, redacted, oldest first',
  response: z.array(exportedMemory),
  errors: [502, 503],
});

export const importMemories = defineRoute({
  name: 'importMemories',
  method: 'POST',
  path: '/admin/memories/import',
  policy: 'admin',
  tag: 'memory',
  summary: 'Memories of an export, matched by workspace id or unique name; twice is the same as once',
  body: z.array(z.unknown()).max(LIMITS.memoriesImported),
  invalidBody: 'invalid JSON: a list of memories is expected',
  bodyLimit: LIMITS.memoryImportBytes,
  response: z.object({
    imported: z.number().int(),
    skipped: z.number().int(),
    errors: z.number().int(),
    total: z.number().int(),
    /** Names that several workspaces have; their rows were skipped. */
    ambiguous_names: z.array(z.string()),
  }),
  errors: [413, 502, 503],
});

export const BACKFILL_MODES = ['dry-run', 'apply', 'verify', 'rollback'] as const;
export type BackfillMode = (typeof BACKFILL_MODES)[number];

export const backfillResult = z.object({
  /** Null when the row has none that can be read. */
  id: z.string().nullable(),
  /**
   * `skipped`: it belongs nowhere here. `missing`: the plugin does not have it. `different`: it has another content or date
   * than what this row would be stored as.
   */
  outcome: z.enum(['would_copy', 'copied', 'same', 'missing', 'different', 'removed', 'skipped', 'error']),
  namespace: z.string().nullable(),
  /** Never a content. */
  reason: z.string().nullable(),
});
export type BackfillResult = z.output<typeof backfillResult>;

export const backfillMemories = defineRoute({
  name: 'backfillMemories',
  method: 'POST',
  path: '/admin/memories/backfill',
  policy: 'admin',
  tag: 'memory',
  summary: 'Rows of an older memory table, kept under their ids and dates; or compared, or taken out again',
  body: z.object({ mode: z.enum(BACKFILL_MODES), rows: z.array(z.unknown()).max(LIMITS.memoriesBackfilled) }),
  bodyLimit: LIMITS.memoryImportBytes,
  /** One for each row, in their order. */
  response: z.object({ results: z.array(backfillResult) }),
  errors: [413, 502, 503],
});
