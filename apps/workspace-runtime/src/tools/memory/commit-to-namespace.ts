// commit_memory_v2 and commit_summary: remember in a namespace that one may write; a summary ends by itself.

import { memories, memoryPlugin } from '@molecule/contracts';
import { redactSecrets } from '@molecule/domain';
import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import type { ToolDeps } from '../tool-deps.ts';
import { failure, reply } from './memory-reply.ts';

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
    run: (input, { signal }) => commit(deps, { ...input, kind: input.kind ?? 'fact' }, signal),
  });
}

export function commitSummary(deps: ToolDeps) {
  return defineTool({
    name: 'commit_summary',
    description:
      'Remember the summary of what you did or learned, for the next conversation. It ends after 30 days unless expires_at says otherwise.',
    input: z.object(common),
    run: (input, { signal }) => commit(deps, { ...input, kind: 'summary' }, signal),
  });
}

interface Input {
  content: string;
  kind: memoryPlugin.MemoryKind;
  namespace?: string | undefined;
  expires_at?: string | undefined;
  pin?: boolean | undefined;
}

async function commit({ platform }: ToolDeps, input: Input, signal: AbortSignal): Promise<string> {
  try {
    const written = await platform.call(memories.commitMemory, {
      params: { id: platform.workspaceId },
      body: { ...input, content: redactSecrets(input.content) },
      signal,
    });
    return reply({ id: written.id, namespace: written.namespace });
  } catch (error) {
    signal.throwIfAborted();
    return failure(error);
  }
}
