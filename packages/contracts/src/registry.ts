// Registry: how agents report in (register, heartbeat, card) and find each other (discover, peers, access).

import { z } from 'zod';
import { flag, idParams, timestamp, uuid } from './common.ts';
import { defineRoute } from './route.ts';
import { workspaceStatus } from './workspaces.ts';

export const agentCard = z.looseObject({});

export const registerBody = z
  .object({
    id: z.string().optional(),
    workspace_id: z.string().optional(),
    url: z.string().nullish(),
    agent_card: agentCard,
    delivery_mode: z.string().nullish(),
  })
  .transform((body) => ({ ...body, id: body.id ?? body.workspace_id ?? '' }));

export const register = defineRoute({
  name: 'register',
  method: 'POST',
  path: '/registry/register',
  policy: 'agent',
  tag: 'registry',
  summary: 'An agent reports that it is up, and where',
  body: registerBody,
  invalidBody: 'invalid request body',
  response: z.object({
    status: z.literal('registered'),
    delivery_mode: z.enum(['push', 'poll']),
    auth_token: z.string().optional(),
  }),
  errors: [410],
});

export const runtimeMetadata = z.object({
  capabilities: z.record(z.string(), z.boolean()).nullish(),
  idle_timeout_seconds: z.number().nullish(),
  /** The configuration that the agent was started with, as `MOLECULE_CONFIG_GENERATION` told it. */
  config_generation: z.number().int().positive().max(2_147_483_647).nullish().catch(null),
});

export const heartbeatBody = z.object({
  workspace_id: z.string(),
  error_rate: z.number().nullish(),
  sample_error: z.string().nullish(),
  active_tasks: z.number().nullish(),
  uptime_seconds: z.number().nullish(),
  current_task: z.string().nullish(),
  monthly_spend: z.number().nullish(),
  runtime_state: z.string().nullish(),
  runtime_metadata: runtimeMetadata.nullish(),
  agent_card: agentCard.nullish(),
});
export type HeartbeatInput = z.output<typeof heartbeatBody>;

export const heartbeat = defineRoute({
  name: 'heartbeat',
  method: 'POST',
  path: '/registry/heartbeat',
  policy: 'agent',
  tag: 'registry',
  summary: 'An agent reports that it is alive, and what it does',
  body: heartbeatBody,
  invalidBody: 'invalid request body',
  response: z.object({ status: z.literal('ok') }),
  errors: [404, 410],
});

export const updateCard = defineRoute({
  name: 'updateCard',
  method: 'POST',
  path: '/registry/update-card',
  policy: 'agent',
  tag: 'registry',
  summary: "Replace a workspace's agent card",
  body: z.object({ workspace_id: z.string(), agent_card: agentCard }),
  invalidBody: 'invalid request body',
  response: z.object({ status: z.literal('updated') }),
  errors: [404, 410],
});

export const discover = defineRoute({
  name: 'discover',
  method: 'GET',
  path: '/registry/discover/:id',
  policy: 'agent',
  tag: 'registry',
  summary: "Find another workspace's address",
  headers: { 'X-Workspace-ID': { doc: 'The workspace that asks', isRequired: true } },
  params: idParams,
  /** 301 instead of 200 where a successor answers for a removed workspace. */
  query: z.object({ redirect: flag }),
  response: z.object({ id: uuid, url: z.string(), name: z.string() }),
  errors: [403, 404, 410, 503],
});

export const peerView = z.object({
  id: uuid,
  name: z.string(),
  role: z.string().nullable(),
  tier: z.number().int(),
  status: workspaceStatus,
  url: z.string(),
  parent_id: uuid.nullable(),
  active_tasks: z.number().int(),
  agent_card: z.looseObject({}).nullable(),
});
export type PeerView = z.output<typeof peerView>;

export const listPeers = defineRoute({
  name: 'listPeers',
  method: 'GET',
  path: '/registry/:id/peers',
  policy: 'agent',
  tag: 'registry',
  summary: 'The siblings, direct reports and manager of a workspace',
  params: idParams,
  query: z.object({ q: z.string().optional() }),
  response: z.array(peerView),
  errors: [404],
});

export const checkAccess = defineRoute({
  name: 'checkAccess',
  method: 'POST',
  path: '/registry/check-access',
  policy: 'agent',
  tag: 'registry',
  summary: 'May one workspace talk to another?',
  body: z.object({ caller_id: z.string().min(1), target_id: z.string().min(1) }),
  invalidBody: 'invalid request body',
  response: z.object({ allowed: z.boolean() }),
});

export const explainAccess = defineRoute({
  name: 'explainAccess',
  method: 'GET',
  path: '/registry/why',
  policy: 'agent',
  tag: 'registry',
  summary: 'Why may one workspace talk to another, or not, and who could relay?',
  query: z.object({ from: z.string().min(1).max(255), to: z.string().min(1).max(255) }),
  response: z.object({
    allowed: z.boolean(),
    rule: z.enum([
      'self',
      'siblings',
      'both_roots',
      'ancestor',
      'descendant',
      'unknown_caller',
      'unknown_target',
      'unrelated',
    ]),
    sentence: z.string(),
    /** The nearest workspace that may talk to both; null when none is needed or none could. */
    relay: z.object({ id: uuid, name: z.string() }).nullable(),
  }),
});
export type AccessExplained = z.output<typeof explainAccess.response>;

export const lastSeen = timestamp.nullable();
