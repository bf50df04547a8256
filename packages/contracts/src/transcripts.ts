// Transcripts: what an agent keeps of its session, fetched from the agent itself.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams, json } from './common.ts';
import { defineRoute } from './route.ts';

export const readTranscript = defineRoute({
  name: 'readTranscript',
  method: 'GET',
  path: '/workspaces/:id/transcript',
  policy: 'workspace',
  tag: 'workspaces',
  summary: `The session of an agent as the agent shows it; at most ${LIMITS.transcriptBytes} bytes`,
  params: idParams,
  query: z.object({ since: z.string().optional(), limit: z.string().optional() }),
  failures: ['failed to read workspace response'],
  response: json,
  errors: [400, 404, 410, 502, 503],
});
