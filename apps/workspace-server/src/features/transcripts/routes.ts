// Transcript routes: hands on what the agent says, as data that no browser runs.

import { transcripts } from '@molecule/contracts';
import type { Binder } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { readTranscript, type TranscriptDeps } from './read-transcript.ts';

export function bindTranscriptRoutes(app: FastifyInstance, binder: Binder, deps: TranscriptDeps): void {
  binder.bind(app, transcripts.readTranscript, async ({ params, query, caller, request, reply }) => {
    const { authorization } = request.headers;
    const { since, limit } = query;
    const page = await readTranscript(deps, params.id, { caller, authorization, since, limit });
    return reply
      .code(page.status)
      .header('content-type', page.contentType)
      .header('content-security-policy', "default-src 'none'; sandbox")
      .send(page.body);
  });
}
