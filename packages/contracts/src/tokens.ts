// Workspace tokens: list, mint and revoke the bearers of one workspace.

import { z } from 'zod';
import { idParams, lenientInt, timestamp, uuid } from './common.ts';
import { defineRoute } from './route.ts';

export const listTokens = defineRoute({
  name: 'listTokens',
  method: 'GET',
  path: '/workspaces/:id/tokens',
  policy: 'workspace',
  tag: 'tokens',
  summary: 'Live tokens of a workspace, newest first',
  params: idParams,
  query: z.object({ limit: lenientInt(50, 1, 200), offset: lenientInt(0, 0, 1_000_000) }),
  response: z.object({
    tokens: z.array(
      z.object({ id: uuid, prefix: z.string(), created_at: timestamp, last_used_at: timestamp.nullable() }),
    ),
    count: z.number().int(),
  }),
});

export const mintToken = defineRoute({
  name: 'mintToken',
  method: 'POST',
  path: '/workspaces/:id/tokens',
  policy: 'workspace',
  tag: 'tokens',
  summary: 'Mint another token for a workspace; shown once',
  params: idParams,
  response: z.object({ auth_token: z.string(), workspace_id: uuid, message: z.string(), prefix: z.string() }),
  status: 201,
  errors: [404, 429],
});

export const revokeToken = defineRoute({
  name: 'revokeToken',
  method: 'DELETE',
  path: '/workspaces/:id/tokens/:tokenId',
  policy: 'workspace',
  tag: 'tokens',
  summary: 'Revoke one token',
  params: z.object({ id: z.string(), tokenId: z.string() }),
  response: z.object({ status: z.literal('revoked') }),
  errors: [404],
});

export const mintTestToken = defineRoute({
  name: 'mintTestToken',
  method: 'GET',
  path: '/admin/workspaces/:id/test-token',
  policy: 'open',
  tag: 'tokens',
  summary: 'A workspace token for test suites; off in production and on hosted tenants',
  params: idParams,
  response: z.object({ auth_token: z.string(), workspace_id: uuid }),
  errors: [404, 410],
});
