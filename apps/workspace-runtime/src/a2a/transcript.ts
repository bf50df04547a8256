// Transcript: the session of this agent as its door shows it, to the bearer of the workspace's own token only.

import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { SessionTranscript } from './session-transcript.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

export interface TranscriptReply {
  status: number;
  body: Record<string, unknown>;
}

/** Fails closed: without a token of our own nobody may read. */
export function readTranscript(
  request: FastifyRequest,
  token: string | null,
  runtime: string,
  transcript: SessionTranscript,
): TranscriptReply {
  if (token === null || !isSame(request.headers.authorization ?? '', `Bearer ${token}`)) {
    return { status: 401, body: { error: 'unauthorized' } };
  }
  const query = request.query as Record<string, string | undefined>;
  const since = readInteger(query.since, 0);
  const limit = readInteger(query.limit, DEFAULT_LIMIT);
  if (since === null || limit === null) {
    return { status: 400, body: { error: 'since and limit must be integers' } };
  }
  const page = transcript.read(since, Math.min(Math.max(limit, 1), MAX_LIMIT));
  return {
    status: 200,
    body: {
      runtime,
      supported: true,
      lines: page.lines,
      cursor: page.cursor,
      more: page.hasMore,
      source: 'memory',
    },
  };
}

function readInteger(text: string | undefined, fallback: number): number | null {
  if (text === undefined) return fallback;
  return /^-?\d{1,15}$/.test(text) ? Number(text) : null;
}

function isSame(given: string, expected: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}
