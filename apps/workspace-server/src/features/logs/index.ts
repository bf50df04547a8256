// Logs: what agents print and backends note.

export type { LogReader } from './read-logs.ts';
export { bindLogRoutes, type LogRouteDeps } from './routes.ts';
