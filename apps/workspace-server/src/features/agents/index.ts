// Agents: who works in a workspace.
export type { AgentDeps } from './move-agent.ts';
export { bindAgentRoutes } from './routes.ts';
