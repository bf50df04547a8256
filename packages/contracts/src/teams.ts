// Teams: a role's configuration names those who work below it; expanding creates them, collapsing removes them.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams, uuid } from './common.ts';
import { defineRoute } from './route.ts';

/** `sub_workspaces` of a config.yaml. `config` is a workspace template. */
export const subWorkspaces = z
  .array(
    z.looseObject({
      config: z.string().min(1),
      name: z.string().min(1).nullish(),
      role: z.string().nullish(),
    }),
  )
  .max(LIMITS.teamMembers);
export type SubWorkspace = z.output<typeof subWorkspaces>[number];

const member = z.object({
  id: uuid,
  name: z.string(),
  role: z.string().nullable(),
  /** `unchanged`: the child was there before. */
  action: z.enum(['created', 'unchanged']),
});
export type TeamMember = z.output<typeof member>;

const failure = z.object({ name: z.string(), error: z.string() });
export type TeamFailure = z.output<typeof failure>;

export const expandTeam = defineRoute({
  name: 'expandTeam',
  method: 'POST',
  path: '/workspaces/:id/expand',
  policy: 'workspace',
  tag: 'workspaces',
  summary: 'Create the children that the configuration of a workspace names, those that are not there yet',
  params: idParams,
  failures: ['failed to read config', 'failed to parse config'],
  response: z.object({
    status: z.literal('expanded'),
    children: z.array(member),
    failures: z.array(failure).optional(),
  }),
  errors: [400, 404, 410],
});

const removedMember = z.object({
  id: uuid,
  name: z.string(),
  cascade_deleted: z.number().int(),
  /** The child is removed, but something of it still runs; repeat the call to stop it. */
  error: z.string().optional(),
});
export type RemovedMember = z.output<typeof removedMember>;

export const collapseTeam = defineRoute({
  name: 'collapseTeam',
  method: 'POST',
  path: '/workspaces/:id/collapse',
  policy: 'workspace',
  tag: 'workspaces',
  summary: 'Remove everything below a workspace',
  params: idParams,
  response: z.object({
    status: z.literal('collapsed'),
    removed: z.array(z.string()),
    children: z.array(removedMember),
  }),
  errors: [404, 410],
});
