// Prove release: does the tenant that answers run what was rolled out, and is it the tenant that was meant?
//
//   P1. What the driver says is not believed alone: the tenant tells its build, and its organisation under its own credentials.
//   P2. An answer that comes late is no answer: people wait for the same tenant.
//   P3. Only asks. Whatever goes wrong is a sentence, never an exception.

import { isFault } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { PlacementDriver } from '../../placement/driver.ts';
import type { CallTenant, CredentialBox, TenantStore } from '../tenants/index.ts';

/** For each of the few questions. */
const SLOW_MS = 3_000;

export interface ProofDeps {
  tenants: TenantStore;
  driver: PlacementDriver;
  box: CredentialBox;
  call: CallTenant;
  clock: Clock;
}

export interface Proof {
  /** Null: it serves what was rolled out. */
  problem: string | null;
  /** When the tenant's process began, as it says itself; epoch milliseconds. */
  startedAt: number | null;
}

export async function proveRelease(deps: ProofDeps, orgId: string, target: string): Promise<Proof> {
  const found = await deps.driver.inspect(orgId);
  if (found.state !== 'running') return refuted('the image did not come to run');
  if (found.image !== target) return refuted(`it runs ${found.image}`);
  const ready = await ask(deps, orgId, '/health/ready');
  if (ready.problem !== null) return refuted(ready.problem);
  const health = await ask(deps, orgId, '/health');
  if (health.problem !== null) return refuted(health.problem);
  const build = await ask(deps, orgId, '/buildinfo');
  if (build.problem !== null) return refuted(build.problem);
  const expected = await deps.driver.buildOf(target);
  if (expected !== null && build.body.build !== expected) return refuted('another build answers');
  const alive = await ask(deps, orgId, '/admin/liveness');
  if (alive.problem !== null) return refuted(alive.problem);
  if (alive.body.org_id !== orgId) return refuted('the tenant of another organisation answers');
  const { uptime } = health.body;
  return { problem: null, startedAt: typeof uptime === 'number' ? deps.clock.now() - uptime * 1000 : null };
}

function refuted(problem: string): Proof {
  return { problem, startedAt: null };
}

async function ask(
  { tenants, box, call, clock }: ProofDeps,
  orgId: string,
  path: string,
): Promise<{ problem: string | null; body: Record<string, unknown> }> {
  const tenant = await tenants.find(orgId);
  const credentials = tenant && (await box.open(tenant));
  if (!credentials || tenant.upstream === null) return { problem: 'it has no address', body: {} };
  const sentAt = clock.now();
  try {
    const { status, body } = await call(
      {
        orgId,
        upstream: tenant.upstream,
        adminToken: credentials.adminToken.reveal(),
        edgeKey: credentials.edgeKey.reveal(),
      },
      'GET',
      path,
    );
    const isLate = clock.now() - sentAt > SLOW_MS;
    if (status !== 200) return { problem: `${path} answered ${status}`, body: {} };
    if (isLate) return { problem: `${path} answered after ${clock.now() - sentAt} ms`, body: {} };
    return { problem: null, body: (body ?? {}) as Record<string, unknown> };
  } catch (error) {
    if (isFault(error) && error.code === 'BACKEND_TRANSIENT')
      return { problem: `${path} was not answered`, body: {} };
    throw error;
  }
}
