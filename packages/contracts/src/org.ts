// Organisations: templates of whole org charts, and importing one.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { defineRoute } from './route.ts';

export const envRequirement = z.union([z.string(), z.object({ any_of: z.array(z.string()).min(1) })]);
export type EnvRequirement = z.output<typeof envRequirement>;

export const orgTemplateEntry = z.object({
  dir: z.string(),
  name: z.string(),
  description: z.string(),
  workspaces: z.number().int(),
  required_env: z.array(envRequirement),
  recommended_env: z.array(envRequirement),
});

export const listOrgTemplates = defineRoute({
  name: 'listOrgTemplates',
  method: 'GET',
  path: '/org/templates',
  policy: 'admin',
  tag: 'org',
  summary: 'The organisation templates that this tenant can import',
  response: z.array(orgTemplateEntry),
});

export const importOrgReply = z.object({
  org: z.string(),
  workspaces: z.array(
    z.object({ id: z.string(), name: z.string(), tier: z.number().int(), action: z.string() }),
  ),
  count: z.number().int(),
  error: z.string().optional(),
  warnings: z.array(z.string()).optional(),
});
export type ImportOrgReply = z.output<typeof importOrgReply>;

export const importOrg = defineRoute({
  name: 'importOrg',
  method: 'POST',
  path: '/org/import',
  policy: 'admin',
  tag: 'org',
  summary: 'Create all workspaces of an organisation template',
  body: z.object({
    dir: z.string().nullish(),
    template: z.looseObject({}).nullish(),
    force: z.boolean().nullish(),
    mode: z.enum(['create', 'merge']).nullish(),
    /** Additive: overrides the template's engine and model, for example `{"runtime":"model"}`. */
    defaults: z.object({ runtime: z.string().nullish(), model: z.string().nullish() }).nullish(),
  }),
  bodyLimit: LIMITS.orgTemplateBytes,
  invalidBody: 'invalid request body',
  failures: ['failed to encrypt secret: <name>', 'failed to save secret: <name>'],
  response: importOrgReply,
  status: 201,
  errors: [404, 412, 501],
});
