// Relay: A2A messages from one workspace, or a person, to another workspace.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams } from './common.ts';
import { defineRoute } from './route.ts';

export const textPart = z.looseObject({ kind: z.string().optional(), text: z.string().optional() });

/** JSON-RPC 2.0, or one of the shorthands that published clients post. */
export const relayBody = z.looseObject({
  jsonrpc: z.string().optional(),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
});

export const relayMessage = defineRoute({
  name: 'relayMessage',
  method: 'POST',
  path: '/workspaces/:id/a2a',
  policy: 'relay',
  tag: 'a2a',
  summary: 'Send an A2A request to a workspace through the relay',
  headers: {
    'X-Workspace-ID': { doc: 'The workspace that sends; its own token proves it' },
    'X-Timeout': { doc: 'Seconds after which the sender gives up; 0 for no limit' },
    Prefer: { doc: '`respond-async` queues at once, `handling=strict` never queues' },
  },
  alsoStatuses: [202],
  params: idParams,
  response: z.unknown(),
  bodyLimit: LIMITS.a2aRequestBytes,
  errors: [402, 403, 404, 409, 410, 413, 429, 502, 503],
});

export const readAgentCard = defineRoute({
  name: 'readAgentCard',
  method: 'GET',
  path: '/workspaces/:id/.well-known/agent-card.json',
  policy: 'relay',
  tag: 'a2a',
  summary: 'The agent card of a workspace, with the relay as its address',
  params: idParams,
  response: z.looseObject({}),
  errors: [404, 410],
});

export const queuedReply = z.object({
  queued: z.literal(true),
  queue_id: z.string(),
  queue_depth: z.number().int(),
  message: z.string(),
});

export const dropStaleMessages = defineRoute({
  name: 'dropStaleMessages',
  method: 'POST',
  path: '/admin/a2a-queue/drop-stale',
  policy: 'admin',
  tag: 'a2a',
  summary: 'Give up queued messages that are older than a given age',
  query: z.object({ max_age_minutes: z.string().optional(), workspace_id: z.string().optional() }),
  response: z.object({ dropped: z.number().int() }),
});
