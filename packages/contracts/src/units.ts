// Units: what runs a workspace, seen from outside: its logs and a shell in it.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { flag, idParams, lenientInt, timestamp } from './common.ts';
import { defineRoute } from './route.ts';

export const logLine = z.object({
  /** Null where the line does not say when it was printed. */
  at: timestamp.nullable(),
  stream: z.enum(['stdout', 'stderr']),
  text: z.string(),
});

export const readLogs = defineRoute({
  name: 'readLogs',
  method: 'GET',
  path: '/workspaces/:id/logs',
  policy: 'workspace',
  tag: 'workspaces',
  summary:
    'What the agent printed (`runtime`) or the backend noted (`boot`); with `follow=true` as server-sent events that go on, where `Last-Event-ID` resumes',
  params: idParams,
  query: z.object({
    source: z.string().optional(),
    tail: lenientInt(LIMITS.logTailDefault, 1, LIMITS.logTailMax),
    /** RFC 3339: lines from then on; a line that does not say its time goes with the one before it. */
    since: z.string().optional(),
    follow: flag,
  }),
  response: z.object({
    source: z.enum(['runtime', 'boot']),
    backend: z.string(),
    lines: z.array(logLine),
    truncated: z.boolean(),
  }),
  errors: [404, 410, 501, 503],
});

/**
 * Client: bytes of the keyboard, or `{"type":"resize","cols":…,"rows":…}` as text. Server: bytes of the screen. Closed
 * with 1000 when the shell ends, 4408 after thirty minutes without input, 1008 when the credential is revoked.
 */
export const openTerminal = defineRoute({
  name: 'openTerminal',
  method: 'GET',
  path: '/workspaces/:id/terminal',
  policy: 'workspace',
  tag: 'workspaces',
  summary: 'WebSocket: a shell in the unit of a workspace',
  params: idParams,
  query: z.object({
    cols: lenientInt(80, 1, LIMITS.terminalCells),
    rows: lenientInt(24, 1, LIMITS.terminalCells),
  }),
  response: z.unknown(),
  errors: [403, 404, 409, 410, 429, 501, 503],
});
