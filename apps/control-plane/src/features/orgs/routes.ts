// Org routes: make, list, read, follow, open and retry organisations.

import { platform } from '@molecule/contracts';
import { Fault, faults, isSlug } from '@molecule/domain';
import type { FastifyReply } from 'fastify';
import type { PlatformCaller } from '../../access/caller.ts';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import type { TenantStore } from '../tenants/index.ts';
import { type CreateOrgDeps, createOrg } from './create-org.ts';
import { type OpenTenantDeps, openTenant } from './open-tenant.ts';
import type { OrgOfRequest } from './org-of-request.ts';
import type { Org, OrgStore } from './org-store.ts';
import { type Credits, orgView } from './org-view.ts';

export interface OrgRouteDeps extends CreateOrgDeps, OpenTenantDeps {
  orgs: OrgStore;
  tenants: TenantStore;
  orgOf: OrgOfRequest;
  creditsOf(org: Org): Promise<Credits>;
  describe(orgId: string): Promise<platform.ProvisionStatus | null>;
  watch: {
    readonly isFull: boolean;
    follow(
      reply: FastifyReply,
      orgId: string,
      read: () => Promise<platform.ProvisionStatus | null>,
    ): Promise<void>;
  };
}

export function bindOrgRoutes(bind: PlatformBinder, deps: OrgRouteDeps): void {
  const view = async (org: Org) => orgView(org, await deps.creditsOf(org));
  const described = async (orgId: string) => {
    const status = await deps.describe(orgId);
    if (!status) throw faults.notFound('organisation not found');
    return status;
  };

  bind(platform.createOrg, async ({ caller, body }) => {
    const org = await createOrg(deps, caller, body);
    return { id: org.id, slug: org.slug, name: org.name, plan: org.plan, status: org.status };
  });

  bind(platform.listOrgs, async ({ caller }) => ({
    orgs: await Promise.all((await orgsOf(deps.orgs, caller)).map(view)),
  }));

  bind(platform.readOrg, async ({ request }) => view(deps.orgOf.of(request)));

  bind(platform.readProvisionStatus, async ({ request }) => described(deps.orgOf.of(request).id));
  bind(platform.readOrgStatus, async ({ request }) => described(deps.orgOf.of(request).id));

  bind(platform.followProvisionStatus, async ({ request, reply }) => {
    if (deps.watch.isFull) throw new Fault('RATE_LIMITED', 'too many are watching', { retryAfterSeconds: 5 });
    const { id } = deps.orgOf.of(request);
    await deps.watch.follow(reply, id, () => deps.describe(id));
    return reply;
  });

  bind(platform.readInstance, async ({ caller, params }) => {
    const tenant = isSlug(params.slug) ? await deps.tenants.findBySlug(params.slug) : null;
    if (!tenant || tenant.orgStatus === 'purging') throw faults.notFound('no such organisation');
    const isRunning = tenant.orgStatus === 'running' && tenant.upstream !== null;
    const status = isRunning && tenant.status === 'stopped' ? 'stopped' : tenant.orgStatus;
    return {
      slug: tenant.slug,
      status,
      ip: null,
      region: tenant.region,
      slot: tenant.slot,
      generation: tenant.generation,
      ...(caller.kind === 'edge'
        ? { upstream: tenant.upstream, org_id: tenant.orgId }
        : { upstream: isRunning ? deps.publicUrlOf(tenant.slug) : null }),
    };
  });

  bind(platform.openTenant, async ({ caller, request, reply }) => {
    if (caller.kind !== 'person') throw faults.forbidden('only somebody who is signed in can be handed over');
    reply.header('cache-control', 'no-store');
    return openTenant(deps, deps.orgOf.of(request), caller.person.id);
  });

  bind(platform.retryOrg, async ({ request }) => {
    const org = deps.orgOf.of(request);
    if (!(await deps.tenants.retry(org.id))) throw faults.conflict(`the organisation is ${org.status}`);
    deps.reconcileSoon();
    return { status: 'provisioning' as const };
  });
}

function orgsOf(orgs: OrgStore, caller: PlatformCaller): Promise<Org[]> {
  if (caller.kind === 'person') return orgs.listOf(caller.person.id);
  if (caller.kind === 'partner') return orgs.listOfPartner(caller.partnerId, caller.orgId);
  return orgs.listAll(500);
}
