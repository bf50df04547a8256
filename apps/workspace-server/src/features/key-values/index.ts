// Key-values: a workspace's own notes by key, with a time to live and versions.
export type { KeyValueStore } from './key-value-store.ts';
export { bindKeyValueRoutes, type KeyValueDeps } from './routes.ts';
