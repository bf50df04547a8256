// Platform members: who belongs to an organisation, invitations by link, and leaving.

import { z } from 'zod';
import { timestamp, uuid } from './common.ts';
import { slugParams } from './platform-orgs.ts';
import { definePlatformRoute } from './platform-route.ts';

export const memberRole = z.enum(['owner', 'admin', 'member']);

export const listMembers = definePlatformRoute({
  name: 'listMembers',
  method: 'GET',
  path: '/cp/orgs/:slug/members',
  policy: 'owner',
  tag: 'members',
  summary: 'The members of an organisation, and the invitations that were not taken yet',
  params: slugParams,
  response: z.object({
    members: z.array(z.object({ user_id: uuid, email: z.string(), role: memberRole, created_at: timestamp })),
    invites: z.array(
      z.object({
        id: uuid,
        email: z.string(),
        role: memberRole,
        created_at: timestamp,
        expires_at: timestamp,
      }),
    ),
  }),
});

export const inviteMember = definePlatformRoute({
  name: 'inviteMember',
  method: 'POST',
  path: '/cp/orgs/:slug/members',
  policy: 'owner',
  tag: 'members',
  summary: 'Invite somebody by e-mail address; the link works once, for that address alone',
  params: slugParams,
  body: z.object({
    email: z
      .string()
      .max(254)
      .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address'),
    role: memberRole.default('member'),
  }),
  response: z.object({ invite_id: uuid, url: z.string(), expires_at: timestamp }),
  status: 201,
  errors: [409],
});

export const acceptInvite = definePlatformRoute({
  name: 'acceptInvite',
  method: 'POST',
  path: '/cp/invites/accept',
  policy: 'person',
  tag: 'members',
  summary: 'Take an invitation',
  body: z.object({ token: z.string().max(200) }),
  response: z.object({ slug: z.string(), role: memberRole }),
  errors: [404],
});

export const removeMember = definePlatformRoute({
  name: 'removeMember',
  method: 'DELETE',
  path: '/cp/orgs/:slug/members/:user_id',
  policy: 'member',
  tag: 'members',
  summary: 'Remove a member, or leave; the last owner cannot',
  params: z.object({ slug: z.string().max(64), user_id: z.string().max(64) }),
  response: z.unknown(),
  status: 204,
  errors: [403, 409],
});
