// Events: the append-only log, its publisher, and everybody who follows it.
export { EventHub } from './event-hub.ts';
export type { EventLog, PublishedEvent } from './event-log.ts';
export { publishEvents } from './publish-events.ts';
export { bindEventRoutes, type EventRouteDeps } from './routes.ts';
