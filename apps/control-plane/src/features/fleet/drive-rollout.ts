// Drive rollout: brings the fleet to an image: the canaries one by one, a soak, then batches.
//
//   F1. What a tenant is to run is a row; the reconciler brings it about. A killed controller finds everything there.
//   F2. Success is proved by what runs and serves (prove-release.ts), never by a command that ended well.
//   F3. A tenant that does not serve the target in UPGRADE_MS goes back by itself, image and data.
//   F4. Canaries go one at a time, and one that goes back ends the rollout, so that a bad image reaches one tenant; of
//       the others as many as `max_stragglers` may stay behind. Whoever was not reached stays on the old image.
//   F5. What a canary could go back to is kept until the soak is over: one that stops serving meanwhile goes back too, and
//       with it what was written in that time. One that ended and was started again during the soak goes back as well.

import type { Clock, Log } from '@molecule/kit';
import type { PlacementDriver } from '../../placement/driver.ts';
import type { TenantStore } from '../tenants/index.ts';
import type { Proof } from './prove-release.ts';
import type { Rollout, RolloutStore, RolloutTenant } from './rollout-store.ts';

/** From the order to a tenant that serves; what is longer goes back, which takes as long again. */
const UPGRADE_MS = 60_000;
/** How long a canary may not answer during the soak; a restart of its own takes less. */
const SILENCE_MS = 20_000;
/** A tenant tells its age in whole seconds. */
const UPTIME_SLACK_MS = 2_000;

export interface DriveDeps {
  rollouts: RolloutStore;
  tenants: TenantStore;
  driver: PlacementDriver;
  clock: Clock;
  log: Log;
  /** Does the tenant serve `target`, and since when? */
  prove(orgId: string, target: string): Promise<Proof>;
  reconcileSoon(): void;
}

/** One look at the open rollout; called again and again. */
export async function driveRollout(deps: DriveDeps): Promise<void> {
  const rollout = await deps.rollouts.open();
  if (!rollout) return;
  const tenants = await deps.rollouts.tenants(rollout.id);
  const inFlight = tenants.filter(({ phase }) => phase === 'upgrading');
  // At once: one that never answers delays none of the others.
  await Promise.all(inFlight.map((tenant) => judge(deps, rollout, tenant)));
  if (inFlight.length > 0) return;
  if (rollout.state !== 'running') return;
  const failure = failureOf(rollout, tenants);
  if (failure !== null) {
    deps.log.error({ rolloutId: rollout.id, failure }, 'a rollout stopped');
    await settleCanaries(deps, tenants);
    await deps.rollouts.setState(rollout.id, ['running'], 'failed', failure);
    return;
  }
  await startNext(deps, rollout, tenants);
}

/** F2, F3. */
async function judge(deps: DriveDeps, rollout: Rollout, tenant: RolloutTenant): Promise<void> {
  const { rollouts, driver, clock } = deps;
  const { problem } = await deps.prove(tenant.orgId, rollout.target);
  if (problem === null) {
    await rollouts.endUpgrade(rollout.id, tenant.orgId, 'done', { error: null, image: null });
    await rollouts.watch(rollout.id, tenant.orgId, null);
    // F5.
    if (!tenant.isCanary) await driver.settleImage(tenant.orgId);
    return;
  }
  if (clock.now() <= (tenant.deadlineAt ?? 0)) return;
  await goBack(deps, rollout, tenant, problem);
}

async function goBack(
  deps: DriveDeps,
  rollout: Rollout,
  tenant: RolloutTenant,
  error: string,
): Promise<void> {
  const { slug, orgId, imageBefore } = tenant;
  deps.log.error({ slug, target: rollout.target }, `a tenant goes back to its old image: ${error}`);
  await deps.rollouts.endUpgrade(rollout.id, orgId, 'rolled_back', { error, image: imageBefore });
  deps.reconcileSoon();
}

/** F5. True: one of them went back. */
async function watchCanaries(
  deps: DriveDeps,
  rollout: Rollout,
  tenants: readonly RolloutTenant[],
): Promise<boolean> {
  const now = deps.clock.now();
  for (const tenant of tenants) {
    if (!tenant.isCanary || tenant.phase !== 'done') continue;
    const { problem, startedAt } = await deps.prove(tenant.orgId, rollout.target);
    const isServing = problem === null;
    if (startedAt !== null && rollout.soakUntil !== null) {
      const soakedFrom = rollout.soakUntil - rollout.soakMs;
      if (startedAt > soakedFrom + UPTIME_SLACK_MS) {
        await goBack(deps, rollout, tenant, 'it ended, and was started again');
        return true;
      }
    }
    if (!isServing && tenant.deadlineAt !== null && now > tenant.deadlineAt) {
      await goBack(deps, rollout, tenant, `it served, and stopped serving: ${problem}`);
      return true;
    }
    if (isServing !== (tenant.deadlineAt === null))
      await deps.rollouts.watch(rollout.id, tenant.orgId, isServing ? null : now + SILENCE_MS);
  }
  return false;
}

/** F5. Again and again does no harm. */
async function settleCanaries({ driver }: DriveDeps, tenants: readonly RolloutTenant[]): Promise<void> {
  for (const { orgId, isCanary, phase } of tenants)
    if (isCanary && phase === 'done') await driver.settleImage(orgId);
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
  const isSoaking = rollout.soakUntil !== null && clock.now() < rollout.soakUntil;
  if (isSoaking && (await watchCanaries(deps, rollout, tenants))) return;
  if (pending.length === 0) {
    await settleCanaries(deps, tenants);
    await rollouts.setState(rollout.id, ['running'], 'done');
    return;
  }
  const canaries = pending.filter(({ isCanary }) => isCanary);
  const hadCanary = tenants.some(({ isCanary }) => isCanary);
  if (canaries.length === 0 && hadCanary && rollout.soakUntil === null) {
    return rollouts.soak(rollout.id, clock.now() + rollout.soakMs);
  }
  if (isSoaking) return;
  const isBegun = tenants.some(
    ({ isCanary, phase }) => !isCanary && phase !== 'pending' && phase !== 'missing',
  );
  if (canaries.length === 0 && !isBegun) {
    // One that is silent at the end of the soak is waited for.
    if (await isAnySilent(deps, rollout, tenants)) return;
    await settleCanaries(deps, tenants);
  }
  const batch = canaries.length > 0 ? canaries.slice(0, 1) : pending.slice(0, rollout.batchSize);
  for (const { orgId } of batch) {
    await rollouts.beginUpgrade(rollout.id, orgId, rollout.target, clock.now() + UPGRADE_MS);
  }
  deps.reconcileSoon();
}

/** F5. */
async function isAnySilent(
  deps: DriveDeps,
  rollout: Rollout,
  tenants: readonly RolloutTenant[],
): Promise<boolean> {
  if (await watchCanaries(deps, rollout, tenants)) return true;
  const now = await deps.rollouts.tenants(rollout.id);
  return now.some(({ isCanary, phase, deadlineAt }) => isCanary && phase === 'done' && deadlineAt !== null);
}
