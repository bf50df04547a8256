// Transcript: what the engine's session looks like from outside. No engine keeps one yet, and the answer says so.

import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

export interface TranscriptReply {
  status: number;
  body: Record<string, unknown>;
}

/** Fails closed: without a token of our own nobody may read. */
export function readTranscript(
  request: FastifyRequest,
  token: string | null,
  runtime: string,
): TranscriptReply {
  if (token === null || !isSame(request.headers.authorization ?? '', `Bearer ${token}`)) {
    return { status: 401, body: { error: 'unauthorized' } };
  }
  const query = request.query as Record<string, string | undefined>;
  if (!isInteger(query.since) || !isInteger(query.limit)) {
    return { status: 400, body: { error: 'since and limit must be integers' } };
  }
  return {
    status: 200,
    body: { runtime, supported: false, lines: [], cursor: 0, more: false, source: null },
  };
}

function isInteger(text: string | undefined): boolean {
  return text === undefined || /^-?\d+$/.test(text);
}

function isSame(given: string, expected: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}
