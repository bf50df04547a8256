// commit_memory_v2 and commit_summary: remember in a namespace that one may write; a summary ends by itself.

import { memories, memoryPlugin } from '@molecule/contracts';
import { LIMITS, redactSecrets } from '@molecule/domain';
import { z } from 'zod';
import type { Turn } from '../../engines/engine.ts';
import { defineTool } from '../define-tool.ts';
import type { ToolDeps } from '../tool-deps.ts';
import { failure, reply } from './memory-reply.ts';
import { sourceOf } from './memory-source.ts';

const common = {
  content: z.string().min(1),
  namespace: z.string().optional(),
  expires_at: memoryPlugin.rfc3339.optional(),
};

export function commitMemoryV2(deps: ToolDeps) {
  return defineTool({
    name: 'commit_memory_v2',
    description:
      'Remember something in a namespace (your own when you name none; list_writable_namespaces lists them). Kind fact, summary or checkpoint; expires_at ends it; pin keeps it on top. Never store passwords or keys.',
    input: z.object({
      ...common,
      kind: z.enum(memoryPlugin.MEMORY_KINDS).optional(),
      pin: z.boolean().optional(),
    }),
    run: (input, { signal, turn }) => commit(deps, { ...input, kind: input.kind ?? 'fact' }, turn, signal),
  });
}

export function commitSummary(deps: ToolDeps) {
  return defineTool({
    name: 'commit_summary',
    description:
      'Remember the summary of what you did or learned, for the next conversation. It ends after 30 days unless expires_at says otherwise. derived_from: ids of the memories that it sums up; it is forgotten with them.',
    input: z.object({
      ...common,
      derived_from: z.array(memoryPlugin.memoryId).max(LIMITS.provenanceSources).optional(),
    }),
    run: (input, { signal, turn }) => commit(deps, { ...input, kind: 'summary' }, turn, signal),
  });
}

interface Input {
  content: string;
  kind: memoryPlugin.MemoryKind;
  namespace?: string | undefined;
  expires_at?: string | undefined;
  pin?: boolean | undefined;
  derived_from?: string[] | undefined;
}

async function commit(
  { platform }: ToolDeps,
  { derived_from, ...input }: Input,
  turn: Turn,
  signal: AbortSignal,
): Promise<string> {
  try {
    const written = await platform.call(memories.commitMemory, {
      params: { id: platform.workspaceId },
      body: { ...input, content: redactSecrets(input.content), ...sourceOf(turn, derived_from) },
      signal,
    });
    return reply({ id: written.id, namespace: written.namespace });
  } catch (error) {
    signal.throwIfAborted();
    return failure(error);
  }
}
