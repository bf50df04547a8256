// Templates: what workspaces are made from.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { defineRoute } from './route.ts';

export const templateModel = z.object({
  id: z.string(),
  name: z.string().optional(),
  required_env: z.array(z.string()).optional(),
});

export const workspaceTemplate = z.object({
  /** The folder. */
  id: z.string(),
  name: z.string(),
  description: z.string(),
  tier: z.number().int(),
  runtime: z.string(),
  model: z.string(),
  models: z.array(templateModel).optional(),
  required_env: z.array(z.string()).optional(),
  skills: z.array(z.string()),
  skill_count: z.number().int(),
  provision_timeout_seconds: z.number().int().optional(),
});
export type WorkspaceTemplate = z.output<typeof workspaceTemplate>;

export const listTemplates = defineRoute({
  name: 'listTemplates',
  method: 'GET',
  path: '/templates',
  policy: 'admin',
  tag: 'templates',
  summary: 'Templates that a workspace can be made from',
  response: z.array(workspaceTemplate),
});

export const importTemplate = defineRoute({
  name: 'importTemplate',
  method: 'POST',
  path: '/templates/import',
  policy: 'admin',
  tag: 'templates',
  summary: 'Keep files as a template; a missing config.yaml is made',
  body: z.object({
    name: z.string().min(1).max(LIMITS.nameChars),
    /** Relative path → content; at most LIMITS.filesPerReplace files. */
    files: z.record(z.string(), z.string()),
  }),
  bodyLimit: LIMITS.filesBodyBytes,
  invalidBody: 'invalid request body',
  response: z.object({ status: z.literal('imported'), id: z.string(), name: z.string() }),
  status: 201,
  errors: [409],
});
