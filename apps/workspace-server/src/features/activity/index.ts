// Activity: what workspaces did and were asked, and messages from agents to their people.
export type { ActivityLog, MessageKeyRow, StoredActivity } from './activity-log.ts';
export { type ActivityDraft, JsonText, type RecordDeps, recordActivity } from './record-activity.ts';
export { type ActivityRouteDeps, bindActivityRoutes } from './routes.ts';
export type { SessionQuery, SessionRow, SessionSource } from './search-session.ts';
