// Create org: terms, slug and plan are checked, then the organisation stands and its tenant is wanted.

import type { BodyOf, platform } from '@molecule/contracts';
import { faults, isFault, refuseSlug } from '@molecule/domain';
import { describePlatformCaller, type PlatformCaller } from '../../access/caller.ts';
import type { Org, OrgStore } from './org-store.ts';

export interface CreateOrgDeps {
  orgs: OrgStore;
  termsVersion: string;
  driverName: string;
  /** Plans that need a paid subscription first; empty where billing is local. */
  paidPlans: ReadonlySet<platform.Plan>;
  reconcileSoon(): void;
  /** Throws when no further tenant can be placed: nothing is accepted that can't be made. */
  checkRoom(): Promise<void>;
  /** What a new organisation gets. */
  welcome(org: Org): Promise<void>;
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
  await requireRoom(deps);
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
  await deps.welcome(org);
  deps.reconcileSoon();
  return org;
}

async function requireRoom(deps: CreateOrgDeps): Promise<void> {
  try {
    await deps.checkRoom();
  } catch (error) {
    throw isFault(error) ? faults.capacity(error.message) : error;
  }
}
