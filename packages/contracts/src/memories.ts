// Memories: what agents remember, by scope (LOCAL, TEAM, GLOBAL) or by namespace. Who may read and write what follows
// from the workspace's place in the chart at the time of the call, never from the request.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams, lenientInt, timestamp, uuid } from './common.ts';
import { memoryId, memoryKind, namespaceKind, rfc3339 } from './memory-plugin.ts';
import { defineRoute } from './route.ts';

export const MEMORY_SCOPES = ['LOCAL', 'TEAM', 'GLOBAL'] as const;
export type MemoryScope = (typeof MEMORY_SCOPES)[number];

const memoryParams = z.object({ id: z.string(), memoryId: z.string() });
const deleted = z.object({ status: z.literal('deleted') });

/** Where a memory comes from, as far as its writer said. */
export const provenance = z.object({
  message_id: z.string().optional(),
  file: z.string().optional(),
  url: z.string().optional(),
  subjects: z.array(z.string()),
  /** Ids of the memories that it was made of; when one of them is forgotten, it goes too. */
  derived_from: z.array(z.string()),
  /** What it says came from outside the organisation. */
  outside: z.boolean(),
});
export type MemoryProvenance = z.output<typeof provenance>;

const sourceText = z.string().min(1).max(LIMITS.provenanceChars);

export const givenProvenance = z.object({
  message_id: sourceText.nullish(),
  file: sourceText.nullish(),
  /** What came from an address came from outside, whatever `outside` says. */
  url: sourceText.nullish(),
  subjects: z.array(sourceText).max(LIMITS.provenanceSubjects).nullish(),
  derived_from: z.array(memoryId).max(LIMITS.provenanceSources).nullish(),
  outside: z.boolean().nullish(),
});
export type GivenProvenance = z.output<typeof givenProvenance>;

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
    provenance: givenProvenance.nullish(),
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
  provenance: provenance.optional(),
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
    provenance: givenProvenance.nullish(),
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

