// Compose webhooks: joins the deliveries of services outside with the relay and, once there are any, the schedules.

import type { Clock, Secret } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import { type RelayDeps, relayMessage } from './features/relay/index.ts';
import { PgDeliveryStore } from './features/webhooks/delivery-store.pg.ts';
import { NO_SCHEDULES, type WebhookDeps } from './features/webhooks/index.ts';

export function composeWebhooks(db: Db, clock: Clock, relay: RelayDeps, secret: Secret | null): WebhookDeps {
  return {
    secret,
    clock,
    deliveries: new PgDeliveryStore(db, clock),
    relay: (input) => relayMessage(relay, input),
    schedules: NO_SCHEDULES,
  };
}
