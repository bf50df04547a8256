// Events: what a tenant tells its canvas and its agents. Stored events carry `seq`, one counter per tenant.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { json, lenientInt, timestamp, uuid } from './common.ts';
import { defineRoute } from './route.ts';

/** Written to the log in the transaction of the change, then told. */
export const STORED_EVENTS = [
  'WORKSPACE_PROVISIONING',
  'WORKSPACE_ONLINE',
  'WORKSPACE_OFFLINE',
  'WORKSPACE_DEGRADED',
  'WORKSPACE_PROVISION_FAILED',
  'WORKSPACE_PAUSED',
  'WORKSPACE_HIBERNATED',
  'WORKSPACE_AWAITING_AGENT',
  'WORKSPACE_REMOVED',
  'WORKSPACE_EXPANDED',
  'WORKSPACE_COLLAPSED',
  'WORKSPACE_MOVED',
  'WORKSPACE_UPDATED',
  'AGENT_CARD_UPDATED',
  'AGENT_ASSIGNED',
  'AGENT_REPLACED',
  'AGENT_REMOVED',
  'AGENT_MOVED',
  'APPROVAL_REQUESTED',
  'APPROVAL_ESCALATED',
  'APPROVAL_APPROVED',
  'APPROVAL_DENIED',
  'APPROVAL_DECIDED',
  'DELEGATION_SENT',
  'DELEGATION_STATUS',
  'DELEGATION_COMPLETE',
  'DELEGATION_FAILED',
  'MESSAGE_ENDED',
  'AUDIT',
] as const;

/** Told, never stored: a reader that missed one reads the state instead. */
export const BROADCAST_EVENTS = [
  'TASK_UPDATED',
  'WORKSPACE_HEARTBEAT',
  'ACTIVITY_LOGGED',
  'AGENT_MESSAGE',
  'A2A_RESPONSE',
  'MEMORY_CHANGED',
  /** `{queue_depth}`: how many messages wait for the workspace, or are on their way to it, now. */
  'QUEUE_CHANGED',
] as const;

export type StoredEventType = (typeof STORED_EVENTS)[number];
export type BroadcastEventType = (typeof BROADCAST_EVENTS)[number];
export type EventType = StoredEventType | BroadcastEventType;

/** One frame on `/ws`. `timestamp` is RFC 3339; `seq` only on stored events. */
export const eventFrame = z.object({
  event: z.string(),
  workspace_id: z.string(),
  timestamp: z.string(),
  payload: z.record(z.string(), z.unknown()),
  seq: z.number().int().optional(),
  /** Beside the payload on APPROVAL_DECIDED: agents wait for them there. */
  approval_id: z.string().optional(),
  status: z.string().optional(),
  decided_by: z.string().optional(),
});
export type EventFrame = z.output<typeof eventFrame>;

export const eventRow = z.object({
  id: uuid,
  event_type: z.string(),
  workspace_id: uuid.nullable(),
  payload: z.record(z.string(), json),
  created_at: timestamp,
  seq: z.number().int(),
});
export type EventRow = z.output<typeof eventRow>;

const query = z.object({
  limit: lenientInt(LIMITS.eventsDefault, 1, LIMITS.eventsMax),
  before: z.string().optional(),
  type: z.string().optional(),
  since_seq: z.string().optional(),
});

export const listEvents = defineRoute({
  name: 'listEvents',
  method: 'GET',
  path: '/events',
  policy: 'admin',
  tag: 'events',
  summary: 'The newest stored events; ascending after `since_seq`',
  query,
  response: z.array(eventRow),
  errors: [410],
});

export const listWorkspaceEvents = defineRoute({
  name: 'listWorkspaceEvents',
  method: 'GET',
  path: '/events/:workspaceId',
  policy: 'admin',
  tag: 'events',
  summary: 'The newest stored events of one workspace',
  params: z.object({ workspaceId: z.string() }),
  query,
  response: z.array(eventRow),
  errors: [410],
});

export const followEvents = defineRoute({
  name: 'followEvents',
  method: 'GET',
  path: '/ws',
  policy: 'stream',
  tag: 'events',
  summary: 'WebSocket: every event that the caller may see; `?since_seq=` replays stored ones',
  headers: { 'X-Workspace-ID': { doc: 'The workspace that follows; left out by people' } },
  query: z.object({ since_seq: z.string().optional() }),
  response: eventFrame,
  errors: [403, 410],
});

export const streamWorkspaceEvents = defineRoute({
  name: 'streamWorkspaceEvents',
  method: 'GET',
  path: '/workspaces/:id/events/stream',
  contentType: 'text/event-stream',
  policy: 'workspace',
  tag: 'events',
  summary: 'Server-sent events of one workspace',
  headers: { 'Last-Event-ID': { doc: 'The last stored event that was seen; what came after is replayed' } },
  params: z.object({ id: z.string() }),
  response: z.unknown(),
  errors: [404],
});
