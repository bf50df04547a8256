// list_readable_namespaces and list_writable_namespaces: where one may look and write, as the chart has it now.

import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import type { ToolDeps } from '../tool-deps.ts';
import { failure, namespacesOf } from './memory-reply.ts';

export function listReadableNamespaces(deps: ToolDeps) {
  return listing(deps, 'readable', 'List the memory namespaces that you may search.');
}

export function listWritableNamespaces(deps: ToolDeps) {
  return listing(deps, 'writable', 'List the memory namespaces that you may write to.');
}

function listing(deps: ToolDeps, which: 'readable' | 'writable', description: string) {
  return defineTool({
    name: `list_${which}_namespaces`,
    description,
    input: z.object({}),
    run: async (_input, { signal }) => {
      try {
        const rows = (await namespacesOf(deps, signal))[which];
        return JSON.stringify(
          rows.map(({ name, kind, description, writable }) => ({ name, kind, description, writable })),
        );
      } catch (error) {
        signal.throwIfAborted();
        return failure(error);
      }
    },
  });
}