export const editMemory = defineRoute({
  name: 'editMemory',
  method: 'PATCH',
  path: '/workspaces/:id/v2/memories/:memoryId',
  policy: 'workspace',
  tag: 'memory',
  summary:
    'Pin a memory of a namespace that this workspace may write, or change when it ends; its text stays',
  params: memoryParams,
  query: z.object({ namespace: z.string().optional() }),
  body: z
    .object({
      pin: z.boolean().optional(),
      /** Null: it does not end. */
      expires_at: rfc3339.nullable().optional(),
    })
    .refine((patch) => patch.pin !== undefined || patch.expires_at !== undefined, 'changes nothing'),
  invalidBody: 'invalid request body',
  response: z.object({
    id: z.string(),
    namespace: z.string(),
    pin: z.boolean(),
    expires_at: timestamp.optional(),
  }),
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
   * than what this row would be stored as. `forgotten`: it was forgotten on request, and does not come back.
   */
  outcome: z.enum([
    'would_copy',
    'copied',
    'same',
    'missing',
    'different',
    'removed',
    'forgotten',
    'skipped',
    'error',
  ]),
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

export const FORGET_SUBJECTS = ['memory', 'workspace', 'message', 'file', 'url', 'subject', 'text'] as const;
export type ForgetSubjectKind = (typeof FORGET_SUBJECTS)[number];

export const forgetSubject = z.object({
  /**
   * `memory`: one, by its id and namespace. `workspace`: all that it wrote, and its keys. `message`, `file`, `url`,
   * `subject`: what came from there, or is filed under it. `text`: what says this, in any case and with any accents.
   */
  kind: z.enum(FORGET_SUBJECTS),
  value: z.string().trim().min(1).max(LIMITS.provenanceChars),
  /** Of one memory. */
  namespace: z.string().max(LIMITS.memoryNamespaceChars).nullish(),
  /** Of a text: only what this workspace keeps for itself. */
  workspace_id: z.string().nullish(),
});
export type ForgetSubject = z.output<typeof forgetSubject>;

export const FORGET_ITEM_KINDS = ['memory', 'key', 'activity'] as const;
export type ForgetItemKind = (typeof FORGET_ITEM_KINDS)[number];
export const FORGET_REASONS = ['asked', 'derived', 'mention'] as const;
export type ForgetReason = (typeof FORGET_REASONS)[number];

const forgetItem = z.object({
  kind: z.enum(FORGET_ITEM_KINDS),
  id: z.string(),
  namespace: z.string(),
  memory_kind: memoryKind.optional(),
  /** `derived`: made of what was asked for. `mention`: an activity that quotes it. */
  why: z.enum(FORGET_REASONS),
});

export const previewForgetting = defineRoute({
  name: 'previewForgetting',
  method: 'POST',
  path: '/admin/memories/forget/preview',
  policy: 'admin',
  tag: 'memory',
  summary: 'What forgetting this would remove; nothing is removed',
  body: z.object({ subject: forgetSubject }),
  response: z.object({
    /** Names exactly this list: give it to forget what is in it. */
    confirm: z.string(),
    total: z.number().int(),
    /** The first two hundred. */
    items: z.array(forgetItem.extend({ excerpt: z.string() })),
    backups_until: timestamp,
    not_covered: z.array(z.string()),
  }),
  errors: [404, 502, 503],
});

export const forgetReceipt = z.object({
  id: uuid,
  subject: z.object({ kind: z.enum(FORGET_SUBJECTS), sha256: z.string() }),
  requested_by: z.string(),
  /** `pending`: the memory plugin is away; it goes on by itself when it is back. */
  state: z.enum(['pending', 'done']),
  created_at: timestamp,
  finished_at: timestamp.optional(),
  memories: z.number().int(),
  keys: z.number().int(),
  activities: z.number().int(),
  /** Until then backups may still hold it. */
  backups_until: timestamp,
  not_covered: z.array(z.string()),
});
export type ForgetReceipt = z.output<typeof forgetReceipt>;

export const fullReceipt = forgetReceipt.extend({
  items: z.array(forgetItem.extend({ gone_at: timestamp.optional() })),
});

export const forgetBySubject = defineRoute({
  name: 'forgetBySubject',
  method: 'POST',
  path: '/admin/memories/forget',
  policy: 'admin',
  tag: 'memory',
  summary: 'Forget what a preview showed, with everything made of it, and give a receipt',
  body: z.object({ subject: forgetSubject, confirm: z.string().max(LIMITS.provenanceChars) }),
  response: fullReceipt,
  errors: [404, 409, 502, 503],
});

export const listReceipts = defineRoute({
  name: 'listReceipts',
  method: 'GET',
  path: '/admin/memories/receipts',
  policy: 'admin',
  tag: 'memory',
  summary: 'Receipts of what was forgotten, newest first',
  response: z.array(forgetReceipt),
});

export const readReceipt = defineRoute({
  name: 'readReceipt',
  method: 'GET',
  path: '/admin/memories/receipts/:receiptId',
  policy: 'admin',
  tag: 'memory',
  summary: 'One receipt with every item',
  params: z.object({ receiptId: z.string() }),
  response: fullReceipt,
  errors: [404],
});

export const SUGGESTION_KINDS = ['duplicate', 'near_duplicate', 'expiring', 'never_read'] as const;
export type SuggestionKind = (typeof SUGGESTION_KINDS)[number];
export const SUGGESTION_STATES = ['open', 'accepted', 'dismissed'] as const;
export type SuggestionState = (typeof SUGGESTION_STATES)[number];

export const suggestion = z.object({
  id: uuid,
  /** Accepting `expiring` keeps the memory for good; accepting another one forgets it. */
  kind: z.enum(SUGGESTION_KINDS),
  state: z.enum(SUGGESTION_STATES),
  memory_id: z.string(),
  namespace: z.string(),
  /** Of a duplicate: the memory that stays. */
  other_id: z.string().nullable(),
  detail: z.string(),
  /** The beginnings of the two, while the suggestion is open and they are there. */
  excerpt: z.string().nullable(),
  other_excerpt: z.string().nullable(),
  created_at: timestamp,
});
export type Suggestion = z.output<typeof suggestion>;

export const listSuggestions = defineRoute({
  name: 'listSuggestions',
  method: 'GET',
  path: '/admin/memories/suggestions',
  policy: 'admin',
  tag: 'memory',
  summary: 'What could be forgotten or kept, newest first; nothing happens until somebody decides',
  query: z.object({
    state: z.enum(SUGGESTION_STATES).optional().default('open'),
    limit: lenientInt(50, 1, LIMITS.suggestionsListed),
  }),
  response: z.array(suggestion),
  errors: [502, 503],
});

export const suggestionVerdict = z.object({
  id: z.string(),
  /** `gone`: the memory was not there any more. `not_open`: unknown, or decided already. */
  outcome: z.enum(['forgotten', 'kept', 'gone', 'dismissed', 'not_open', 'failed']),
  error: z.string().nullable(),
});
export type SuggestionVerdict = z.output<typeof suggestionVerdict>;

export const decideSuggestions = defineRoute({
  name: 'decideSuggestions',
  method: 'POST',
  path: '/admin/memories/suggestions/decide',
  policy: 'admin',
  tag: 'memory',
  summary: 'Accept or dismiss suggestions, each for itself',
  body: z.object({
    ids: z.array(uuid).min(1).max(LIMITS.suggestionsListed),
    decision: z.enum(['accept', 'dismiss']),
  }),
  response: z.object({ results: z.array(suggestionVerdict) }),
  errors: [502, 503],
});

export const runHygiene = defineRoute({
  name: 'runHygiene',
  method: 'POST',
  path: '/admin/memories/hygiene',
  policy: 'admin',
  tag: 'memory',
  summary: 'Look through memories now, for one round; it happens every hour by itself',
  response: z.object({
    examined: z.number().int(),
    suggested: z.number().int(),
    /** Whether the round reached the last namespace. */
    whole: z.boolean(),
  }),
  errors: [502, 503],
});
