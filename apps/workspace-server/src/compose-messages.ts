// Compose messages: the relay, the inbox of those who are away and the driver of delegations, which need each other.

import type { WorkspaceState } from '@molecule/domain';
import type { TenantConnections } from './compose-connections.ts';
import type { TenantState } from './compose-state.ts';
import type { TenantUnits } from './compose-units.ts';
import { composeWebhooks } from './compose-webhooks.ts';
import type { RecordDeps } from './features/activity/index.ts';
import { DelegationDriver } from './features/delegations/index.ts';
import {
  addressOf,
  deliverQueued,
  type FetchedAnswer,
  Inbox,
  MessageKeys,
  OpenChains,
  relayMessage,
} from './features/relay/index.ts';
import { transitionWorkspace } from './features/workspaces/index.ts';
import type { TenantBase } from './tenant-base.ts';
import { translateDatabaseError } from './translate-database-error.ts';

export interface MessageParts {
  base: TenantBase;
  state: TenantState;
  agents: Pick<TenantConnections, 'guard' | 'connections'>;
  units: TenantUnits;
  record: RecordDeps;
  publicUrl(): string;
}

export type TenantMessages = ReturnType<typeof composeMessages>;

export function composeMessages(parts: MessageParts) {
  const { state, units, record } = parts;
  const { clock, log, config } = parts.base;
  const { guard, connections } = parts.agents;
  const { directory, vitals, stores } = state;
  const { publishSoon, drainSoon, driveSoon, depthsSoon } = state.soon;
  const { access, followers } = state.credentials;
  const keys = new MessageKeys(stores.messageKeys);
  const chains = new OpenChains(clock);
  const inbox: Inbox = new Inbox({
    store: stores.inbox,
    now: () => clock.now(),
    log,
    workspace: (id) => directory.get(id),
    roomOf: (workspace) => {
      const busy = Math.max(vitals.of(workspace.id).activeTasks, connections.inFlight(workspace.id));
      return workspace.maxConcurrentTasks - busy;
    },
    deliver: (message, target) => deliverQueued(relay, message, target),
    onEnded: (message, end) => driver.messageEnded(message, end),
    publishSoon,
    drainSoon,
    depthsSoon,
  });
  const relay = {
    ...record,
    directory,
    vitals,
    access,
    followers,
    connections,
    keys,
    chains,
    inbox,
    wake: (target: WorkspaceState) => wake(state, units, target),
    clock,
    log,
    publicUrl: parts.publicUrl,
    translate: translateDatabaseError,
    addressOf: (target: WorkspaceState) => addressOf(target, guard),
    suspectDead: (target: WorkspaceState) => units.controller.suspectDead(target),
    noteAnswer: (answer: FetchedAnswer) => driver.answered(answer),
  };
  const driver: DelegationDriver = new DelegationDriver({
    delegations: stores.delegations,
    clock,
    log,
    relay: (input) => relayMessage(relay, input),
    findQueued: (delegation) => inbox.findByDelegation(delegation),
    publishSoon,
    driveSoon,
  });
  const webhooks = composeWebhooks(parts.base.pg.db, clock, relay, config.githubWebhookSecret);
  const onHeardOf = (id: string) => {
    if (inbox.hasOpen(id)) drainSoon();
  };
  directory.onChange((before, after) => {
    if (after && before?.status !== after.status) onHeardOf(after.id);
  });
  return { keys, chains, inbox, relay, driver, webhooks, onHeardOf };
}

/** Brings a hibernated target back; whatever its state, its unit is looked after soon. */
async function wake(state: TenantState, units: TenantUnits, target: WorkspaceState): Promise<void> {
  if (target.status === 'hibernated') {
    await transitionWorkspace(state.edit, {
      id: target.id,
      trigger: 'wake',
      actor: 'system:relay',
      payload: ({ name, tier, runtime }) => ({ name, tier, runtime }),
    });
    units.dispatcher.forgiveCrashes(target.id);
    units.controller.request(target.id);
  }
  state.soon.sweepSoon();
}
