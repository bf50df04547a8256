// Lifecycle routes: change, suspend, resume, export and delete organisations; their compute ledger and counters.

import { platform } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import { describePlatformCaller, type PlatformCaller } from '../../access/caller.ts';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import { type Org, type OrgOfRequest, type OrgStore, orgView } from '../orgs/index.ts';
import { type ExportDeps, exportOrg } from './export-org.ts';
import { type PurgeDeps, purgeOrg } from './purge-org.ts';
import { resumeOrg, type SuspendDeps, suspendOrg } from './suspend-org.ts';

export interface LifecycleDeps extends PurgeDeps, SuspendDeps, ExportDeps {
  orgs: OrgStore;
  orgOf: OrgOfRequest;
}

export function bindLifecycleRoutes(bind: PlatformBinder, deps: LifecycleDeps): void {
  const { orgs, orgOf, lifecycle } = deps;
  const note = (caller: PlatformCaller, action: string, org: Org, detail = {}) =>
    orgs.audit({
      actor: describePlatformCaller(caller),
      action,
      org,
      partnerId: caller.kind === 'partner' ? caller.partnerId : null,
      detail,
    });

  bind(platform.changeOrg, async ({ caller, request, body }) => {
    const org = orgOf.of(request);
    const isOperators = [body.billing_plan, body.max_tier, body.max_workspaces].some(
      (value) => value !== undefined,
    );
    if (isOperators && caller.kind !== 'operator') {
      throw faults.forbidden('limits and plan are changed by operators, or by paying for another plan');
    }
    const changed = await lifecycle.change(org.id, {
      name: body.name,
      plan: body.billing_plan,
      maxWorkspaces: body.max_workspaces,
      maxTier: body.max_tier,
    });
    if (!changed) throw faults.notFound('organisation not found');
    await note(caller, 'org.change', org, { fields: Object.keys(body).join(' ') });
    return orgView(changed, await deps.creditsOf(changed));
  });

  bind(platform.suspendOrg, async ({ caller, params }) => {
    const org = await orgs.find(params.slug);
    if (!org) throw faults.notFound('organisation not found');
    await suspendOrg(deps, org);
    await note(caller, 'org.suspend', org);
    return { status: 'suspended' as const };
  });

  bind(platform.resumeOrg, async ({ caller, params }) => {
    const org = await orgs.find(params.slug);
    if (!org) throw faults.notFound('organisation not found');
    await resumeOrg(deps, org);
    await note(caller, 'org.resume', org);
    return { status: 'running' as const };
  });

  bind(platform.deleteOrg, async ({ caller, request, body, reply }) => {
    const org = orgOf.of(request);
    // People say the name of what they delete; a program that holds a key for it may say `true`.
    const isConfirmed = body.confirm === org.slug || (body.confirm === true && caller.kind === 'partner');
    if (!isConfirmed) throw faults.invalidRequest('confirm must be the slug');
    await deleteOrg(deps, caller, org);
    return reply.code(204).send();
  });

  bind(platform.adminDeleteTenant, async ({ caller, params, body, reply }) => {
    if (body.confirm !== params.slug) throw faults.invalidRequest('confirm must be the slug');
    const org = await orgs.find(params.slug);
    if (org) await deleteOrg(deps, caller, org);
    else if (!(await resumeWithoutRows(deps, params.slug))) throw faults.notFound('organisation not found');
    return reply.code(204).send();
  });

  bind(platform.exportOrg, async ({ caller, request }) => {
    const org = orgOf.of(request);
    await note(caller, 'org.export', org);
    return exportOrg(deps, org);
  });

  bind(platform.listOrgWorkspaces, async ({ request }) => {
    const org = orgOf.of(request);
    const units = await lifecycle.units(org.id);
    return {
      org: org.slug,
      workspaces: units.map(({ id, runtime, tier, instanceId, state }) => ({
        id,
        runtime,
        tier,
        instance_id: instanceId,
        status: state,
      })),
    };
  });

  bind(platform.readOrgMetrics, async ({ request }) => ({
    total_workspaces: (await lifecycle.units(orgOf.of(request).id)).length,
    active_agents: null,
    avg_response_time_ms: null,
    total_tasks_dispatched: null,
  }));

  bind(platform.installFromMarketplace, async ({ request }) => {
    const { slug } = orgOf.of(request);
    throw faults.gone(`content is installed at the tenant: ${deps.publicUrlOf(slug)}`);
  });
}

async function deleteOrg(deps: LifecycleDeps, caller: PlatformCaller, org: Org): Promise<void> {
  const purge = await deps.lifecycle.beginPurge(org, describePlatformCaller(caller));
  await deps.orgs.audit({ actor: describePlatformCaller(caller), action: 'org.delete', org });
  await runPurge(deps, purge);
}

/** The rows went in the last step, and the word of it did not get out. */
async function resumeWithoutRows(deps: LifecycleDeps, slug: string): Promise<boolean> {
  const purge = await deps.lifecycle.openPurgeOfSlug(slug);
  if (purge) await runPurge(deps, purge);
  return purge !== null;
}

/** One at a time: while the reconciler is at it, the caller is told to ask again. */
async function runPurge(deps: LifecycleDeps, purge: Parameters<typeof purgeOrg>[1]): Promise<void> {
  let failure: unknown = null;
  const isOurs = await deps.tenants.hold(purge.orgId, async () => {
    try {
      await purgeOrg(deps, purge);
    } catch (error) {
      failure = error;
    }
  });
  if (isOurs && failure === null) return;
  if (failure !== null)
    deps.log.warn({ err: failure, purgeId: purge.id }, 'a deletion did not come to its end');
  throw faults.purgeFailed(purge.id);
}
