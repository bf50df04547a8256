// Create org: terms, slug and plan are checked, then the organisation stands and its tenant is wanted.

import type { BodyOf, platform } from '@molecule/contracts';
import { faults, refuseSlug } from '@molecule/domain';
import { describePlatformCaller, type PlatformCaller } from '../../access/caller.ts';
import type { Org, OrgStore } from './org-store.ts';

export interface CreateOrgDeps {
  orgs: OrgStore;
  termsVersion: string;
  driverName: string;
  /** Plans that need a paid subscription first; empty where billing is local. */
  paidPlans: ReadonlySet<platform.Plan>;
  reconcileSoon(): void;
}

export async function createOrg(
  deps: CreateOrgDeps,
  caller: PlatformCaller,
  input: Omit<BodyOf<typeof platform.createOrg>, 'vpc_id' | 'subnet_ids'>,
  ownerUserId: string | null = null,
): Promise<Org> {
  if (caller.kind === 'person' && caller.person.termsVersion !== deps.termsVersion) {
    throw faults.forbidden('accept the terms first');
  }
  const isTest = caller.kind === 'operator' || (caller.kind === 'partner' && caller.isTest);
  const refusal = refuseSlug(input.slug, { isTest });
  if (refusal) throw faults.invalidRequest(refusal);
  const plan = input.plan ?? 'free';
  const org = await deps.orgs.create({
    slug: input.slug,
    name: input.name,
    plan,
    region: input.region ?? null,
    ownerUserId: caller.kind === 'person' ? caller.person.id : ownerUserId,
    partnerId: caller.kind === 'partner' ? caller.partnerId : null,
    createdBy: describePlatformCaller(caller),
    status: caller.kind === 'person' && deps.paidPlans.has(plan) ? 'awaiting_payment' : 'provisioning',
    driver: deps.driverName,
  });
  if (!org) throw faults.conflict('this slug is taken');
  deps.reconcileSoon();
  return org;
}
