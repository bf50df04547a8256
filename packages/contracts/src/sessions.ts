// Admin sessions: the browsers that are signed in.

import { z } from 'zod';
import { timestamp, uuid } from './common.ts';
import { defineRoute } from './route.ts';

/**
 * `opened_by`: a one-time link, the admin token, or the platform, which then says for whom (`subject`). `device` is what the
 * browser called itself. Empty fields are left out.
 */
export const adminSession = z.object({
  id: uuid,
  opened_by: z.enum(['link', 'token', 'platform']),
  subject: z.string().optional(),
  device: z.string().optional(),
  created_at: timestamp,
  expires_at: timestamp,
  is_current: z.boolean(),
});
export type AdminSession = z.output<typeof adminSession>;

export const listSessions = defineRoute({
  name: 'listSessions',
  method: 'GET',
  path: '/admin/sessions',
  policy: 'admin',
  tag: 'tenant',
  summary: 'Browsers that are signed in, newest first, 500 at most',
  response: z.object({ sessions: z.array(adminSession), count: z.number().int() }),
});

export const revokeSession = defineRoute({
  name: 'revokeSession',
  method: 'DELETE',
  path: '/admin/sessions/:sessionId',
  policy: 'admin',
  tag: 'tenant',
  summary: 'Sign one browser out',
  params: z.object({ sessionId: z.string() }),
  response: z.object({ revoked: uuid }),
  errors: [404],
});

export const revokeOtherSessions = defineRoute({
  name: 'revokeOtherSessions',
  method: 'POST',
  path: '/admin/sessions/revoke-others',
  policy: 'admin',
  tag: 'tenant',
  summary: 'Sign every browser out but the one that asks',
  response: z.object({ revoked: z.number().int() }),
});
