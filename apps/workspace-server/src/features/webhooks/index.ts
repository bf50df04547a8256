// Webhooks: deliveries of services outside, checked by their signature.
export type { DeliveryStore } from './delivery-store.ts';
export { NO_SCHEDULES, type ScheduleTrigger, type WebhookDeps } from './receive-github.ts';
export { bindWebhookRoutes } from './routes.ts';
