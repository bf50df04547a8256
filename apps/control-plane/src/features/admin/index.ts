// Admin: what operators and release jobs do and see.
export type { AdminStore } from './admin-store.ts';
export { type AdminDeps, bindAdminRoutes } from './routes.ts';
