// Agent routes: assign, replace, remove, move.

import { agents as contract } from '@molecule/contracts';
import { type Binder, type Caller, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { requireWorkspace } from '../workspaces/index.ts';
import { type AgentDeps, moveAgent } from './move-agent.ts';

export function bindAgentRoutes(app: FastifyInstance, binder: Binder, deps: AgentDeps): void {
  const { agents } = deps;

  /** Looks the workspace up, changes its agent, and has the events published. */
  const change = async <T>(
    params: { id: string },
    caller: Caller,
    how: (id: string, actor: string) => Promise<T>,
  ): Promise<T> => {
    const { id } = requireWorkspace(deps.directory, params.id);
    const changed = await how(id, describeCaller(caller));
    deps.publishSoon();
    return changed;
  };

  binder.bind(app, contract.assignAgent, async ({ params, body, caller }) => {
    const agent = await change(params, caller, (id, actor) => agents.assign(id, body.model, actor));
    return { agent_id: agent.id, model: agent.model };
  });

  binder.bind(app, contract.replaceAgent, async ({ params, body, caller }) => {
    const { agent, old } = await change(params, caller, (id, actor) => agents.replace(id, body.model, actor));
    return { agent_id: agent.id, model: agent.model, old_model: old.model };
  });

  binder.bind(app, contract.removeAgent, async ({ params, caller }) => {
    const agent = await change(params, caller, (id, actor) => agents.remove(id, actor));
    return { status: 'removed' as const, agent_id: agent.id };
  });

  binder.bind(app, contract.moveAgent, async ({ params, body, caller }) => {
    const agent = await moveAgent(deps, caller, params.id, body.target_workspace_id);
    return {
      agent_id: agent.id,
      model: agent.model,
      from_workspace: params.id.toLowerCase(),
      to_workspace: agent.workspaceId,
    };
  });
}
