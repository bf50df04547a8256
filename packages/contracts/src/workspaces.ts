// Workspaces: create, list, read, change, delete, and the lifecycle verbs.

import {
  ISOLATION_ASPECTS,
  ISOLATION_KINDS,
  ISOLATION_STATES,
  LIMITS,
  WORKSPACE_STATUSES,
} from '@molecule/domain';
import { z } from 'zod';
import { flag, idParams, json, timestamp, uuid } from './common.ts';
import { configGeneration } from './config.ts';
import { defineRoute } from './route.ts';

export const workspaceStatus = z.enum(WORKSPACE_STATUSES);

/** What really separates a running agent. `tier` is the one it was started with. */
export const isolationView = z.object({
  kind: z.enum(ISOLATION_KINDS),
  backend: z.string(),
  tier: z.number().int(),
  aspects: z
    .array(z.object({ aspect: z.enum(ISOLATION_ASPECTS), state: z.enum(ISOLATION_STATES), text: z.string() }))
    .readonly(),
});
export type IsolationView = z.output<typeof isolationView>;

/** The fields that every permitted reader sees. */
export const workspaceView = z.object({
  id: uuid,
  name: z.string(),
  role: z.string().nullable(),
  tier: z.number().int(),
  status: workspaceStatus,
  agent_card: z.looseObject({}).nullable(),
  url: z.string(),
  parent_id: uuid.nullable(),
  active_tasks: z.number().int(),
  max_concurrent_tasks: z.number().int(),
  last_error_rate: z.number(),
  uptime_seconds: z.number().int(),
  runtime: z.string(),
  x: z.number(),
  y: z.number(),
  collapsed: z.boolean(),
  last_heartbeat_at: timestamp.nullable(),
  last_outbound_at: timestamp.nullable(),
  created_at: timestamp,
  delivery_mode: z.enum(['push', 'poll']),
  backend: z.string(),
  /** Why the workspace is failed, offline or waiting: a stable code, and a sentence for people. */
  status_reason: z.string().nullable(),
  status_detail: z.string().nullable(),
  config_generation: configGeneration.optional(),
  /** What really separates the running agent, never more than is true; null while none of ours runs. */
  isolation: isolationView.nullish(),
  removed_at: timestamp.nullable().optional(),
  provision_timeout_ms: z.number().int().optional(),
});
export type WorkspaceView = z.output<typeof workspaceView>;

/** With the fields that only admin-class callers see. */
export const workspaceAdminView = workspaceView.extend({
  last_sample_error: z.string(),
  current_task: z.string(),
  workspace_dir: z.string().nullable(),
  budget_limit: z.number().int().nullable(),
  monthly_spend: z.number().int(),
  model: z.string().nullable(),
  hibernation_idle_minutes: z.number().int(),
  /** Additive: messages that wait for it, or are on their way to it. */
  queue_depth: z.number().int().optional(),
});
export type WorkspaceAdminView = z.output<typeof workspaceAdminView>;

const hibernationIdleMinutes = z.number().int().min(0).max(LIMITS.hibernationIdleMinutes);
const position = z.object({ x: z.number(), y: z.number() });

export const createWorkspaceBody = z.object({
  name: z.string(),
  role: z.string().nullish(),
  model: z.string().nullish(),
  runtime: z.string().nullish(),
  tier: z.number().int().nullish(),
  template: z.string().nullish(),
  workspace_dir: z.string().nullish(),
  workspace_access: z.string().nullish(),
  parent_id: z.string().nullish(),
  budget_limit: z.number().int().nonnegative().nullish(),
  max_concurrent_tasks: z.number().int().nullish(),
  /** Minutes without a task after which the process is freed; 0 or absent: never. */
  hibernation_idle_minutes: hibernationIdleMinutes.nullish(),
  canvas: position.nullish(),
  secrets: z.record(z.string(), z.string()).nullish(),
  initial_memories: z.array(z.unknown()).nullish(),
  external: z.boolean().nullish(),
  url: z.string().nullish(),
  /** Additive: where the agent runs, among the backends that this server has; its default when absent. */
  backend: z.string().nullish(),
  /** Additive: the first `/configs` files of the workspace, by relative path. */
  files: z.record(z.string(), z.string()).nullish(),
});
export type CreateWorkspaceInput = z.output<typeof createWorkspaceBody>;

export const connectionDetails = z.object({
  workspace_id: uuid,
  platform_url: z.string(),
  auth_token: z.string(),
  registry_endpoint: z.string(),
  heartbeat_endpoint: z.string(),
  curl_register_template: z.string(),
  python_snippet: z.string(),
  claude_code_channel_snippet: z.string(),
});

export const createWorkspaceReply = z.object({
  id: uuid,
  status: z.string(),
  awareness_namespace: z.string().optional(),
  workspace_access: z.string().optional(),
  external: z.boolean().optional(),
  connection: connectionDetails.optional(),
  warnings: z.array(z.string()).optional(),
});
export type CreateWorkspaceReply = z.output<typeof createWorkspaceReply>;

export const createWorkspace = defineRoute({
  name: 'createWorkspace',
  method: 'POST',
  path: '/workspaces',
  policy: 'admin',
  tag: 'workspaces',
  summary: 'Create a workspace and start its agent; with an `Idempotency-Key` header, once',
  body: createWorkspaceBody,
  invalidBody: 'invalid workspace payload',
  failures: ['failed to encrypt secret: <name>', 'failed to save secret: <name>'],
  response: createWorkspaceReply,
  status: 201,
  errors: [409, 422],
});

export const listWorkspaces = defineRoute({
  name: 'listWorkspaces',
  method: 'GET',
  path: '/workspaces',
  policy: 'admin',
  tag: 'workspaces',
  summary: 'List all live workspaces, oldest first',
  response: z.array(workspaceAdminView),
});

