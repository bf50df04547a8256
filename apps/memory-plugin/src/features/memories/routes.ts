// Memory routes: write, write many, list, search, read and forget.

import { randomUUID } from 'node:crypto';
import { memoryPlugin as wire } from '@molecule/contracts';
import type { Clock } from '@molecule/kit';
import { PluginFault, pluginFaults } from '../../plugin-fault.ts';
import { describeError, iso, type PluginRoute, read, readExpiry } from '../../plugin-route.ts';
import type { MemoryStore, NewMemory, StoredMemory, WriteOutcome } from './memory-store.ts';
import { checkVector, searchWithVectors, type VectorDeps } from './vector-search.ts';

export interface MemoryDeps {
  memories: MemoryStore;
  /** Null: no vectors here; those that come are left aside, as every unknown field. */
  vectors: VectorDeps | null;
  clock: Clock;
}

const DEFAULT_LIMIT = 20;
const LIST_LIMIT = 100;
const LIST_LIMIT_MAX = 500;
const BATCH_BYTES = 8 * 1024 * 1024;

const nameOf = (text: unknown) => read(wire.namespaceName, text, 'namespace');
const idOf = (params: Record<string, string>) => read(wire.memoryId, params.id, 'id');

export function memoryRoutes(deps: MemoryDeps): PluginRoute[] {
  const { memories } = deps;
  return [
    {
      method: 'POST',
      path: '/v1/namespaces/:name/memories',
      answer: async ({ params, body }) => {
        const namespace = nameOf(params.name);
        const memory = toNew(deps, body);
        const outcomes = await writeTo(deps, namespace, [memory]);
        if (outcomes[0] !== 'stored') throw pluginFaults.namespaceMismatch();
        return { status: 201, body: { id: memory.id, namespace } };
      },
    },
    {
      method: 'POST',
      path: '/v1/namespaces/:name/memories::batch',
      bodyLimitBytes: BATCH_BYTES,
      answer: async ({ params, body }) => {
        const namespace = nameOf(params.name);
        const input = read(wire.memoryBatch, body, 'body');
        return { status: 200, body: { results: await writeBatch(deps, namespace, input.memories) } };
      },
    },
    {
      method: 'GET',
      path: '/v1/namespaces/:name/memories',
      answer: async ({ params, query }) => {
        const page = await memories.list(
          nameOf(params.name),
          readCursor(query.cursor),
          readLimit(query.limit),
        );
        if (!page) throw pluginFaults.notFound('there is no such namespace');
        const next = page.next === null ? {} : { next_cursor: String(page.next) };
        return { status: 200, body: { memories: page.memories.map(toWire), ...next } };
      },
    },
    {
      method: 'POST',
      path: '/v1/search',
      answer: async ({ body }) => {
        const input = read(wire.searchRequest, body, 'body');
        const search = {
          namespaces: input.namespaces,
          query: input.query ?? '',
          kinds: input.kinds ?? null,
          propagation: input.propagation ?? null,
          limit: input.limit || DEFAULT_LIMIT,
        };
        const found = deps.vectors
          ? await searchWithVectors(deps.vectors, search, input.embedding ?? null)
          : await memories.search(search);
        return { status: 200, body: { memories: found.map(toWire) } };
      },
    },
    {
      method: 'GET',
      path: '/v1/memories/:id',
      answer: async ({ params, query }) => {
        const found = await memories.read(nameOf(query.namespace), idOf(params));
        if (!found) throw pluginFaults.notFound('there is no such memory in this namespace');
        return { status: 200, body: toWire(found) };
      },
    },
    {
      method: 'DELETE',
      path: '/v1/memories/:id',
      answer: async ({ params, body }) => {
        const { requested_by_namespace } = read(wire.forgetRequest, body, 'body');
        if (!(await memories.forget(requested_by_namespace, idOf(params))))
          throw pluginFaults.notFound('there is no such memory in this namespace');
        return { status: 204 };
      },
    },
  ];
}

type Incoming = NewMemory & { vector: readonly number[] | null };

async function writeTo(
  { memories, vectors }: MemoryDeps,
  namespace: string,
  rows: readonly Incoming[],
): Promise<WriteOutcome[]> {
  const outcomes = await memories.write(namespace, rows);
  if (!outcomes) throw pluginFaults.notFound('there is no such namespace');
  const embedded = rows.flatMap(({ id, content, vector }, i) =>
    vector && outcomes[i] === 'stored' ? [{ id, content, vector }] : [],
  );
  if (vectors && embedded.length > 0) await vectors.vectors.put(namespace, embedded);
  return outcomes;
}

type BatchResult = { id?: string; namespace?: string; error?: { code: string; message: string } };

/** Each item has its own result; of items with one id the last one stands. */
async function writeBatch(deps: MemoryDeps, namespace: string, items: unknown[]): Promise<BatchResult[]> {
  const results: BatchResult[] = items.map(() => ({}));
  const byId = new Map<string, { memory: Incoming; places: number[] }>();
  for (const [place, item] of items.entries()) {
    try {
      const memory = toNew(deps, item);
      byId.set(memory.id, { memory, places: [...(byId.get(memory.id)?.places ?? []), place] });
    } catch (error) {
      if (!(error instanceof PluginFault)) throw error;
      results[place] = { error: describeError(error) };
    }
  }
  const entries = [...byId.values()];
  const outcomes =
    entries.length === 0
      ? []
      : await writeTo(
          deps,
          namespace,
          entries.map(({ memory }) => memory),
        );
  for (const [i, { memory, places }] of entries.entries()) {
    const isStored = outcomes[i] === 'stored';
    for (const place of places) {
      results[place] = isStored
        ? { id: memory.id, namespace }
        : { id: memory.id, error: describeError(pluginFaults.namespaceMismatch()) };
    }
  }
  return results;
}

function toNew({ clock, vectors }: MemoryDeps, body: unknown): Incoming {
  const input = read(wire.memoryWrite, body, 'body');
  if (vectors && input.embedding) checkVector(vectors.dimensions, input.embedding);
  return {
    id: input.id ?? randomUUID(),
    content: input.content,
    kind: input.kind,
    source: input.source,
    expiresAt: readExpiry(input.expires_at, clock.now()) ?? null,
    isPinned: input.pin ?? false,
    propagation: input.propagation ?? null,
    createdAt: input.created_at ? Date.parse(input.created_at) : null,
    vector: input.embedding ?? null,
  };
}

function readCursor(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (!/^\d{1,15}$/.test(text)) throw pluginFaults.badRequest('cursor: not one of ours');
  return Number(text);
}

function readLimit(text: string | undefined): number {
  if (text === undefined || text === '') return LIST_LIMIT;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIST_LIMIT_MAX)
    throw pluginFaults.badRequest(`limit: must be a whole number from 1 to ${LIST_LIMIT_MAX}`);
  return limit;
}

function toWire(memory: StoredMemory): wire.Memory {
  return {
    id: memory.id,
    namespace: memory.namespace,
    content: memory.content,
    kind: memory.kind,
    source: memory.source,
    ...(memory.expiresAt === null ? {} : { expires_at: iso(memory.expiresAt) }),
    ...(memory.propagation === null ? {} : { propagation: memory.propagation }),
    ...(memory.isPinned ? { pin: true } : {}),
    created_at: iso(memory.createdAt),
    ...(memory.score === null ? {} : { score: memory.score }),
  };
}
