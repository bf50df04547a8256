// End unit: the instance of a workspace goes; its volume goes too when that is asked for, and only after the instance.

import { faults } from '@molecule/domain';
import type { Org } from '../orgs/index.ts';
import { requireDriver, type UnitDeps } from './place-unit.ts';

/** Throws 404 for what was never placed, or under another instance. */
export async function endUnit(
  deps: UnitDeps,
  org: Org,
  workspaceId: string,
  asked: { instanceId: string | undefined; isPruned: boolean },
): Promise<void> {
  const row = await deps.units.find(org.id, workspaceId);
  const isOther = asked.instanceId !== undefined && row?.instanceId !== asked.instanceId;
  if (!row || isOther) throw faults.notFound('not found');
  const driver = requireDriver(deps);
  await driver.end(org.id, workspaceId);
  await deps.units.setState(org.id, workspaceId, 'terminated', null);
  if (asked.isPruned) {
    await driver.erase(org.id, workspaceId);
    await deps.units.forget(org.id, workspaceId);
  }
  await deps.orgs.audit({
    actor: 'tenant',
    action: asked.isPruned ? 'workspace.pruned' : 'workspace.ended',
    org: { id: org.id, slug: org.slug },
    detail: { workspace_id: workspaceId, instance_id: row.instanceId },
  });
}
