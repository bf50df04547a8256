// Delegations: tasks handed from one workspace to another, until their end.
export type { DelegateDeps } from './delegate-task.ts';
export type { DelegationStore } from './delegation-store.ts';
export { DelegationDriver } from './drive-delegations.ts';
export { bindDelegationRoutes } from './routes.ts';
