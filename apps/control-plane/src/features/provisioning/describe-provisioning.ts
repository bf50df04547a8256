// Describe provisioning: the boot steps of the newest attempt as people and partners see them.

import type { platform } from '@molecule/contracts';
import type { TenantStore } from '../tenants/index.ts';
import { BOOT_STEPS } from './boot-steps.ts';

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

export async function describeProvisioning(
  tenants: TenantStore,
  orgId: string,
): Promise<platform.ProvisionStatus | null> {
  const tenant = await tenants.find(orgId);
  if (!tenant) return null;
  const steps = await tenants.steps(orgId, tenant.attempt);
  return {
    slug: tenant.slug,
    status: tenant.orgStatus,
    stage: tenant.stage,
    stages: BOOT_STEPS.map(({ name }) => {
      const step = steps.find((row) => row.name === name);
      return {
        name,
        state: step?.state ?? ('pending' as const),
        at: iso(step?.startedAt ?? null),
        ms: step?.endedAt ? step.endedAt - step.startedAt : null,
      };
    }),
    ...(tenant.lastError === null ? {} : { error: tenant.lastError }),
    deadline: iso(tenant.deadlineAt),
  };
}
