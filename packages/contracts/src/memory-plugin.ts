// Memory plugin: the wire between a tenant and the service that owns its memory. Both ends read and check by these
// shapes; anyone may write another plugin from them. Unknown fields are ignored, so that old plugins keep working.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';

export const NAMESPACE_KINDS = ['workspace', 'team', 'org', 'custom'] as const;
export const MEMORY_KINDS = ['fact', 'summary', 'checkpoint'] as const;
export const MEMORY_SOURCES = ['agent', 'runtime', 'user'] as const;
export const ERROR_CODES = ['bad_request', 'not_found', 'forbidden', 'internal', 'unavailable'] as const;

/** What a plugin may offer beyond the core. `filter` is ours: rows by texts in their `propagation`. */
export const CAPABILITIES = [
  'fts',
  'embedding',
  'ttl',
  'pin',
  'propagation',
  'batch',
  'list',
  'timestamps',
  'count',
  'get',
  'filter',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

export const namespaceKind = z.enum(NAMESPACE_KINDS);
export const memoryKind = z.enum(MEMORY_KINDS);
export const memorySource = z.enum(MEMORY_SOURCES);
export type NamespaceKind = z.output<typeof namespaceKind>;
export type MemoryKind = z.output<typeof memoryKind>;
export type MemorySource = z.output<typeof memorySource>;

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
export const rfc3339 = z
  .string()
  .refine((text) => RFC_3339.test(text) && !Number.isNaN(Date.parse(text)), 'must be an RFC 3339 time')
  .meta({ format: 'date-time' });

export const namespaceName = z
  .string()
  .min(1)
  .max(LIMITS.memoryNamespaceChars)
  .regex(/^[a-z]+:[A-Za-z0-9_:.-]+$/, 'must look like kind:name');

export const memoryId = z.string().min(1).max(LIMITS.memoryIdChars);

const utf8 = new TextEncoder();
export const bytesOf = (text: string): number => utf8.encode(text).length;

export const memoryContent = z
  .string()
  .refine((text) => text.trim() !== '', 'must not be blank')
  .refine(
    (text) => bytesOf(text) <= LIMITS.memoryContentBytes,
    `must not be larger than ${LIMITS.memoryContentBytes} bytes`,
  );

const opaque = z
  .record(z.string(), z.unknown())
  .refine(
    (value) => bytesOf(JSON.stringify(value)) <= LIMITS.memoryOpaqueBytes,
    `must not be larger than ${LIMITS.memoryOpaqueBytes} bytes`,
  );

export const health = z.object({
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  capabilities: z.array(z.string()),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Health = z.output<typeof health>;

export const namespaceUpsert = z.object({
  kind: namespaceKind,
  expires_at: rfc3339.nullish(),
  metadata: opaque.nullish(),
});
export type NamespaceUpsert = z.output<typeof namespaceUpsert>;

export const namespacePatch = z
  .object({ expires_at: rfc3339.nullish(), metadata: opaque.nullish() })
  .refine((patch) => patch.expires_at !== undefined || patch.metadata !== undefined, 'changes nothing');
export type NamespacePatch = z.output<typeof namespacePatch>;

export const namespace = z.object({
  name: namespaceName,
  kind: namespaceKind,
  expires_at: rfc3339.nullish(),
  metadata: opaque.nullish(),
  created_at: rfc3339,
  /** Live memories and the bytes of their content, where the plugin counts. */
  count: z.number().int().optional(),
  bytes: z.number().int().optional(),
});
export type Namespace = z.output<typeof namespace>;

export const memoryWrite = z.object({
  /** A plugin makes one when it is absent; a second write with it replaces the first in place. */
  id: memoryId.nullish(),
  content: memoryContent,
  kind: memoryKind,
  source: memorySource,
  expires_at: rfc3339.nullish(),
  propagation: opaque.nullish(),
  pin: z.boolean().nullish(),
  embedding: z.array(z.number()).nullish(),
  /** Honoured with the capability `timestamps`. */
  created_at: rfc3339.nullish(),
});
export type MemoryWrite = z.output<typeof memoryWrite>;

export const memoryWritten = z.object({ id: memoryId, namespace: namespaceName });
export type MemoryWritten = z.output<typeof memoryWritten>;

export const memoryBatch = z.object({ memories: z.array(z.unknown()).min(1).max(LIMITS.memoryBatch) });
export const memoryBatchReply = z.object({
  results: z.array(
    z.object({
      id: z.string().optional(),
      namespace: z.string().optional(),
      error: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
});

export const memory = z.object({
  id: memoryId,
  namespace: namespaceName,
  content: z.string(),
  kind: memoryKind,
  source: memorySource,
  expires_at: rfc3339.nullish(),
  propagation: z.record(z.string(), z.unknown()).nullish(),
  pin: z.boolean().nullish(),
  created_at: rfc3339,
  score: z.number().nullish(),
});
export type Memory = z.output<typeof memory>;

export const searchRequest = z.object({
  /** Exact names; the list is final. Empty is a bug of the caller, never "everywhere". */
  namespaces: z.array(namespaceName).min(1).max(LIMITS.memoryNamespacesSearched),
  query: z.string().max(LIMITS.memoryQueryChars).nullish(),
  kinds: z.array(memoryKind).nullish(),
  /** 0 and absent: the plugin's default. */
  limit: z.number().int().min(0).max(LIMITS.memoriesFoundMax).nullish(),
  embedding: z.array(z.number()).nullish(),
  /** Rows whose `propagation` holds these texts; sent to plugins with the capability `filter`. */
  propagation: z.record(z.string(), z.string()).nullish(),
});
export type SearchRequest = z.output<typeof searchRequest>;

export const searchReply = z.object({ memories: z.array(memory) });

export const forgetRequest = z.object({ requested_by_namespace: namespaceName });

export const listReply = z.object({ memories: z.array(memory), next_cursor: z.string().nullish() });

export const pluginError = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type PluginError = z.output<typeof pluginError>;
