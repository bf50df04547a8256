// Purge org: deletes an organisation step by step, and proves it.
//
//   P1. Each finished step is written down; a deletion that was broken off goes on after the last of them.
//   P2. Each step may run again: what is gone already is no error.
//   P3. The name leads nowhere before anything else goes, and the ledger is looked at last: a claim that the driver still
//       knows of means that the organisation is not purged.
//   P4. The credentials that could open what the tenant kept go with the rows; nobody can make them again.

import type { PlacementDriver } from '../../placement/driver.ts';
import type { TenantStore } from '../tenants/index.ts';
import type { LifecycleStore, Purge } from './lifecycle-store.ts';

export interface PurgeDeps {
  lifecycle: LifecycleStore;
  tenants: TenantStore;
  driver: PlacementDriver;
  billing: { end(orgId: string): Promise<void> };
}

type Step = (deps: PurgeDeps, purge: Purge) => Promise<void>;

/** `edge`: the organisation is `purging` from the first moment, which the edge reads as unknown. */
export const PURGE_STEPS: readonly (readonly [string, Step])[] = [
  ['edge', async () => {}],
  ['compute_stop', ({ driver }, { orgId }) => driver.stop(orgId)],
  ['stripe', ({ billing }, { orgId }) => billing.end(orgId)],
  ['infra', removeInfrastructure],
  // Backups of the process driver stand in the tenant's folder, which went with it.
  ['backups', async () => {}],
  [
    'identity',
    async ({ lifecycle }, { orgId }) => {
      await lifecycle.forgetLonelyPeople(orgId);
    },
  ],
  ['db_rows', ({ lifecycle }, { orgId }) => lifecycle.deleteRows(orgId)],
  ['verify', verifyNothingIsLeft],
];

/** Goes on with deletions that were broken off, one after the other; one that fails again is left for the next round. */
export async function resumePurges(
  deps: PurgeDeps & { log: { warn(details: object, message: string): void } },
): Promise<void> {
  for (const purge of await deps.lifecycle.openPurges()) {
    try {
      await deps.tenants.hold(purge.orgId, () => purgeOrg(deps, purge));
    } catch (error) {
      deps.log.warn({ err: error, purgeId: purge.id }, 'a deletion did not come to its end');
    }
  }
}

/** Rejects when a step fails; the same call goes on from there. */
export async function purgeOrg(deps: PurgeDeps, purge: Purge): Promise<void> {
  const names = PURGE_STEPS.map(([name]) => name);
  const from = purge.lastStep === null ? 0 : names.indexOf(purge.lastStep) + 1;
  try {
    for (const [name, run] of PURGE_STEPS.slice(from)) {
      await run(deps, purge);
      await deps.lifecycle.stepDone(purge.id, name);
    }
  } catch (error) {
    await deps.lifecycle.purgeFailed(purge.id, (error as Error).message);
    throw error;
  }
  await deps.lifecycle.purgeDone(purge.id);
}

async function removeInfrastructure(
  { driver, tenants, lifecycle }: PurgeDeps,
  { orgId }: Purge,
): Promise<void> {
  const claims = await lifecycle.liveClaims(orgId);
  for (const { kind, externalId } of claims) await tenants.settle(orgId, kind, externalId, 'deleting');
  await driver.destroy(orgId);
  for (const { kind, externalId } of claims) await tenants.settle(orgId, kind, externalId, 'deleted');
}

/** P3. */
async function verifyNothingIsLeft({ driver, lifecycle }: PurgeDeps, { orgId }: Purge): Promise<void> {
  const found = await driver.inspect(orgId);
  if (found.state !== 'absent') throw new Error(`the driver still knows the tenant: ${found.state}`);
  const claims = await lifecycle.liveClaims(orgId);
  if (claims.length > 0) throw new Error(`${claims.length} claims are not settled`);
  await lifecycle.forgetClaims(orgId);
}
