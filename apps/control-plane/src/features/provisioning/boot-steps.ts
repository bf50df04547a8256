// Boot steps: how an organisation gets its tenant, one named step after the other, each with its own limit.
//
//   B1. Each step may be run again at any time: what is done already is found and left as it is.
//   B2. Credentials and claims are written before what they are for is started.
//   B3. A tenant counts as running when its own refusal came back under its public name: edge, process and guard agree.

import { type Fault, faults, isFault } from '@molecule/domain';
import type { PlacementDriver, TenantSpec } from '../../placement/driver.ts';
import type { CallTenant, CredentialBox, TenantRow, TenantStore } from '../tenants/index.ts';

export interface BootDeps {
  tenants: TenantStore;
  driver: PlacementDriver;
  box: CredentialBox;
  call: CallTenant;
  /** Asks by the public name, through the edge; resolves with the status, or why there is none. Null where there is no edge. */
  probePublicName: ((slug: string) => Promise<number | string>) | null;
  specOf(tenant: TenantRow): Promise<TenantSpec>;
}

export interface BootStep {
  name: string;
  limitMs: number;
  /** True when the step is done; false, or a sentence that says why not yet, to be asked again soon. */
  run(deps: BootDeps, tenant: TenantRow): Promise<boolean | string>;
}

export const BOOT_STEPS: readonly BootStep[] = [
  {
    name: 'check_capacity',
    limitMs: 60_000,
    run: async ({ driver }, { orgId }) => {
      await driver.checkRoom(orgId);
      return true;
    },
  },
  {
    name: 'claim_resources',
    limitMs: 60_000,
    run: async ({ tenants, driver }, { orgId }) => {
      await tenants.claim(orgId, 'instance', `${driver.name}:${orgId}`);
      return true;
    },
  },
  {
    name: 'write_credentials',
    limitMs: 60_000,
    run: async ({ tenants, box }, { orgId }) => {
      await tenants.keepCredentials(orgId, await box.make(orgId));
      return true;
    },
  },
  { name: 'start_tenant', limitMs: 180_000, run: startTenant },
  { name: 'wait_platform_health', limitMs: 240_000, run: isHealthy },
  { name: 'prove_hostname', limitMs: 120_000, run: isProven },
];

export async function startTenant(deps: BootDeps, tenant: TenantRow): Promise<boolean> {
  const { upstream } = await deps.driver.ensureRunning(await deps.specOf(tenant));
  await deps.tenants.placed(tenant.orgId, upstream);
  await deps.tenants.settle(tenant.orgId, 'instance', `${deps.driver.name}:${tenant.orgId}`, 'created');
  await renewCredentials(deps, tenant);
  return true;
}

/** To the kind of seal that new values have. A key service that is away delays that to the next start, and no tenant. */
async function renewCredentials({ box, tenants }: BootDeps, tenant: TenantRow): Promise<void> {
  try {
    const renewed = await box.renew(tenant);
    if (renewed) await tenants.replaceCredentials(tenant, renewed);
  } catch (error) {
    if (!isFault(error) || error.code !== 'BACKEND_TRANSIENT') throw error;
  }
}

/** A tenant that ended meanwhile is started again: the step waits for one that is there. */
async function isHealthy(deps: BootDeps, tenant: TenantRow): Promise<boolean> {
  const found = await deps.driver.inspect(tenant.orgId);
  if (found.state === 'stopped' || found.state === 'absent') {
    await startTenant(deps, tenant);
    return false;
  }
  return (await statusOf(deps, tenant, '/health/ready')) === 200;
}

/** B3. */
async function isProven(deps: BootDeps, tenant: TenantRow): Promise<boolean | string> {
  if (deps.probePublicName === null) return (await statusOf(deps, tenant, '/admin/liveness')) === 200;
  const answer = await deps.probePublicName(tenant.slug);
  if (answer === 401) return true;
  return typeof answer === 'number'
    ? `its public name answers ${answer} instead of the tenant's own refusal`
    : `nothing answers under its public name (${answer}): see its DNS name, the edge and its certificate`;
}

export async function statusOf(deps: BootDeps, tenant: TenantRow, path: string): Promise<number | null> {
  const credentials = await deps.box.open(tenant);
  if (!credentials || tenant.upstream === null) return null;
  try {
    const { status } = await deps.call(
      {
        orgId: tenant.orgId,
        upstream: tenant.upstream,
        adminToken: credentials.adminToken.reveal(),
        edgeKey: credentials.edgeKey.reveal(),
      },
      'GET',
      path,
    );
    return status;
  } catch (error) {
    if (isFault(error) && error.code === 'BACKEND_TRANSIENT') return null;
    throw error;
  }
}

export function stepTimedOut(name: string, last: string | null): Fault {
  return faults.backendTransient(`the step ${name} was not done in time${last === null ? '' : `: ${last}`}`);
}
