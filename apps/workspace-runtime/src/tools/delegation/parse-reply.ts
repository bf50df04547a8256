// Parse reply: what another agent's answer means. One total function; every answer is exactly one of four things.

import { PEER_ERROR_PREFIX } from './peer-text.ts';

type Json = Record<string, unknown>;

const FAILED_STATES: ReadonlySet<string> = new Set(['failed', 'rejected', 'canceled']);

export type PeerReply =
  | { kind: 'result'; text: string }
  | { kind: 'error'; message: string; code: number | null }
  | { kind: 'queued'; method: string | null; mode: string; queueId: string | null }
  | { kind: 'malformed'; excerpt: string };

export function parseReply(body: unknown): PeerReply {
  if (!isObject(body)) return malformed(body);
  const queued = readQueued(body);
  if (queued) return queued;
  if (isObject(body.error)) {
    const { message, code } = body.error;
    return {
      kind: 'error',
      message: text(message) ?? 'unknown error',
      code: typeof code === 'number' ? code : null,
    };
  }
  if (typeof body.error === 'string') return { kind: 'error', message: body.error, code: null };
  const result = body.result;
  const state = readState(result);
  if (FAILED_STATES.has(state)) {
    const said = joinStatus(statusOf(result)) ?? extractText(result);
    return {
      kind: 'error',
      message: said === null ? `the task ended as ${state}` : withoutMarker(said),
      code: null,
    };
  }
  const said = extractText(result);
  if (said === null) return malformed(body);
  if (said.startsWith('Agent error:') || said.startsWith(PEER_ERROR_PREFIX)) {
    return { kind: 'error', message: withoutMarker(said), code: null };
  }
  return { kind: 'result', text: said };
}

/** Looks for text in every place where agents of either protocol version put it; null when there is none. */
export function extractText(result: unknown): string | null {
  if (typeof result === 'string') return result;
  if (!isObject(result)) return null;
  const task = isObject(result.task) ? result.task : null;
  return (
    joinParts(result.parts) ??
    joinParts(isObject(result.message) ? result.message.parts : undefined) ??
    joinArtifacts(task?.artifacts) ??
    joinArtifacts(result.artifacts) ??
    joinStatus(result.status) ??
    joinStatus(task?.status)
  );
}

function readQueued(body: Json): PeerReply | null {
  if (body.queued === true) {
    return { kind: 'queued', method: null, mode: 'push', queueId: text(body.queue_id) };
  }
  if (body.status === 'queued' && typeof body.delivery_mode === 'string') {
    return {
      kind: 'queued',
      method: text(body.method),
      mode: body.delivery_mode,
      queueId: text(body.queue_id),
    };
  }
  return null;
}

function joinArtifacts(artifacts: unknown): string | null {
  if (!Array.isArray(artifacts)) return null;
  const texts = artifacts.map((artifact: Json) => joinParts(artifact?.parts)).filter((part) => part !== null);
  return texts.length === 0 ? null : texts.join('\n');
}

function joinStatus(status: unknown): string | null {
  return isObject(status) && isObject(status.message) ? joinParts(status.message.parts) : null;
}

function joinParts(parts: unknown): string | null {
  if (!Array.isArray(parts)) return null;
  const texts = parts
    .map((part: Json) => text(part?.text) ?? text((part?.root as Json | undefined)?.text))
    .filter((part) => part !== null);
  return texts.length === 0 ? null : texts.join('');
}

function statusOf(result: unknown): unknown {
  if (!isObject(result)) return undefined;
  return isObject(result.task) ? result.task.status : result.status;
}

function readState(result: unknown): string {
  const status = statusOf(result);
  const state = isObject(status) ? status.state : undefined;
  return typeof state === 'string' ? state.replace(/^TASK_STATE_/, '').toLowerCase() : '';
}

function withoutMarker(said: string): string {
  return said.replace(/^Agent error:\s*/, '').replace(PEER_ERROR_PREFIX, '');
}

function malformed(body: unknown): PeerReply {
  const excerpt = typeof body === 'string' ? body : (JSON.stringify(body) ?? String(body));
  return { kind: 'malformed', excerpt: excerpt.slice(0, 200) };
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
