// Place unit: a workspace of a tenant gets an instance of its own.
//
//   P1. The row is there before the unit, and says `terminated` only when nothing of it runs: what a crash leaves in between
//       is found by its tenant, whose next start or stop names the same workspace.
//   P2. A start that fails leaves nothing running.

import type { platform } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import type { UnitDriver } from '../../placement/unit-driver.ts';
import { PLANS } from '../billing/index.ts';
import type { Org, OrgStore } from '../orgs/index.ts';
import { readUnitSpec } from './read-unit-spec.ts';
import type { UnitStore } from './unit-store.ts';

export interface UnitDeps {
  units: UnitStore;
  orgs: Pick<OrgStore, 'find' | 'audit'>;
  /** Null: this platform's driver places tenants only. */
  driver: UnitDriver | null;
  publicUrlOf(slug: string): string;
}

/** Throws 404 for another organisation, 400 for what cannot be placed, 409 for what may not be, 501 where nothing is. */
export async function placeUnit(
  deps: UnitDeps,
  org: Org,
  body: platform.ProvisionBody,
): Promise<{ instance_id: string; private_ip: string; state: string }> {
  if (body.org_id.toLowerCase() !== org.id) throw faults.notFound('not found');
  const spec = readUnitSpec(org.id, deps.publicUrlOf(org.slug), body);
  const driver = requireDriver(deps);
  if (org.status !== 'running') throw faults.conflict(`the organisation is ${org.status}`);
  if (org.maxTier !== null && spec.tier > org.maxTier)
    throw faults.conflict(`the organisation may use tier ${org.maxTier} at most`);
  const max = org.maxWorkspaces ?? PLANS[org.plan].maxWorkspaces;
  const { workspaceId, tier } = spec;
  const claimed = await deps.units.claim({ orgId: org.id, workspaceId, runtime: body.runtime, tier }, max);
  if (!claimed) throw faults.conflict(`the organisation may have ${max} workspaces at most`);
  const placed = await placeOrClearUp(deps, driver, () => driver.place(spec), spec);
  await deps.units.setState(org.id, workspaceId, 'running', placed.instanceId);
  await deps.orgs.audit({
    actor: 'tenant',
    action: 'workspace.placed',
    org: { id: org.id, slug: org.slug },
    detail: { workspace_id: workspaceId, instance_id: placed.instanceId, tier },
  });
  return { instance_id: placed.instanceId, private_ip: placed.address, state: 'running' };
}

export function requireDriver({ driver }: Pick<UnitDeps, 'driver'>): UnitDriver {
  if (!driver) throw faults.notImplemented('placing workspaces for tenants with this placement driver');
  return driver;
}

/** P2. */
async function placeOrClearUp<T>(
  { units }: UnitDeps,
  driver: UnitDriver,
  place: () => Promise<T>,
  { orgId, workspaceId }: { orgId: string; workspaceId: string },
): Promise<T> {
  try {
    return await place();
  } catch (error) {
    await driver.end(orgId, workspaceId);
    await units.setState(orgId, workspaceId, 'terminated', null);
    throw error;
  }
}
