// Activity: what a workspace did and was asked, and messages from an agent to its people.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams, json, lenientInt, timestamp, uuid } from './common.ts';
import { defineRoute } from './route.ts';

/** Types that an agent may write. The server itself also writes `delegation` and `cron_run`. */
export const ACTIVITY_TYPES = [
  'a2a_send',
  'a2a_receive',
  'task_update',
  'agent_log',
  'skill_promotion',
  'memory_write',
  'error',
] as const;

export const activityRow = z.object({
  id: uuid,
  workspace_id: uuid,
  activity_type: z.string(),
  source_id: z.string().nullable(),
  target_id: z.string().nullable(),
  method: z.string().nullable(),
  summary: z.string().nullable(),
  duration_ms: z.number().int().nullable(),
  status: z.string(),
  error_detail: z.string().nullable(),
  created_at: timestamp,
  seq: z.number().int(),
  /** The chain of delegations that it belongs to. */
  chain_id: uuid.optional(),
  request_body: json.optional(),
  response_body: json.optional(),
  tool_trace: json.optional(),
});
export type ActivityRow = z.output<typeof activityRow>;

const activityQuery = z.object({
  type: z.string().optional(),
  source: z.string().optional(),
  limit: lenientInt(LIMITS.activityDefault, 1, LIMITS.activityMax),
  since_id: z.string().optional(),
  since_secs: z.string().optional(),
  peer_id: z.string().optional(),
  before_ts: z.string().optional(),
});

export const listActivity = defineRoute({
  name: 'listActivity',
  method: 'GET',
  path: '/workspaces/:id/activity',
  policy: 'workspace',
  tag: 'activity',
  summary: "A workspace's activity, newest first; ascending after a cursor",
  params: idParams,
  query: activityQuery,
  response: z.array(activityRow),
  errors: [410],
});

export const listActivityByQuery = defineRoute({
  name: 'listActivityByQuery',
  method: 'GET',
  path: '/activity',
  policy: 'workspace_in_query',
  tag: 'activity',
  summary: 'The same list under the address that the published command line asks',
  query: activityQuery.extend({ workspace_id: z.string().optional() }),
  response: z.array(activityRow),
  errors: [410],
});

export const sessionRow = z.object({
  kind: z.enum(['activity', 'memory']),
  id: uuid,
  workspace_id: uuid,
  /** What it is: the type of an activity, the scope of a memory. */
  label: z.string(),
  content: z.string(),
  method: z.string().nullable(),
  status: z.string().nullable(),
  created_at: timestamp,
  request_body: json.optional(),
  response_body: json.optional(),
});
export type SessionRow = z.output<typeof sessionRow>;

export const searchSession = defineRoute({
  name: 'searchSession',
  method: 'GET',
  path: '/workspaces/:id/session-search',
  policy: 'workspace',
  tag: 'activity',
  summary:
    'What a workspace did and remembers that contains a text, newest first; without a text, the most recent',
  params: idParams,
  query: z.object({
    q: z.string().optional(),
    limit: lenientInt(LIMITS.sessionSearchDefault, 1, LIMITS.sessionSearchMax),
  }),
  response: z.array(sessionRow),
  errors: [404, 410],
});

export const logActivity = defineRoute({
  name: 'logActivity',
  method: 'POST',
  path: '/workspaces/:id/activity',
  policy: 'workspace',
  tag: 'activity',
  summary: 'An agent writes to its own activity',
  params: idParams,
  body: z.object({
    activity_type: z.string(),
    method: z.string().nullish(),
    summary: z.string().nullish(),
    target_id: z.string().nullish(),
    source_id: z.string().nullish(),
    status: z.string().nullish(),
    error_detail: z.string().nullish(),
    duration_ms: z.number().int().nullish(),
    request_body: json.optional(),
    response_body: json.optional(),
    metadata: json.optional(),
  }),
  invalidBody: 'invalid request body',
  response: z.object({ status: z.literal('logged') }),
  errors: [403, 404],
});

export const attachment = z.object({
  uri: z.string().min(1),
  name: z.string().min(1),
  mimeType: z.string().optional(),
  size: z.number().optional(),
});

export const notify = defineRoute({
  name: 'notify',
  method: 'POST',
  path: '/workspaces/:id/notify',
  policy: 'workspace',
  tag: 'activity',
  summary: 'An agent sends a message to its people',
  params: idParams,
  body: z.looseObject({
    message: z.string().optional(),
    attachments: z.array(z.looseObject({})).nullish(),
  }),
  invalidBody: 'invalid request body',
  response: z.object({ status: z.literal('sent') }),
  errors: [404],
});
