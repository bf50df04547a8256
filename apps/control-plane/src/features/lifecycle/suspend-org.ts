// Suspend and resume: a suspended organisation has no keys, no compute and no name, and all of its data.

import { faults } from '@molecule/domain';
import type { Log } from '@molecule/kit';
import type { Org } from '../orgs/index.ts';
import type { CallTenant, CredentialBox, TenantStore } from '../tenants/index.ts';
import type { LifecycleStore } from './lifecycle-store.ts';

export interface SuspendDeps {
  lifecycle: LifecycleStore;
  tenants: TenantStore;
  box: CredentialBox;
  call: CallTenant;
  log: Log;
  reconcileSoon(): void;
  tellTenants(): void;
}

/** Keys are revoked by the tenant, while it still runs; its compute stops whether it answers or not. */
export async function suspendOrg(deps: SuspendDeps, org: Org): Promise<void> {
  const isSuspended = await deps.lifecycle.setStatus(org.id, ['running', 'failed'], 'suspended', {
    tells: 'org_suspended',
  });
  if (!isSuspended) throw faults.conflict(`the organisation is ${org.status}`);
  deps.tellTenants();
  await revokeKeys(deps, org);
  await deps.tenants.want(org.id, 'stopped');
  deps.reconcileSoon();
}

/** Keys are not restored: they are minted anew. */
export async function resumeOrg(deps: SuspendDeps, org: Org): Promise<void> {
  const isResumed = await deps.lifecycle.setStatus(org.id, ['suspended'], 'running');
  if (!isResumed) throw faults.conflict(`the organisation is ${org.status}`);
  await deps.tenants.want(org.id, 'up');
  deps.reconcileSoon();
}

async function revokeKeys({ tenants, box, call, log }: SuspendDeps, org: Org): Promise<void> {
  const tenant = await tenants.find(org.id);
  const credentials = tenant && (await box.open(tenant));
  if (!tenant?.upstream || !credentials) return;
  const address = {
    orgId: org.id,
    upstream: tenant.upstream,
    adminToken: credentials.adminToken.reveal(),
    edgeKey: credentials.edgeKey.reveal(),
  };
  try {
    await call(address, 'POST', '/org/tokens/revoke-all');
  } catch (error) {
    // Nobody reaches a stopped tenant; the revocation waits for it, and is read at its next start.
    log.warn({ err: error, orgId: org.id }, 'the tenant could not be told to revoke its keys');
  }
}
