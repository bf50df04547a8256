// Namespaces: the rooms that memories live in.
export type { NamespaceStore } from './namespace-store.ts';
export { namespaceRoutes } from './routes.ts';
