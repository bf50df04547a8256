// Config: the numbered configurations of workspaces, their settings documents, and the restarts that bring them in.
export { ConfigHeads } from './config-heads.ts';
export type { ConfigChange, ConfigHead, ConfigStore } from './config-store.ts';
export { AutoRestarts, isRestartable } from './restart-behind.ts';
export { bindConfigRoutes, type ConfigRouteDeps } from './routes.ts';
