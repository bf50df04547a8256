// Admin routes: what operators and release jobs do and see. A tenant's content is not among it.

import { platform } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import { type Clock, withDeadline } from '@molecule/kit';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import type { PlacementDriver } from '../../placement/driver.ts';
import type { LifecycleStore } from '../lifecycle/index.ts';
import { type CreateOrgDeps, createOrg, type Org, type OrgStore } from '../orgs/index.ts';
import type { PersonStore } from '../people/index.ts';
import type { ReportStore } from '../tenant-door/index.ts';
import type { CredentialBox, TenantRow, TenantStore, Wanted } from '../tenants/index.ts';
import type { AdminStore } from './admin-store.ts';

const MAX_REASON_CHARS = 300;
/** A driver that is away must not keep an operator from the counts. */
const LIST_LIMIT_MS = 3_000;

export interface AdminDeps extends CreateOrgDeps {
  admin: AdminStore;
  orgs: OrgStore;
  tenants: TenantStore;
  lifecycle: LifecycleStore;
  reports: ReportStore;
  people: PersonStore;
  driver: PlacementDriver;
  box: CredentialBox;
  clock: Clock;
  appDomain: string;
  describe(orgId: string): Promise<platform.ProvisionStatus | null>;
  signInLink(org: Org): Promise<{ url: string }>;
  templates: readonly { name: string; kind: 'org' | 'workspace'; files: readonly string[] }[];
}

const iso = (ms: number) => new Date(ms).toISOString();
const ACTOR = 'operator';

