// Agents: who works in a workspace. At most one agent is active in a workspace at a time.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams, uuid } from './common.ts';
import { defineRoute } from './route.ts';

const modelBody = z.object({
  model: z
    .string()
    .trim()
    .min(1)
    .max(LIMITS.modelChars)
    .regex(/^[^\r\n]*$/),
});

export const assignAgent = defineRoute({
  name: 'assignAgent',
  method: 'POST',
  path: '/workspaces/:id/agent',
  policy: 'workspace',
  tag: 'agents',
  summary: 'Put an agent into a workspace that has none',
  params: idParams,
  body: modelBody,
  invalidBody: 'invalid request body',
  response: z.object({ agent_id: uuid, model: z.string() }),
  status: 201,
  errors: [404, 409, 410],
});

export const replaceAgent = defineRoute({
  name: 'replaceAgent',
  method: 'PATCH',
  path: '/workspaces/:id/agent',
  policy: 'workspace',
  tag: 'agents',
  summary: 'Put another agent in the place of the active one',
  params: idParams,
  body: modelBody,
  invalidBody: 'invalid request body',
  response: z.object({ agent_id: uuid, model: z.string(), old_model: z.string() }),
  errors: [404, 410],
});

export const removeAgent = defineRoute({
  name: 'removeAgent',
  method: 'DELETE',
  path: '/workspaces/:id/agent',
  policy: 'workspace',
  tag: 'agents',
  summary: 'Take the active agent out of a workspace',
  params: idParams,
  response: z.object({ status: z.literal('removed'), agent_id: uuid }),
  errors: [404, 410],
});

export const moveAgent = defineRoute({
  name: 'moveAgent',
  method: 'POST',
  path: '/workspaces/:id/agent/move',
  policy: 'workspace',
  tag: 'agents',
  summary: 'Move the active agent to a workspace that has none; needs authorisation on both',
  params: idParams,
  body: z.object({ target_workspace_id: uuid }),
  invalidBody: 'invalid request body',
  response: z.object({ agent_id: uuid, model: z.string(), from_workspace: uuid, to_workspace: uuid }),
  errors: [403, 404, 409, 410],
});
