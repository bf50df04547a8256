// Provisioning: what a start of a workspace left behind: a failure that a watcher reports, and the boot's own words.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams } from './common.ts';
import { defineRoute } from './route.ts';

export const reportBootstrapFailed = defineRoute({
  name: 'reportBootstrapFailed',
  method: 'POST',
  path: '/admin/workspaces/:id/bootstrap-failed',
  policy: 'admin',
  tag: 'workspaces',
  summary:
    'A watcher saw the start of a workspace fail; changes nothing once the workspace is past its start',
  params: idParams,
  body: z.object({ error: z.string().nullish(), log_tail: z.string().nullish() }),
  invalidBody: 'invalid request body',
  response: z.object({ ok: z.literal(true), no_change: z.literal(true).optional() }),
});

export const readConsole = defineRoute({
  name: 'readConsole',
  method: 'GET',
  path: '/workspaces/:id/console',
  policy: 'admin',
  tag: 'workspaces',
  summary: `What the backend noted while it started and ended the agent; at most ${LIMITS.consoleBytes} bytes`,
  params: idParams,
  response: z.object({ output: z.string() }),
  errors: [404, 410, 501, 502],
});
