// Drive rollout: brings the fleet to an image: the canaries one by one, a soak, then batches.
//
//   F1. What a tenant is to run is a row; the reconciler brings it about. A killed controller finds everything there.
//   F2. Success is proved by what runs and serves, never by a command that ended well.
//   F3. A tenant that does not serve the target in UPGRADE_MS goes back by itself, image and data.
//   F4. Canaries go one at a time, and one that goes back ends the rollout, so that a bad image reaches one tenant; of
//       the others as many as `max_stragglers` may stay behind. Whoever was not reached stays on the old image.

import type { Clock, Log } from '@molecule/kit';
import type { PlacementDriver } from '../../placement/driver.ts';
import type { TenantStore } from '../tenants/index.ts';
import type { Rollout, RolloutStore, RolloutTenant } from './rollout-store.ts';

/** From the order to a tenant that serves; what is longer goes back, which takes as long again. */
const UPGRADE_MS = 60_000;

export interface DriveDeps {
  rollouts: RolloutStore;
  tenants: TenantStore;
  driver: PlacementDriver;
  clock: Clock;
  log: Log;
  /** Does the tenant answer that it is ready? */
  isReady(orgId: string): Promise<boolean>;
  reconcileSoon(): void;
}

/** One look at the open rollout; called again and again. */
export async function driveRollout(deps: DriveDeps): Promise<void> {
  const rollout = await deps.rollouts.open();
  if (!rollout) return;
  const tenants = await deps.rollouts.tenants(rollout.id);
  const inFlight = tenants.filter(({ phase }) => phase === 'upgrading');
  for (const tenant of inFlight) await judge(deps, rollout, tenant);
  if (inFlight.length > 0) return;
  if (rollout.state !== 'running') return;
  const failure = failureOf(rollout, tenants);
  if (failure !== null) {
    deps.log.error({ rolloutId: rollout.id, failure }, 'a rollout stopped');
    await deps.rollouts.setState(rollout.id, ['running'], 'failed', failure);
    return;
  }
  await startNext(deps, rollout, tenants);
}

/** F2, F3. */
async function judge(deps: DriveDeps, rollout: Rollout, tenant: RolloutTenant): Promise<void> {
  const { rollouts, driver, clock, log } = deps;
  const found = await driver.inspect(tenant.orgId);
  const isOnTarget = found.state === 'running' && found.image === rollout.target;
  if (isOnTarget && (await deps.isReady(tenant.orgId))) {
    await rollouts.endUpgrade(rollout.id, tenant.orgId, 'done', { error: null, image: null });
    await driver.settleImage(tenant.orgId);
    return;
  }
  if (clock.now() <= (tenant.deadlineAt ?? 0)) return;
  const error = isOnTarget ? 'the image runs and does not serve' : 'the image did not come to run';
  log.error({ slug: tenant.slug, target: rollout.target }, `a tenant goes back to its old image: ${error}`);
  await rollouts.endUpgrade(rollout.id, tenant.orgId, 'rolled_back', { error, image: tenant.imageBefore });
  deps.reconcileSoon();
}

/** F4. */
function failureOf(rollout: Rollout, tenants: readonly RolloutTenant[]): string | null {
  const behind = tenants.filter(({ phase }) => phase === 'rolled_back' || phase === 'missing');
  const canary = behind.find(({ isCanary }) => isCanary);
  if (canary) return `the canary ${canary.slug} did not come to run ${rollout.target}`;
  if (behind.length <= rollout.maxStragglers) return null;
  return `${behind.length} tenants stayed behind, more than ${rollout.maxStragglers}`;
}

async function startNext(
  deps: DriveDeps,
  rollout: Rollout,
  tenants: readonly RolloutTenant[],
): Promise<void> {
  const { rollouts, clock } = deps;
  const pending = tenants.filter(({ phase }) => phase === 'pending');
  if (pending.length === 0) {
    await rollouts.setState(rollout.id, ['running'], 'done');
    return;
  }
  const canaries = pending.filter(({ isCanary }) => isCanary);
  const hadCanary = tenants.some(({ isCanary }) => isCanary);
  if (canaries.length === 0 && hadCanary && rollout.soakUntil === null) {
    return rollouts.soak(rollout.id, clock.now() + rollout.soakMs);
  }
  if (rollout.soakUntil !== null && clock.now() < rollout.soakUntil) return;
  const batch = canaries.length > 0 ? canaries.slice(0, 1) : pending.slice(0, rollout.batchSize);
  for (const { orgId } of batch) {
    await rollouts.beginUpgrade(rollout.id, orgId, rollout.target, clock.now() + UPGRADE_MS);
  }
  deps.reconcileSoon();
}
