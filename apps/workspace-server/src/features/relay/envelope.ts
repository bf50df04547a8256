// Envelope: brings whatever clients post into one JSON-RPC 2.0 request, and reads what the relay needs from it.

import { randomUUID } from 'node:crypto';
import { faults } from '@molecule/domain';
import { isTooDeep } from '@molecule/http';

type JsonObject = Record<string, unknown>;

export interface Envelope {
  /** The JSON-RPC request as it goes to the agent. */
  body: JsonObject;
  method: string;
  /** The JSON-RPC id, for answers that the relay makes itself. */
  rpcId: unknown;
  /** The sender's own message id: an idempotency key. Null when the relay had to fill one in. */
  messageId: string | null;
  delegationId: string | null;
  isStreaming: boolean;
  /** The bytes that came in, when nothing had to be changed. */
  untouched: Buffer | null;
}

const STREAMING_METHODS = new Set([
  'message/stream',
  'tasks/resubscribe',
  'SendStreamingMessage',
  'SubscribeToTask',
]);
const SEND_METHODS = new Set(['message/send', 'message/stream', 'SendMessage', 'SendStreamingMessage']);

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses and normalises a request body. Throws INVALID_REQUEST with the contract's text. */
export function parseEnvelope(raw: Buffer): Envelope {
  const parsed = parseJson(raw);
  if (!isObject(parsed) || isTooDeep(parsed)) throw faults.invalidRequest('invalid JSON');
  const body = 'jsonrpc' in parsed ? parsed : wrap(parsed);
  const method = typeof body.method === 'string' ? body.method : '';
  const message = isObject(body.params) && isObject(body.params.message) ? body.params.message : null;
  const messageId =
    typeof message?.messageId === 'string' && message.messageId !== '' ? message.messageId : null;
  // The rest is handed on as it came; these are kept apart, as keys.
  if (method.includes('\0') || messageId?.includes('\0')) throw faults.invalidRequest('invalid JSON');
  const isChanged = body !== parsed || (message !== null && messageId === null);
  if (message && messageId === null) message.messageId = randomUUID();
  return {
    body,
    method,
    rpcId: body.id ?? null,
    messageId: SEND_METHODS.has(method) ? messageId : null,
    delegationId: readDelegationId(message),
    isStreaming: STREAMING_METHODS.has(method),
    untouched: isChanged ? null : raw,
  };
}

export function isSendMethod(method: string): boolean {
  return SEND_METHODS.has(method);
}

function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    throw faults.invalidRequest('invalid JSON');
  }
}

/** A bare `{method, params}`, or one of the shorthands `message`, `text`, `parts`. */
function wrap(body: JsonObject): JsonObject {
  if (typeof body.method === 'string') {
    return { jsonrpc: '2.0', id: randomUUID(), method: body.method, params: body.params };
  }
  const message = messageOf(body);
  if (!message)
    throw faults.invalidRequest('invalid JSON', { details: 'method, message, text or parts is required' });
  return { jsonrpc: '2.0', id: randomUUID(), method: 'message/send', params: { message } };
}

function messageOf(body: JsonObject): JsonObject | null {
  if (isObject(body.message)) return { role: 'user', ...body.message };
  const text = typeof body.message === 'string' ? body.message : body.text;
  if (typeof text === 'string') return { role: 'user', parts: [{ kind: 'text', text }] };
  return Array.isArray(body.parts) ? { role: 'user', parts: body.parts } : null;
}

function readDelegationId(message: JsonObject | null): string | null {
  const id = isObject(message?.metadata) ? message.metadata.delegation_id : null;
  return typeof id === 'string' ? id : null;
}
