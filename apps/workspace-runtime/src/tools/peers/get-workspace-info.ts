// get_workspace_info: what the server knows about this workspace.

import { CallError } from '@molecule/client';
import { workspaces } from '@molecule/contracts';
import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import type { ToolDeps } from '../tool-deps.ts';

export function getWorkspaceInfo({ platform }: ToolDeps) {
  return defineTool({
    name: 'get_workspace_info',
    description: 'Read your own workspace: its id, name, role, tier, status and parent.',
    input: z.object({}),
    run: async (_input, { signal }) => {
      try {
        const info = await platform.call(workspaces.readWorkspace, {
          params: { id: platform.workspaceId },
          signal,
        });
        return JSON.stringify(info, null, 2);
      } catch (error) {
        signal.throwIfAborted();
        return JSON.stringify(describe(error), null, 2);
      }
    },
  });
}

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof CallError)) return { error: error instanceof Error ? error.message : String(error) };
  if (error.status !== 410) return { error: error.message };
  const { id, removed_at, hint } = error.body as Record<string, unknown>;
  return { error: 'removed', id, removed_at, hint };
}
