// Webhooks: what services outside tell the tenant. Not a credential but a signature over the raw body admits them.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams } from './common.ts';
import { defineRoute } from './route.ts';

/** One of: what was triggered, why nothing was, or the relay's answer. */
const githubAnswer = z.unknown();

const github = {
  method: 'POST',
  policy: 'open',
  tag: 'webhooks',
  failures: ['failed to trigger schedules'],
  response: githubAnswer,
  bodyLimit: LIMITS.jsonBodyBytes,
  errors: [401, 404, 410, 413, 429, 502, 503],
} as const;

export const receiveGithub = defineRoute({
  ...github,
  name: 'receiveGithub',
  path: '/webhooks/github',
  summary: "A delivery of GitHub; the body's workspace_id names the workspace that messages go to",
});

export const receiveGithubFor = defineRoute({
  ...github,
  name: 'receiveGithubFor',
  path: '/webhooks/github/:id',
  summary: 'A delivery of GitHub for one workspace',
  params: idParams,
});
