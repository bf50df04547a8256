// Events: the append-only log, its publisher, and everybody who follows it.

export type { EventDeps } from './event-deps.ts';
export { EventHub } from './event-hub.ts';
export type { AppendIn, EventDraft, EventLog, PublishedEvent } from './event-log.ts';
export { publishEvents } from './publish-events.ts';
export { bindEventRoutes } from './routes.ts';
