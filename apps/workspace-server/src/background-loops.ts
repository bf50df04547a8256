// Background loops: what the server does by itself, each under the supervisor, each shown by /admin/liveness.

import { TIMEOUTS_MS } from '@molecule/domain';
import type { Clock, Supervisor } from '@molecule/kit';
import type { TokenUse } from './features/access/index.ts';
import type { ActivityLog } from './features/activity/index.ts';
import { type ApprovalStore, expireApprovals } from './features/approvals/index.ts';
import type { DelegationDriver } from './features/delegations/index.ts';
import type { EventHub } from './features/events/index.ts';
import type { KeyValueStore } from './features/key-values/index.ts';
import type { Inbox, InboxStore, MessageKeyStore } from './features/relay/index.ts';
import type { RequestKeyStore } from './features/request-keys/index.ts';
import type { DeliveryStore } from './features/webhooks/index.ts';
import type { UnitController, VitalSigns } from './features/workspaces/index.ts';

export interface LoopParts {
  clock: Clock;
  activityRetentionMs: number;
  controller: UnitController;
  driver: DelegationDriver;
  inbox: Inbox;
  hub: EventHub;
  vitals: VitalSigns;
  activityLog: ActivityLog;
  approvals: ApprovalStore;
  keyValues: Pick<KeyValueStore, 'sweep'>;
  tokenUse: TokenUse;
  publishSoon(): void;
  keyStore: MessageKeyStore;
  requestKeys: RequestKeyStore;
  inboxStore: InboxStore;
  deliveries: DeliveryStore;
  publish(): Promise<unknown>;
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DEPTHS_PAUSE_MS = 100;
/** Rows that one round of pruning deletes from a table at most. */
const PRUNE_BATCH = 10_000;

export function addBackgroundLoops(supervisor: Supervisor, parts: LoopParts): void {
  const { controller, driver, inbox, vitals } = parts;
  const { healthSweep, provisionSweep } = TIMEOUTS_MS;
  const patient = { timeoutMs: 120 * SECOND };
  supervisor.add({ name: 'broadcaster', intervalMs: SECOND, run: () => parts.publish() });
  supervisor.add({ name: 'units', intervalMs: SECOND, ...patient, run: () => controller.driveUnits() });
  supervisor.add({ name: 'liveness-monitor', intervalMs: 5 * SECOND, run: () => controller.checkLeases() });
  supervisor.add({
    name: 'health-sweep',
    intervalMs: healthSweep,
    ...patient,
    run: () => controller.probeUnits(),
  });
  supervisor.add({
    name: 'provision-timeout-sweep',
    intervalMs: provisionSweep,
    run: () => controller.endDeadlines(),
  });
  supervisor.add({ name: 'orphan-sweeper', intervalMs: 60 * SECOND, run: () => controller.adopt() });
  supervisor.add({ name: 'delegations', intervalMs: 2 * SECOND, run: () => driver.round() });
  supervisor.add({ name: 'queue', intervalMs: 2 * SECOND, run: () => inbox.drain() });
  supervisor.add({ name: 'queue-depths', intervalMs: 60 * SECOND, run: () => tellDepths(parts) });
  supervisor.add({ name: 'approvals', intervalMs: 5 * SECOND, run: () => expireApprovals(parts) });
  supervisor.add({ name: 'token-use', intervalMs: 5 * SECOND, run: () => parts.tokenUse.flush() });
  supervisor.add({ name: 'vitals', intervalMs: SECOND, run: () => vitals.flush() });
  supervisor.add({
    name: 'key-values',
    intervalMs: 600 * SECOND,
    run: () => parts.keyValues.sweep(PRUNE_BATCH),
  });
  supervisor.add({ name: 'retention', intervalMs: 6 * HOUR, run: () => prune(parts) });
}

/** A burst of messages is told once. */
async function tellDepths({ clock, inbox, hub }: LoopParts): Promise<void> {
  await clock.sleep(DEPTHS_PAUSE_MS);
  for (const [id, depth] of inbox.takeChangedDepths()) {
    hub.broadcast('QUEUE_CHANGED', id, { queue_depth: depth });
  }
}

async function prune(parts: LoopParts): Promise<void> {
  const { clock, activityRetentionMs } = parts;
  const { idempotency, webhookDelivery } = TIMEOUTS_MS;
  await parts.activityLog.prune(clock.now() - activityRetentionMs, PRUNE_BATCH);
  // A key points at the activity row that holds its answer, so it lives at least as long.
  await parts.keyStore.prune(clock.now() - Math.max(idempotency, activityRetentionMs), PRUNE_BATCH);
  await parts.requestKeys.prune(clock.now() - idempotency, PRUNE_BATCH);
  await parts.inboxStore.prune(clock.now() - idempotency, PRUNE_BATCH);
  await parts.deliveries.prune(clock.now() - webhookDelivery, PRUNE_BATCH);
}
