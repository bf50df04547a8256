// check_task_status: how the delegations of this workspace stand, or one of them.

import { delegations } from '@molecule/contracts';
import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import { type ToolDeps, toolError } from '../tool-deps.ts';

export const LISTED = 10;

export function checkTaskStatus({ platform }: ToolDeps) {
  return defineTool({
    name: 'check_task_status',
    description:
      'See how a task that you delegated stands, by its delegation id; without one, your latest delegations.',
    input: z.object({ workspace_id: z.string().optional(), task_id: z.string().optional() }),
    run: async ({ task_id }, { signal }) => {
      try {
        const rows = await platform.call(delegations.listDelegations, {
          params: { id: platform.workspaceId },
          signal,
        });
        return JSON.stringify(task_id ? one(rows, task_id) : latest(rows));
      } catch (error) {
        signal.throwIfAborted();
        return toolError(error);
      }
    },
  });
}

function one(rows: delegations.DelegationRow[], id: string): unknown {
  return (
    rows.find((row) => (row.delegation_id ?? row.id) === id) ?? { status: 'not_found', delegation_id: id }
  );
}

function latest(rows: delegations.DelegationRow[]): unknown {
  const listed = rows.slice(0, LISTED).map((row) => ({
    delegation_id: row.delegation_id ?? row.id,
    target_id: row.target_id,
    status: row.status,
    summary: row.summary,
    response_preview: row.response_preview ?? '',
  }));
  return { delegations: listed, count: listed.length };
}
