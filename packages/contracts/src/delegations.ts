// Delegation: a workspace hands a task to another and is told later how it ended.

import { z } from 'zod';
import { idParams, timestamp, uuid } from './common.ts';
import { defineRoute } from './route.ts';

export const DELEGATION_STATUSES = ['pending', 'dispatched', 'queued', 'completed', 'failed'] as const;
export const delegationStatus = z.enum(DELEGATION_STATUSES);
export type DelegationStatus = z.output<typeof delegationStatus>;

export const delegate = defineRoute({
  name: 'delegate',
  method: 'POST',
  path: '/workspaces/:id/delegate',
  policy: 'delegator',
  tag: 'delegation',
  summary:
    'Hand a task to another workspace, asynchronously; without `target_id`, from the caller to the path',
  params: idParams,
  body: z.object({
    target_id: z.string().nullish(),
    task: z.string().min(1),
    idempotency_key: z.string().max(256).nullish(),
    /** The chain that the source works on, as its message's metadata says. */
    chain_id: z.string().max(64).nullish(),
  }),
  invalidBody: 'invalid delegation request',
  response: z.object({
    delegation_id: uuid,
    status: z.string(),
    target_id: uuid,
    idempotent_hit: z.boolean().optional(),
    warning: z.string().optional(),
  }),
  status: 202,
  errors: [403, 404, 409, 422, 429],
});

export const delegationRow = z.object({
  id: z.string(),
  type: z.literal('delegation'),
  source_id: uuid,
  target_id: uuid,
  summary: z.string(),
  status: delegationStatus,
  created_at: timestamp,
  delegation_id: z.string().optional(),
  chain_id: uuid.optional(),
  /** How many times the task was handed on, this time included. */
  depth: z.number().int().optional(),
  error: z.string().optional(),
  response_preview: z.string().optional(),
});
export type DelegationRow = z.output<typeof delegationRow>;

export const listDelegations = defineRoute({
  name: 'listDelegations',
  method: 'GET',
  path: '/workspaces/:id/delegations',
  policy: 'workspace',
  tag: 'delegation',
  summary: "A workspace's newest delegations; a result stands before its request",
  params: idParams,
  response: z.array(delegationRow),
});

export const recordDelegation = defineRoute({
  name: 'recordDelegation',
  method: 'POST',
  path: '/workspaces/:id/delegations/record',
  policy: 'workspace',
  tag: 'delegation',
  summary: 'Record a delegation that the agent sends by itself',
  params: idParams,
  body: z.object({ target_id: z.string(), task: z.string(), delegation_id: z.string().min(1) }),
  invalidBody: 'invalid request body',
  response: z.object({ delegation_id: z.string(), status: z.literal('recorded') }),
  status: 202,
  errors: [404],
});

export const updateDelegation = defineRoute({
  name: 'updateDelegation',
  method: 'POST',
  path: '/workspaces/:id/delegations/:delegation_id/update',
  policy: 'workspace',
  tag: 'delegation',
  summary: 'Tell how a recorded delegation goes on',
  params: z.object({ id: z.string(), delegation_id: z.string() }),
  body: z.object({
    status: z.string(),
    error: z.string().nullish(),
    response_preview: z.string().nullish(),
  }),
  invalidBody: 'invalid request body',
  response: z.object({ status: z.string(), delegation_id: z.string() }),
  errors: [404],
});
