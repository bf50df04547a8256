// Member routes: list, invite, accept and remove.

import { randomBytes } from 'node:crypto';
import { platform } from '@molecule/contracts';
import { faults, formatToken, isUuid } from '@molecule/domain';
import { digestOf } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import { describePlatformCaller } from '../../access/caller.ts';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import type { OrgOfRequest, OrgStore } from '../orgs/index.ts';
import { asPerson } from '../people/index.ts';
import type { MemberStore } from './member-store.ts';

const INVITE_MS = 7 * 24 * 3_600_000;

export interface MemberDeps {
  members: MemberStore;
  orgs: OrgStore;
  orgOf: OrgOfRequest;
  clock: Clock;
  baseUrl: string;
  tellTenants(): void;
}

const iso = (ms: number) => new Date(ms).toISOString();

export function bindMemberRoutes(bind: PlatformBinder, deps: MemberDeps): void {
  const { members, orgs, orgOf, clock } = deps;

  bind(platform.listMembers, async ({ request }) => {
    const org = orgOf.of(request);
    const [listed, invites] = await Promise.all([members.list(org.id), members.invites(org.id)]);
    return {
      members: listed.map(({ userId, email, role, createdAt }) => ({
        user_id: userId,
        email,
        role,
        created_at: iso(createdAt),
      })),
      invites: invites.map(({ id, email, role, createdAt, expiresAt }) => ({
        id,
        email,
        role,
        created_at: iso(createdAt),
        expires_at: iso(expiresAt),
      })),
    };
  });

  bind(platform.inviteMember, async ({ caller, request, body }) => {
    const org = orgOf.of(request);
    const token = formatToken(randomBytes(32).toString('base64url'), 'signin');
    const invite = await members.invite({
      orgId: org.id,
      email: body.email,
      role: body.role,
      digest: digestOf(token),
      invitedBy: describePlatformCaller(caller),
      expiresAt: clock.now() + INVITE_MS,
    });
    await orgs.audit({
      actor: describePlatformCaller(caller),
      action: 'member.invite',
      org,
      detail: { role: body.role },
    });
    return {
      invite_id: invite.id,
      url: `${deps.baseUrl}/join#${token}`,
      expires_at: iso(invite.expiresAt),
    };
  });

  bind(platform.acceptInvite, async ({ caller, body }) => {
    const { person } = asPerson(caller);
    const joined = await members.accept(digestOf(body.token), person);
    // Used, expired, unknown and meant for somebody else look alike.
    if (!joined) throw faults.notFound('this invitation is not there for you any more');
    return joined;
  });

  bind(platform.removeMember, async ({ caller, request, params, reply }) => {
    const org = orgOf.of(request);
    const role = orgOf.roleOf(request);
    const isLeaving = caller.kind === 'person' && caller.person.id === params.user_id;
    if (role !== null && role !== 'owner' && !isLeaving) {
      throw faults.forbidden('your role in this organisation does not allow this');
    }
    const outcome = isUuid(params.user_id) ? await members.remove(org.id, params.user_id) : 'unknown';
    if (outcome === 'unknown') throw faults.notFound('no such member');
    if (outcome === 'last_owner') throw faults.conflict('the last owner cannot leave');
    deps.tellTenants();
    await orgs.audit({
      actor: describePlatformCaller(caller),
      action: 'member.remove',
      org,
      detail: { user_id: params.user_id },
    });
    return reply.code(204).send();
  });
}
