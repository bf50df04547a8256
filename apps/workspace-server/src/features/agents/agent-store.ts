// Agent store: who works in a workspace, and the events that tell of it.
//
//   A1. At most one agent of a workspace is active, however many are assigned at once.
//   A2. A change and its events are committed together or not at all; a move is told on both sides.
//   A3. A removed workspace gets no agent, also when it is removed in the same moment.

export interface Agent {
  id: string;
  workspaceId: string;
  model: string;
}

/** `actor` signs the events. */
export interface AgentStore {
  /** Throws CONFLICT when the workspace has an active agent. */
  assign(workspaceId: string, model: string, actor: string): Promise<Agent>;
  /** The new agent and the one it replaced. Throws NOT_FOUND when there is none. */
  replace(workspaceId: string, model: string, actor: string): Promise<{ agent: Agent; old: Agent }>;
  /** The agent that was active. Throws NOT_FOUND when there is none. */
  remove(workspaceId: string, actor: string): Promise<Agent>;
  /** Throws NOT_FOUND when the source has no active agent or the target is gone, CONFLICT when the target has one. */
  move(sourceId: string, targetId: string, actor: string): Promise<Agent>;
}
