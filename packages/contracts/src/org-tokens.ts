// Organisation tokens: bearers that act for the whole organisation, for scripts and integrations.

import { z } from 'zod';
import { timestamp, uuid } from './common.ts';
import { defineRoute } from './route.ts';

/** Empty fields are left out. */
export const orgTokenRow = z.object({
  id: uuid,
  prefix: z.string(),
  name: z.string().optional(),
  org_id: z.string().optional(),
  created_by: z.string().optional(),
  created_at: timestamp,
  last_used_at: timestamp.optional(),
});
export type OrgTokenRow = z.output<typeof orgTokenRow>;

export const listOrgTokens = defineRoute({
  name: 'listOrgTokens',
  method: 'GET',
  path: '/org/tokens',
  policy: 'admin',
  tag: 'tokens',
  summary: 'Live organisation tokens, newest first',
  response: z.object({ tokens: z.array(orgTokenRow), count: z.number().int() }),
});

export const mintOrgToken = defineRoute({
  name: 'mintOrgToken',
  method: 'POST',
  path: '/org/tokens',
  policy: 'admin',
  tag: 'tokens',
  summary: 'Mint an organisation token; shown once. Ten an hour from one address',
  body: z.object({ name: z.string().nullish() }),
  isBodyOptional: true,
  invalidBody: 'invalid request body',
  response: z.object({
    id: uuid,
    prefix: z.string(),
    name: z.string().optional(),
    auth_token: z.string(),
    warning: z.string(),
  }),
  errors: [429],
});

export const revokeAllOrgTokens = defineRoute({
  name: 'revokeAllOrgTokens',
  method: 'POST',
  path: '/org/tokens/revoke-all',
  policy: 'admin',
  tag: 'tokens',
  summary: 'Revoke every organisation token',
  response: z.object({ revoked: z.number().int() }),
});

export const revokeOrgToken = defineRoute({
  name: 'revokeOrgToken',
  method: 'DELETE',
  path: '/org/tokens/:tokenId',
  policy: 'admin',
  tag: 'tokens',
  summary: 'Revoke one organisation token',
  params: z.object({ tokenId: z.string() }),
  response: z.object({ revoked: uuid }),
  errors: [404],
});