export function bindAdminRoutes(bind: PlatformBinder, deps: AdminDeps): void {
  const { admin, orgs, tenants } = deps;

  bind(platform.adminCreateOrg, async ({ caller, body }) => {
    if (!(await deps.people.find(body.owner_user_id))) throw faults.notFound('no such user');
    const org = await createOrg(deps, caller, { slug: body.slug, name: body.name }, body.owner_user_id);
    return { id: org.id, slug: org.slug, name: org.name, status: org.status };
  });

  bind(platform.adminListOrgs, async ({ query }) => ({
    orgs: (await admin.listOrgs(query.limit)).map((org) => ({
      id: org.id,
      slug: org.slug,
      status: org.status,
      instance_status: org.instanceStatus,
      created_at: iso(org.createdAt),
      ...(org.lastError === null ? {} : { last_error: org.lastError }),
    })),
  }));

  bind(platform.readTenantToken, async ({ params, request }) => {
    const org = await requireOrg(orgs, params.slug);
    const reason = request.headers['x-molecule-reason'];
    if (typeof reason !== 'string' || reason.trim() === '' || reason.length > MAX_REASON_CHARS) {
      throw faults.forbidden('say why, in the header X-Molecule-Reason');
    }
    await orgs.audit({ actor: ACTOR, action: 'tenant.support', org, detail: { reason } });
    const { url } = await deps.signInLink(org);
    // The tenant's own limit for such a code.
    return { admin_token: null, sign_in_url: url, expires_at: iso(deps.clock.now() + 10 * 60_000) };
  });

  bind(platform.setCanary, async ({ params, body }) => {
    const org = await requireOrg(orgs, params.slug);
    if (!(await admin.setCanary(org.id, body.is_canary))) {
      throw faults.conflict('the tenant is provisioned already');
    }
    await orgs.audit({ actor: ACTOR, action: 'tenant.canary', org, detail: { is_canary: body.is_canary } });
    return { is_canary: body.is_canary };
  });

  bind(platform.pinTenant, async ({ params, body }) => {
    const org = await requireOrg(orgs, params.slug);
    const pinned = await admin.pin(org.id, body?.image);
    await orgs.audit({
      actor: ACTOR,
      action: 'tenant.pin',
      org,
      detail: { pinned_image: pinned, ...(body?.reason ? { reason: body.reason } : {}) },
    });
    return { pinned_image: pinned };
  });

  bind(platform.stopTenant, async ({ params }) => steer(deps, params.slug, 'stopped'));
  bind(platform.startTenant, async ({ params }) => steer(deps, params.slug, 'up'));

  bind(platform.listBootEvents, async ({ params, query }) => {
    const org = await requireOrg(orgs, params.slug);
    const events = await deps.reports.bootEvents(org.id, query.limit);
    return {
      events: events.map(({ stage, status, elapsedMs, at }) => ({
        stage,
        status,
        elapsed_ms: elapsedMs,
        at: iso(at),
      })),
    };
  });

  bind(platform.readDiagnostics, async ({ params }) => {
    const org = await requireOrg(orgs, params.slug);
    const [tenant, provision, found, resources] = await Promise.all([
      requireTenant(tenants, org.id),
      deps.describe(org.id),
      deps.driver.inspect(org.id),
      deps.lifecycle.resources(org.id),
    ]);
    if (!provision) throw faults.notFound('organisation not found');
    return {
      instance: {
        status: tenant.status,
        wanted: tenant.wanted,
        driver: tenant.driver,
        found: found.state,
        image: tenant.image,
        generation: tenant.generation,
        last_error: tenant.lastError,
      },
      // Names exist before tenants do: one wildcard, and no record for each.
      dns: { name: `${org.slug}.${deps.appDomain}`, mode: 'wildcard' as const },
      tunnel: null,
      provision,
      resources: resources.map(({ kind, externalId, state, at }) => ({
        kind,
        external_id: externalId,
        state,
        at: iso(at),
      })),
    };
  });

  bind(platform.readStats, async () => {
    const { orphanClaims, openPurges, ...stats } = await admin.stats();
    const unowned = await findUnowned(deps);
    return { ...stats, orphan_claims: orphanClaims, open_purges: openPurges, unowned_tenants: unowned };
  });

  bind(platform.listAllowed, async () => ({ emails: await admin.allowed() }));
  bind(platform.allowAddress, async ({ body, reply }) => {
    await admin.allow(body.email, ACTOR);
    return reply.code(204).send();
  });
  bind(platform.forgetAddress, async ({ body, reply }) => {
    await admin.forget(body.email);
    return reply.code(204).send();
  });

  bind(platform.readPins, async ({ params }) => admin.pins(params.kind));
  bind(platform.writePins, async ({ params, body }) => {
    await admin.setPins(params.kind, body, ACTOR);
    await orgs.audit({
      actor: ACTOR,
      action: `pins.${params.kind}`,
      detail: { count: Object.keys(body).length },
    });
    return admin.pins(params.kind);
  });

  bind(platform.rotateEnvelope, async () => {
    const resealed = await admin.reseal((orgId, column, blob) => deps.box.reseal(orgId, column, blob));
    await orgs.audit({ actor: ACTOR, action: 'envelope.rotate', detail: { resealed } });
    return { resealed };
  });

  bind(platform.listAudit, async ({ query }) => ({
    entries: (await admin.audit(query.limit, query.before ?? null)).map(
      ({ orgId, partnerId, at, ...entry }) => ({
        ...entry,
        at: iso(at),
        org_id: orgId,
        partner_id: partnerId,
      }),
    ),
  }));

  bind(platform.redeployWorkspaces, async () => {
    throw faults.notImplemented('placing workspaces for tenants');
  });
  bind(platform.redeployWorkspacesFleet, async () => {
    throw faults.notImplemented('placing workspaces for tenants');
  });

  bind(platform.joinWaitlist, async ({ body }) => {
    const isNew = await admin.joinWaitlist({
      email: body.email,
      name: body.name ?? null,
      useCase: body.use_case ?? null,
    });
    return isNew
      ? { status: 'received' as const, message: 'You are on the list.' }
      : { status: 'already_received' as const, message: 'We already have you.' };
  });

  bind(platform.listPlatformTemplates, async () => ({
    templates: deps.templates.map(({ name, kind }) => ({ name, kind })),
  }));
  bind(platform.readPlatformTemplate, async ({ params }) => {
    const found = deps.templates.find(({ name }) => name === params.name);
    if (!found) throw faults.notFound('no such template');
    return { ...found, files: [...found.files] };
  });
}

async function steer(deps: AdminDeps, slug: string, wanted: Exclude<Wanted, 'gone'>) {
  const org = await requireOrg(deps.orgs, slug);
  const tenant = await requireTenant(deps.tenants, org.id);
  if (org.status !== 'running' || tenant.wanted === 'gone') {
    throw faults.conflict(`the organisation is ${org.status}`);
  }
  await deps.tenants.want(org.id, wanted);
  await deps.orgs.audit({ actor: ACTOR, action: wanted === 'up' ? 'tenant.start' : 'tenant.stop', org });
  deps.reconcileSoon();
  return { instance_status: tenant.status };
}

async function requireOrg(orgs: OrgStore, slug: string): Promise<Org> {
  const org = await orgs.find(slug);
  if (!org) throw faults.notFound('organisation not found');
  return org;
}

async function requireTenant(tenants: TenantStore, orgId: string): Promise<TenantRow> {
  const tenant = await tenants.find(orgId);
  if (!tenant) throw faults.notFound('organisation not found');
  return tenant;
}

/** The other half of the sweep: claims tell what a driver should have, this tells what it has and nobody claims. */
async function findUnowned({ admin, driver }: AdminDeps): Promise<string[] | null> {
  let found: string[];
  try {
    found = await withDeadline(driver.list(), LIST_LIMIT_MS, 'the list of tenants');
  } catch {
    return null; // Said so in the answer: the driver is away.
  }
  return admin.unknownAmong(found);
}
