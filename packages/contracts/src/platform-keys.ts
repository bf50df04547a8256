// Platform keys: credentials of partners, with scopes, expiry and a rate of their own.

import { z } from 'zod';
import { timestamp, uuid } from './common.ts';
import { definePlatformRoute, PARTNER_SCOPES } from './platform-route.ts';

/** `orgs:list` is an older word for `orgs:read`. */
const askedScope = z
  .enum([...PARTNER_SCOPES, 'orgs:list'])
  .transform((scope) => (scope === 'orgs:list' ? 'orgs:read' : scope));

const partnerKey = z.object({
  id: uuid,
  name: z.string(),
  key_prefix: z.string(),
  partner_id: z.string(),
  org_id: uuid.nullable(),
  scopes: z.array(z.string()),
  rate_limit: z.number().int(),
  created_by: z.string(),
  created_at: timestamp,
  expires_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
  last_used_at: timestamp.nullable(),
});

export const createPartnerKey = definePlatformRoute({
  name: 'createPartnerKey',
  method: 'POST',
  path: '/cp/admin/partner-keys',
  policy: 'keyholder',
  scope: 'admin:keys',
  tag: 'keys',
  summary: 'Make a partner key; it is shown once. A key can grant only what it holds',
  body: z.object({
    name: z.string().min(1).max(100),
    partner_id: z.string().min(1).max(100),
    scopes: z.array(askedScope).min(1).max(16),
    org_id: uuid.nullish(),
    expires_in_days: z.number().int().min(1).max(3_650).nullish(),
    rate_limit: z.number().int().min(1).max(100_000).optional(),
    is_test: z.boolean().optional(),
  }),
  response: partnerKey.extend({ key: z.string() }),
  status: 201,
  errors: [403],
});

export const listPartnerKeys = definePlatformRoute({
  name: 'listPartnerKeys',
  method: 'GET',
  path: '/cp/admin/partner-keys',
  policy: 'keyholder',
  scope: 'admin:keys',
  tag: 'keys',
  summary: 'The keys that the caller may manage, newest first',
  response: z.object({ keys: z.array(partnerKey) }),
});

export const revokePartnerKey = definePlatformRoute({
  name: 'revokePartnerKey',
  method: 'DELETE',
  path: '/cp/admin/partner-keys/:id',
  policy: 'keyowner',
  tag: 'keys',
  summary: 'Revoke a key at once; a key may revoke itself',
  params: z.object({ id: z.string().max(64) }),
  response: z.unknown(),
  status: 204,
  errors: [404],
});
