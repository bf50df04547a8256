// Open tenant: hands somebody who is signed in at the platform over to a tenant's own host, by a code that works once.
// The tenant makes the code and the session; the platform only asks for it, and keeps neither.

import { faults } from '@molecule/domain';
import { z } from 'zod';
import type { CallTenant, CredentialBox, TenantStore } from '../tenants/index.ts';
import type { Org } from './org-store.ts';

const answer = z.object({ url: z.string().max(2_000) });

export interface OpenTenantDeps {
  tenants: TenantStore;
  box: CredentialBox;
  call: CallTenant;
  publicUrlOf(slug: string): string;
}

export async function openTenant(deps: OpenTenantDeps, org: Org, userId: string): Promise<{ url: string }> {
  const tenant = await deps.tenants.find(org.id);
  const credentials = tenant && (await deps.box.open(tenant));
  if (org.status !== 'running' || !tenant?.upstream || !credentials) {
    throw faults.conflict(`the organisation is ${org.status}`, { status: org.status });
  }
  const { status, body } = await deps.call(
    {
      orgId: org.id,
      upstream: tenant.upstream,
      adminToken: credentials.adminToken.reveal(),
      edgeKey: credentials.edgeKey.reveal(),
    },
    'POST',
    '/admin/sign-in-links',
    { subject: userId },
  );
  const link = answer.safeParse(body);
  if (status >= 300 || !link.success) throw faults.backendTransient('the tenant made no sign-in link');
  // Only the code is the tenant's to choose: a hostile one must not send people anywhere else.
  const code = new URL(link.data.url, deps.publicUrlOf(org.slug)).searchParams.get('code') ?? '';
  return { url: `${deps.publicUrlOf(org.slug)}/auth/link?code=${encodeURIComponent(code)}` };
}
