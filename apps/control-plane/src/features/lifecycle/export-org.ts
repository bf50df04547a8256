// Export org: everything that the platform holds about an organisation. What happens inside it is exported by its tenant.

import type { platform, ResponseOf } from '@molecule/contracts';
import type { MemberStore } from '../members/index.ts';
import { type Credits, type Org, orgView } from '../orgs/index.ts';
import type { TenantStore } from '../tenants/index.ts';
import type { LifecycleStore } from './lifecycle-store.ts';

export interface ExportDeps {
  lifecycle: LifecycleStore;
  members: MemberStore;
  tenants: TenantStore;
  creditsOf(org: Org): Promise<Credits>;
  publicUrlOf(slug: string): string;
}

const iso = (ms: number) => new Date(ms).toISOString();

export async function exportOrg(deps: ExportDeps, org: Org): Promise<ResponseOf<typeof platform.exportOrg>> {
  const [tenant, members, resources, credits, audit] = await Promise.all([
    deps.tenants.find(org.id),
    deps.members.list(org.id),
    deps.lifecycle.resources(org.id),
    deps.lifecycle.creditsOf(org.id),
    deps.lifecycle.auditOf(org.id),
  ]);
  return {
    org: orgView(org, await deps.creditsOf(org)),
    instance: {
      status: tenant?.status ?? 'purged',
      driver: tenant?.driver ?? '',
      image: tenant?.image ?? '',
      generation: tenant?.generation ?? 0,
    },
    members: members.map(({ userId, email, role, createdAt }) => ({
      user_id: userId,
      email,
      role,
      created_at: iso(createdAt),
    })),
    resources: resources.map(({ kind, externalId, state, at }) => ({
      kind,
      external_id: externalId,
      state,
      at: iso(at),
    })),
    credits: credits.map((entry) => ({ ...entry, at: iso(entry.at) })),
    audit: audit.map((entry) => ({ ...entry, at: iso(entry.at) })),
    tenant_export: { url: `${deps.publicUrlOf(org.slug)}/admin/export` },
  };
}
