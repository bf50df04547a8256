// Compose loops: what the server does by itself, joined with what it does it to.

import { addBackgroundLoops } from './background-loops.ts';
import type { TenantMemory } from './compose-memory.ts';
import type { TenantMessages } from './compose-messages.ts';
import { addPlatformLink } from './compose-platform-link.ts';
import type { TenantSecrets } from './compose-secrets.ts';
import type { TenantState } from './compose-state.ts';
import type { TenantUnits } from './compose-units.ts';
import { publishEvents } from './features/events/index.ts';
import type { TenantBase } from './tenant-base.ts';

export interface AllLoopParts {
  base: TenantBase;
  state: TenantState;
  secrets: TenantSecrets;
  units: TenantUnits;
  memory: TenantMemory;
  messages: TenantMessages;
}

/** Those that run from the first moment on. */
export function addLoops(parts: AllLoopParts): void {
  const { base, state, secrets, units, memory, messages } = parts;
  const { supervisor } = base;
  const { stores } = state;
  addBackgroundLoops(supervisor, {
    clock: base.clock,
    activityRetentionMs: base.config.activityRetentionMs,
    controller: units.controller,
    driver: messages.driver,
    inbox: messages.inbox,
    hub: state.hub,
    vitals: state.vitals,
    activityLog: stores.activity,
    approvals: stores.approvals,
    tokenUse: state.credentials.tokenUse,
    keyValues: stores.keyValues,
    publishSoon: state.soon.publishSoon,
    keyStore: stores.messageKeys,
    requestKeys: stores.requestKeys,
    inboxStore: stores.inbox,
    deliveries: messages.webhooks.deliveries,
    publish: () => publishEvents({ log: stores.events, hub: state.hub }),
  });
  memory.addLoops(supervisor);
  for (const loop of units.dispatcher.loops()) supervisor.add(loop);
  secrets.addLoops(state.edit, units.provision);
}

/** Those that are added once the others run. */
export function addLateLoops({ base, state, messages }: AllLoopParts): void {
  const { config, identity, clock, log, supervisor } = base;
  addPlatformLink(supervisor, {
    config,
    adminToken: identity.adminToken,
    clock,
    log,
    endAllSessions: () => state.credentials.endAllSessions(),
    endSessionsOf: (subject) => state.credentials.endSessionsOf(subject),
  });
  supervisor.add({
    name: 'message-keys',
    intervalMs: 24 * 3_600_000,
    timeoutMs: 600_000,
    run: () => messages.keys.loadFilter(),
  });
}
