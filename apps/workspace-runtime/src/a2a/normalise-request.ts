// Normalise request: turns what callers really post into what the protocol says, once, before anything reads it.
// Callers leave out the envelope, the message id or the role, and name a part's type `kind`, `type` or not at all.

import { createHash, randomUUID } from 'node:crypto';
import { faults } from '@molecule/domain';
import { UnsupportedVersion } from './rpc-error.ts';

export type ProtocolVersion = '0.3' | '1.0';
type Json = Record<string, unknown>;

/** What makes two posts the same message; null when the caller gave no id. */
export interface SendIdentity {
  key: string;
  digest: string;
}

export interface NormalisedRequest {
  version: ProtocolVersion;
  id: string | number | null;
  method: string;
  body: Json;
  /** Set for the methods that start work. */
  send: { isStreaming: boolean; identity: SendIdentity | null; taskId: string | null } | null;
}

const V1_METHODS = new Set([
  'SendMessage',
  'SendStreamingMessage',
  'GetTask',
  'ListTasks',
  'CancelTask',
  'SubscribeToTask',
  'CreateTaskPushNotificationConfig',
  'GetTaskPushNotificationConfig',
  'ListTaskPushNotificationConfigs',
  'DeleteTaskPushNotificationConfig',
  'GetExtendedAgentCard',
]);
const SEND_METHODS = new Set(['SendMessage', 'message/send']);
const STREAM_METHODS = new Set(['SendStreamingMessage', 'message/stream']);

/** Throws a Fault for a body that can be no request; an unsupported version is left to the protocol layer. */
export function normaliseRequest(body: unknown, versionHeader: string | undefined): NormalisedRequest {
  if (!isObject(body)) throw faults.invalidRequest('a JSON-RPC request must be an object');
  const id = readId(body.id);
  const method = body.method;
  if (typeof method !== 'string' || method === '') {
    throw faults.invalidRequest('a JSON-RPC request needs a method, such as "message/send"');
  }
  const version = readVersion(versionHeader, method);
  const params = body.params === undefined ? {} : body.params;
  const isStreaming = STREAM_METHODS.has(method);
  const rest = { jsonrpc: '2.0', id, method };
  if (!isStreaming && !SEND_METHODS.has(method)) {
    return { version, id, method, body: { ...rest, params }, send: null };
  }
  if (!isObject(params)) throw faults.invalidRequest('params must be an object with a message');
  const message = normaliseMessage(params, version);
  const normalised: Json = { ...params, message: message.value };
  normalised.configuration = normaliseConfiguration(params.configuration, version);
  return {
    version,
    id,
    method,
    body: { ...rest, params: normalised },
    send: {
      isStreaming,
      identity: identify(message.value, params, message.hasOwnId),
      taskId:
        typeof message.value.taskId === 'string' && message.value.taskId !== '' ? message.value.taskId : null,
    },
  };
}

function readVersion(header: string | undefined, method: string): ProtocolVersion {
  const text = header?.trim() ?? '';
  if (text === '') return V1_METHODS.has(method) ? '1.0' : '0.3';
  if (/^1(\.|$)/.test(text)) return '1.0';
  if (/^0\.3(\.|$)/.test(text)) return '0.3';
  throw new UnsupportedVersion(text);
}

function readId(id: unknown): string | number | null {
  if (typeof id === 'string' || (typeof id === 'number' && Number.isInteger(id))) return id;
  return id === undefined ? randomUUID() : null;
}

function normaliseMessage(params: Json, version: ProtocolVersion): { value: Json; hasOwnId: boolean } {
  const given = params.message;
  const message: Json = isObject(given)
    ? given
    : typeof given === 'string'
      ? { parts: [{ text: given }] }
      : {};
  const parts = message.parts ?? params.parts ?? [];
  if (!Array.isArray(parts)) throw faults.invalidRequest('message.parts must be an array');
  const hasOwnId = typeof message.messageId === 'string' && message.messageId !== '';
  const isAgent = message.role === 'agent' || message.role === 'ROLE_AGENT';
  const role = version === '1.0' ? (isAgent ? 'ROLE_AGENT' : 'ROLE_USER') : isAgent ? 'agent' : 'user';
  const value: Json = {
    ...message,
    messageId: hasOwnId ? message.messageId : randomUUID(),
    role,
    parts: parts.map((part: unknown) => (version === '1.0' ? toV1Part(part) : toV03Part(part))),
  };
  if (version === '0.3') value.kind = 'message';
  return { value, hasOwnId };
}

/** A caller that does not ask to be left alone waits for the answer, and gets it without the history it sent itself. */
function normaliseConfiguration(given: unknown, version: ProtocolVersion): Json {
  const configuration = isObject(given) ? given : {};
  const withHistory = { historyLength: 0, ...configuration };
  return version === '1.0' ? withHistory : { blocking: true, ...withHistory };
}

function toV03Part(part: unknown): Json {
  if (typeof part === 'string') return { kind: 'text', text: part };
  if (!isObject(part)) throw faults.invalidRequest('each part must be an object');
  const metadata = isObject(part.metadata) ? { metadata: part.metadata } : {};
  if (typeof part.text === 'string') return { kind: 'text', text: part.text, ...metadata };
  if (isObject(part.file)) return { kind: 'file', file: part.file, ...metadata };
  if ('data' in part) return { kind: 'data', data: part.data, ...metadata };
  if (typeof part.url === 'string')
    return { kind: 'file', file: fileOf(part, { uri: part.url }), ...metadata };
  if (typeof part.raw === 'string')
    return { kind: 'file', file: fileOf(part, { bytes: part.raw }), ...metadata };
  throw faults.invalidRequest('a part needs text, data or a file');
}

function toV1Part(part: unknown): Json {
  if (typeof part === 'string') return { text: part };
  if (!isObject(part)) throw faults.invalidRequest('each part must be an object');
  const metadata = isObject(part.metadata) ? { metadata: part.metadata } : {};
  if (typeof part.text === 'string') return { text: part.text, ...metadata };
  if (isObject(part.file)) {
    const { uri, bytes, name, mimeType } = part.file;
    const content = typeof uri === 'string' ? { url: uri } : { raw: bytes };
    return { ...content, filename: name ?? '', mediaType: mimeType ?? '', ...metadata };
  }
  if ('data' in part || typeof part.url === 'string' || typeof part.raw === 'string') return part;
  throw faults.invalidRequest('a part needs text, data or a file');
}

function fileOf(part: Json, content: Json): Json {
  return { ...content, name: part.filename, mimeType: part.mediaType };
}

function identify(message: Json, params: Json, hasOwnId: boolean): SendIdentity | null {
  const delegation = delegationId(message.metadata) ?? delegationId(params.metadata);
  if (delegation === null && !hasOwnId) return null;
  const digest = createHash('sha256')
    .update(JSON.stringify((message.parts as Json[]).map(({ metadata: _, ...part }) => part)))
    .digest('base64url');
  return { key: delegation === null ? `message ${message.messageId}` : `delegation ${delegation}`, digest };
}

function delegationId(metadata: unknown): string | null {
  const id = isObject(metadata) ? metadata.delegation_id : undefined;
  return typeof id === 'string' && id !== '' ? id : null;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
