// list_peers: who this workspace may talk to, one line each.

import { registry } from '@molecule/contracts';
import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import { type ToolDeps, toolError } from '../tool-deps.ts';

export const NO_PEERS =
  'There are no peers: this workspace has no manager, no siblings and no direct reports.';

export function listPeers({ platform }: ToolDeps) {
  return defineTool({
    name: 'list_peers',
    description: 'List the workspaces you can talk to: your manager, your siblings and your direct reports.',
    input: z.object({}),
    run: async (_input, { signal }) => {
      try {
        const peers = await platform.call(registry.listPeers, {
          params: { id: platform.workspaceId },
          signal,
        });
        return peers.length === 0 ? NO_PEERS : peers.map(describePeer).join('\n');
      } catch (error) {
        signal.throwIfAborted();
        return toolError(error);
      }
    },
  });
}

export function describePeer(peer: registry.PeerView): string {
  return `- ${peer.name} (ID: ${peer.id}, status: ${peer.status}, role: ${peer.role ?? ''})`;
}
