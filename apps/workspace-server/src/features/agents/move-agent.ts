// Move agent: takes the active agent of one workspace to another. Whoever moves it needs a right on both sides: a
// workspace's own token never writes into another workspace.

import { faults } from '@molecule/domain';
import { type Caller, describeCaller } from '@molecule/http';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import type { Agent, AgentStore } from './agent-store.ts';

export interface AgentDeps {
  agents: AgentStore;
  directory: WorkspaceDirectory;
  publishSoon(): void;
}

export async function moveAgent(
  deps: AgentDeps,
  caller: Caller,
  sourceId: string,
  targetText: string,
): Promise<Agent> {
  const source = requireWorkspace(deps.directory, sourceId);
  const targetId = targetText.toLowerCase();
  // Asked before the target is looked up: the answer does not tell whether it exists.
  if (caller.kind === 'workspace' && caller.workspaceId !== targetId) {
    throw faults.forbidden('moving an agent needs authorisation on the target workspace');
  }
  const target = deps.directory.get(targetId);
  if (!target || target.status === 'removed') throw faults.workspaceNotFound('target workspace not found');
  const agent = await deps.agents.move(source.id, target.id, describeCaller(caller));
  deps.publishSoon();
  return agent;
}
