// forget_memory: removes a memory from a namespace that one may write.

import { memories } from '@molecule/contracts';
import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import type { ToolDeps } from '../tool-deps.ts';
import { failure } from './memory-reply.ts';

export function forgetMemory({ platform }: ToolDeps) {
  return defineTool({
    name: 'forget_memory',
    description: 'Forget a memory by its id, in your own namespace or in the one that you name.',
    input: z.object({ memory_id: z.string().min(1), namespace: z.string().optional() }),
    run: async ({ memory_id, namespace }, { signal }) => {
      try {
        await platform.call(memories.forgetMemory, {
          params: { id: platform.workspaceId, memoryId: memory_id },
          query: namespace ? { namespace } : {},
          signal,
        });
        return JSON.stringify({ forgotten: true });
      } catch (error) {
        signal.throwIfAborted();
        return failure(error, { forgotten: false });
      }
    },
  });
}