export const readWorkspace = defineRoute({
  name: 'readWorkspace',
  method: 'GET',
  path: '/workspaces/:id',
  policy: 'member',
  tag: 'workspaces',
  summary: 'Read one workspace',
  params: idParams,
  query: z.object({ include_removed: flag }),
  response: workspaceView.partial().extend({ id: uuid, status: workspaceStatus }),
  errors: [404, 410],
});

export const readWorkspaceState = defineRoute({
  name: 'readWorkspaceState',
  method: 'GET',
  path: '/workspaces/:id/state',
  policy: 'state',
  tag: 'workspaces',
  summary: 'The state that remote agents poll',
  params: idParams,
  response: z.object({
    workspace_id: uuid,
    status: workspaceStatus,
    paused: z.boolean(),
    deleted: z.literal(false),
  }),
  errors: [404],
  errorShapes: {
    404: z.object({
      workspace_id: z.string(),
      status: z.literal('removed').optional(),
      deleted: z.literal(true),
    }),
  },
});

export const updateWorkspaceBody = z.object({
  name: z.string().optional(),
  role: z.string().nullable().optional(),
  tier: z.number().int().optional(),
  parent_id: z.string().nullable().optional(),
  collapsed: z.boolean().optional(),
  runtime: z.string().optional(),
  workspace_dir: z.string().nullable().optional(),
  hibernation_idle_minutes: hibernationIdleMinutes.optional(),
  x: z.number().optional(),
  y: z.number().optional(),
  /** Additive: where the agent runs from now on. Its files, sessions and memory go with it. */
  backend: z.string().optional(),
});
export type UpdateWorkspaceInput = z.output<typeof updateWorkspaceBody>;

export const updateWorkspace = defineRoute({
  name: 'updateWorkspace',
  method: 'PATCH',
  path: '/workspaces/:id',
  policy: 'workspace',
  tag: 'workspaces',
  summary: 'Change name, role, tier, parent, position, engine or backend',
  params: idParams,
  body: updateWorkspaceBody,
  invalidBody: 'invalid request body',
  response: z.object({ status: z.literal('updated'), needs_restart: z.boolean().optional() }),
  errors: [404, 409, 410, 501, 503],
});

/** What became of one workspace of a tree that was removed, paused or resumed. `error`: what has not happened yet, and what
 * will mend it. */
export const treeMember = z.object({ id: uuid, name: z.string(), error: z.string().optional() });
export type TreeMember = z.output<typeof treeMember>;

export const deleteWorkspace = defineRoute({
  name: 'deleteWorkspace',
  method: 'DELETE',
  path: '/workspaces/:id',
  policy: 'admin',
  tag: 'workspaces',
  summary: 'Remove a workspace and everything below it',
  params: idParams,
  /** `forward_to`: the workspace that answers for this one from now on, when it is looked up. */
  query: z.object({ confirm: flag, purge: flag, forward_to: z.string().optional() }),
  failures: [
    'workspaces were removed, but some are still running; repeat the call to stop them',
    'purge failed',
  ],
  response: z.object({
    status: z.enum(['removed', 'purged']),
    cascade_deleted: z.number().int(),
    workspaces: z.array(treeMember),
  }),
  errors: [404, 409],
  errorShapes: {
    409: z.object({
      status: z.literal('confirmation_required'),
      message: z.string(),
      children: z.array(z.object({ id: uuid, name: z.string() })),
      children_count: z.number().int(),
    }),
  },
});

export const restartBody = z.object({
  template: z.string().nullish(),
  apply_template: z.boolean().nullish(),
  reset: z.boolean().nullish(),
  rebuild_config: z.boolean().nullish(),
});

export const restartWorkspace = defineRoute({
  name: 'restartWorkspace',
  method: 'POST',
  path: '/workspaces/:id/restart',
  policy: 'workspace',
  tag: 'workspaces',
  summary: 'Stop and start the agent of a workspace',
  params: idParams,
  query: z.object({ reset: flag }),
  body: restartBody,
  isBodyOptional: true,
  response: z.object({
    status: z.literal('provisioning'),
    config_dir: z.string(),
    reset_session: z.boolean(),
  }),
  errors: [404, 409, 503],
});

export const pauseWorkspace = defineRoute({
  name: 'pauseWorkspace',
  method: 'POST',
  path: '/workspaces/:id/pause',
  policy: 'workspace',
  tag: 'workspaces',
  summary: 'Pause a workspace and everything below it',
  params: idParams,
  response: z.object({
    status: z.literal('paused'),
    paused_count: z.number().int(),
    workspaces: z.array(treeMember),
  }),
  errors: [404],
});

export const resumeWorkspace = defineRoute({
  name: 'resumeWorkspace',
  method: 'POST',
  path: '/workspaces/:id/resume',
  policy: 'workspace',
  tag: 'workspaces',
  summary: 'Resume a paused workspace and its paused descendants',
  params: idParams,
  response: z.object({
    status: z.literal('provisioning'),
    resumed_count: z.number().int(),
    workspaces: z.array(treeMember),
  }),
  errors: [404, 409, 503],
});

export const hibernateWorkspace = defineRoute({
  name: 'hibernateWorkspace',
  method: 'POST',
  path: '/workspaces/:id/hibernate',
  policy: 'workspace',
  tag: 'workspaces',
  summary: 'Free the process of an idle workspace; the next message wakes it',
  params: idParams,
  query: z.object({ force: flag }),
  response: z.object({ status: z.literal('hibernated') }),
  errors: [404, 409],
});

export const NAME_LIMIT = LIMITS.nameChars;
export const anyJson = json;
