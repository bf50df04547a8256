// delegate_task_async: hands a task to a peer and goes on; the result arrives later as a message to this workspace.

import { createHash } from 'node:crypto';
import { delegations } from '@molecule/contracts';
import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import { type ToolDeps, toolError } from '../tool-deps.ts';
import { chainOf, TASK_CHARS } from './delegate-task.ts';
import { findPeer } from './find-peer.ts';

export function delegateTaskAsync({ platform, inbox }: ToolDeps) {
  return defineTool({
    name: 'delegate_task_async',
    description:
      'Give a task to another workspace without waiting. You get a delegation id; the result is sent to you when it is there, or ask check_task_status.',
    input: z.object({ workspace_id: z.string().min(1), task: z.string().min(1).max(TASK_CHARS) }),
    run: async ({ workspace_id, task }, { signal, turn }) => {
      try {
        const chainId = chainOf(turn);
        const peer = await findPeer(platform, workspace_id, signal);
        if (typeof peer === 'string') return `Error: ${peer}`;
        const reply = await platform.call(delegations.delegate, {
          params: { id: platform.workspaceId },
          body: {
            target_id: peer.id,
            task,
            idempotency_key: idempotencyKey(peer.id, task),
            ...(chainId === null ? {} : { chain_id: chainId }),
          },
          signal,
        });
        inbox.expect(reply.delegation_id);
        return JSON.stringify({
          delegation_id: reply.delegation_id,
          workspace_id: peer.id,
          status: 'delegated',
          note: `${peer.name} works on it; use check_task_status with this delegation_id to see the result`,
        });
      } catch (error) {
        signal.throwIfAborted();
        return toolError(error);
      }
    },
  });
}

export function idempotencyKey(targetId: string, task: string): string {
  return createHash('sha256').update(`${targetId}:${task}`).digest('hex').slice(0, 32);
}
