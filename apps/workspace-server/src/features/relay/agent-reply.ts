// Agent reply: reads text, usage and tool trace out of what agents answer, whatever A2A version they speak.

import { isObject } from './envelope.ts';

/** The text of an answer, looked for where the specifications put it; null when there is none. */
export function textOfReply(reply: unknown): string | null {
  if (!isObject(reply)) return null;
  const { result } = reply;
  if (typeof result === 'string') return result;
  if (!isObject(result)) return null;
  return (
    textOfParts(result.parts) ??
    (isObject(result.message) ? textOfParts(result.message.parts) : null) ??
    (isObject(result.task) ? textOfTask(result.task) : null) ??
    textOfTask(result)
  );
}

function textOfTask(task: Record<string, unknown>): string | null {
  const text = textOfArtifacts(task.artifacts);
  if (text !== null) return text;
  const status = isObject(task.status) ? task.status : null;
  return isObject(status?.message) ? textOfParts(status.message.parts) : null;
}

/** Null where none of them has text. */
export function textOfArtifacts(artifacts: unknown): string | null {
  if (!Array.isArray(artifacts)) return null;
  const texts = artifacts
    .map((artifact) => (isObject(artifact) ? textOfParts(artifact.parts) : null))
    .filter((text): text is string => text !== null);
  return texts.length === 0 ? null : texts.join('\n');
}

export function textOfParts(parts: unknown): string | null {
  if (!Array.isArray(parts)) return null;
  const texts = parts
    .map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : null))
    .filter((text): text is string => text !== null);
  return texts.length === 0 ? null : texts.join('');
}

export function toolTraceOfReply(reply: unknown): unknown {
  if (!isObject(reply) || !isObject(reply.result)) return null;
  const { metadata } = reply.result;
  return isObject(metadata) ? (metadata.tool_trace ?? null) : null;
}

/** The JSON-RPC error of an answer, as text; null when the answer is no error. */
export function errorOfReply(reply: unknown): string | null {
  if (!isObject(reply) || !isObject(reply.error)) return null;
  return typeof reply.error.message === 'string' ? reply.error.message : JSON.stringify(reply.error);
}

/** True when a task ended badly: HTTP 200, no JSON-RPC error, and yet not done. */
export function isFailedTask(reply: unknown): boolean {
  if (!isObject(reply) || !isObject(reply.result)) return false;
  const task = isObject(reply.result.task) ? reply.result.task : reply.result;
  const state = isObject(task.status) ? String(task.status.state ?? '') : '';
  return /^(TASK_STATE_)?(FAILED|REJECTED)$/i.test(state);
}
