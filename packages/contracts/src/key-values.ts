// Key-values: a workspace's own notes by key, with a time to live and versions.

import { z } from 'zod';
import { idParams, json, timestamp } from './common.ts';
import { defineRoute } from './route.ts';

const keyParams = z.object({ id: z.string(), key: z.string() });

export const keyValueRow = z.object({
  key: z.string(),
  value: json,
  version: z.number().int(),
  expires_at: timestamp.optional(),
  updated_at: timestamp,
});
export type KeyValueRow = z.output<typeof keyValueRow>;

export const listKeyValues = defineRoute({
  name: 'listKeyValues',
  method: 'GET',
  path: '/workspaces/:id/memory',
  policy: 'workspace',
  tag: 'memory',
  summary: 'Every key of a workspace, sorted',
  params: idParams,
  response: z.array(keyValueRow),
});

export const readKeyValue = defineRoute({
  name: 'readKeyValue',
  method: 'GET',
  path: '/workspaces/:id/memory/:key',
  policy: 'workspace',
  tag: 'memory',
  summary: 'One key',
  params: keyParams,
  response: keyValueRow,
  errors: [404],
});

export const setKeyValue = defineRoute({
  name: 'setKeyValue',
  method: 'POST',
  path: '/workspaces/:id/memory',
  policy: 'workspace',
  tag: 'memory',
  summary: 'Set a key; with if_match_version only if it still has that version (0: only if it is absent)',
  params: idParams,
  body: z.object({
    key: z.string().nullish(),
    value: json,
    ttl_seconds: z.number().int().positive().max(3_153_600_000).nullish(),
    if_match_version: z.number().int().min(0).nullish(),
  }),
  invalidBody: 'invalid request body',
  response: z.object({ status: z.literal('ok'), key: z.string(), version: z.number().int() }),
  errors: [404, 409, 410, 413, 429],
});

export const deleteKeyValue = defineRoute({
  name: 'deleteKeyValue',
  method: 'DELETE',
  path: '/workspaces/:id/memory/:key',
  policy: 'workspace',
  tag: 'memory',
  summary: 'Delete a key, whether or not it is there',
  params: keyParams,
  response: z.object({ status: z.literal('deleted') }),
  errors: [404, 410],
});
