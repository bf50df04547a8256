// Unit routes: what a tenant asks about the workspaces that were placed for it. It is only ever itself.

import { createHash } from 'node:crypto';
import { platform } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import type { PlatformCaller } from '../../access/caller.ts';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import type { Org } from '../orgs/index.ts';
import { endUnit } from './end-unit.ts';
import { placeUnit, requireDriver, type UnitDeps } from './place-unit.ts';

const CONSOLE_BYTES = 256 * 1024;

export interface UnitRouteDeps extends UnitDeps {
  /** The program that every instance runs. */
  readProgram(): Promise<Buffer>;
}

export function bindUnitRoutes(bind: PlatformBinder, deps: UnitRouteDeps): void {
  bind(platform.provisionUnit, async ({ caller, body }) => placeUnit(deps, await ownOrg(deps, caller), body));

  bind(platform.readUnit, async ({ caller, params, query }) => {
    const org = await ownOrg(deps, caller);
    const row = await deps.units.find(org.id, params.id);
    if (!row || (query.instance_id !== undefined && row.instanceId !== query.instance_id))
      throw faults.notFound('not found');
    if (row.state !== 'running') return { state: row.state };
    const found = await requireDriver(deps).inspect(org.id, params.id);
    if (found?.state === 'unknown') throw faults.backendTransient('the instance cannot be looked at now');
    return { state: found?.state ?? 'terminated' };
  });

  bind(platform.deleteUnit, async ({ caller, params, query, reply }) => {
    const org = await ownOrg(deps, caller);
    const asked = { instanceId: query.instance_id, isPruned: query.prune === 'true' };
    await endUnit(deps, org, params.id, asked);
    return reply.code(204).send();
  });

  bind(platform.ensureImage, async () => {
    requireDriver(deps);
    const digest = createHash('sha256')
      .update(await deps.readProgram())
      .digest('hex');
    return { status: 'ready' as const, image_ref: `workspace-runtime@sha256:${digest}` };
  });

  bind(platform.readUnitConsole, async ({ params }) => {
    const [row] = await deps.units.findAll(params.id);
    if (!row) throw faults.notFound('not found');
    return { output: await requireDriver(deps).readLog(row.orgId, row.workspaceId, CONSOLE_BYTES) };
  });
}

async function ownOrg({ orgs }: UnitDeps, caller: PlatformCaller): Promise<Org> {
  if (caller.kind !== 'tenant') throw new Error('this route is for tenants');
  const org = await orgs.find(caller.orgId);
  if (!org) throw faults.notFound('not found');
  return org;
}
