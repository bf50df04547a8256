// Authorise platform: the one table of who passes which policy. An organisation that the caller has nothing to do with
// answers like one that does not exist.

import type { platform } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import type { Authorize } from '@molecule/http';
import type { FastifyRequest } from 'fastify';
import type { OrgOfRequest, OrgStore, Role } from '../features/orgs/index.ts';
import type { PlatformCaller } from './caller.ts';

const RANK: Record<Role, number> = { member: 1, admin: 2, owner: 3 };
const NEEDED = { member: 1, org_admin: 2, owner: 3 } as const;

export function createPlatformAuthorize(
  orgs: OrgStore,
  orgOf: OrgOfRequest,
): Authorize<PlatformCaller, platform.PlatformRoute> {
  return async (route, caller, params, request) => {
    switch (route.policy) {
      case 'open':
        return;
      case 'person':
        if (caller.kind !== 'person') refuse(caller);
        return;
      case 'creator':
        if (caller.kind === 'person' || caller.kind === 'operator') return;
        return requireScope(route, caller);
      case 'keyholder':
        if (caller.kind === 'operator') return;
        return requireScope(route, caller);
      case 'keyowner':
        if (caller.kind !== 'operator' && caller.kind !== 'partner') refuse(caller);
        return;
      case 'operator':
        if (caller.kind !== 'operator') refuse(caller);
        return;
      case 'tenant':
      case 'provision':
        if (caller.kind !== 'tenant') refuse(caller);
        return;
      case 'boot':
        if (caller.kind === 'tenant') return;
        if (caller.kind !== 'boot' || !caller.scopes.includes('boot-event')) refuse(caller);
        return;
      default:
        return admitToOrg(route, caller, params.slug ?? '', request, NEEDED[route.policy]);
    }
  };

  async function admitToOrg(
    route: platform.PlatformRoute,
    caller: PlatformCaller,
    slug: string,
    request: FastifyRequest,
    needed: number,
  ): Promise<void> {
    if (caller.kind === 'partner') requireScope(route, caller);
    else if (caller.kind !== 'person' && caller.kind !== 'operator') refuse(caller);
    const org = await orgs.find(slug);
    if (!org) throw orgNotFound();
    let role: Role | null = null;
    if (caller.kind === 'person') {
      role = await orgs.roleOf(org.id, caller.person.id);
      if (role === null) throw orgNotFound();
      if (RANK[role] < needed) throw faults.forbidden('your role in this organisation does not allow this');
    }
    if (caller.kind === 'partner') {
      const isOwn = org.partnerId === caller.partnerId && (caller.orgId === null || caller.orgId === org.id);
      if (!isOwn) throw orgNotFound();
    }
    orgOf.keep(request, org, role);
  }
}

function requireScope(route: platform.PlatformRoute, caller: PlatformCaller): void {
  if (caller.kind !== 'partner') refuse(caller);
  if (route.scope === undefined || !caller.scopes.includes(route.scope)) {
    throw faults.forbidden(
      route.scope === undefined ? 'partner keys cannot do this' : `this key lacks the scope ${route.scope}`,
    );
  }
}

export const orgNotFound = () => faults.notFound('organisation not found');

/** One body for every kind of wrong credential. */
function refuse(caller: PlatformCaller): never {
  if (caller.kind === 'anonymous') throw faults.authRequired('sign in first');
  if (caller.kind === 'invalid') throw faults.invalidCredential('the credential is not valid');
  throw faults.forbidden('this credential cannot do this');
}
