// Lifecycle: what happens to an organisation after it runs: changes, suspension, export and deletion.
export type { LifecycleStore, Purge } from './lifecycle-store.ts';
export { PURGE_STEPS, type PurgeDeps, purgeOrg, resumePurges } from './purge-org.ts';
export { bindLifecycleRoutes, type LifecycleDeps } from './routes.ts';
