// Publish events: empties the outbox (committed events without `seq`) and tells each event, in order.
// Run by one supervised loop that commits poke; a crash between commit and telling is mended by readers, who ask for
// everything after their last `seq`.

import type { events } from '@molecule/contracts';
import type { EventHub } from './event-hub.ts';
import type { EventLog, PublishedEvent } from './event-log.ts';

const BATCH = 500;

export async function publishEvents(deps: { log: EventLog; hub: EventHub }): Promise<number> {
  let published = 0;
  for (;;) {
    const batch = await deps.log.publishNext(BATCH);
    for (const event of batch) deps.hub.tellStored(toFrame(event));
    published += batch.length;
    if (batch.length < BATCH) return published;
  }
}

export function toFrame(event: PublishedEvent): events.EventFrame {
  return {
    event: event.type,
    workspace_id: event.workspaceId ?? '',
    timestamp: new Date(event.createdAt).toISOString(),
    payload: event.payload,
    seq: event.seq,
    ...(event.type === 'APPROVAL_DECIDED' ? decisionOf(event.payload) : {}),
  };
}

/** Agents that wait for a decision look for it beside the payload. */
function decisionOf({ approval_id, status, decided_by }: Record<string, unknown>) {
  return { approval_id: String(approval_id), status: String(status), decided_by: String(decided_by) };
}
