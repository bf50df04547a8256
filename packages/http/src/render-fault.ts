// Render fault: the one place that turns a failure into a status, a body and a log line.

import { Fault, type FaultCode, faults, isFault, wireCode } from '@molecule/domain';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

export const STATUS_OF_FAULT: Record<FaultCode, number> = {
  INVALID_REQUEST: 400,
  INVALID_WORKSPACE_ID: 400,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  AUTH_REQUIRED: 401,
  INVALID_CREDENTIAL: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  WORKSPACE_NOT_FOUND: 404,
  WORKSPACE_REMOVED: 410,
  CURSOR_GONE: 410,
  CONFLICT: 409,
  DELEGATION_CYCLE: 409,
  DELEGATION_TOO_DEEP: 409,
  CONFIRMATION_REQUIRED: 409,
  IDEMPOTENCY_MISMATCH: 422,
  BUDGET_EXCEEDED: 402,
  RATE_LIMITED: 429,
  QUEUE_FULL: 429,
  WORKSPACE_UNAVAILABLE: 503,
  AGENT_BUSY: 503,
  AGENT_UNREACHABLE: 502,
  AGENT_RESPONSE_INVALID: 502,
  AGENT_RESPONSE_TOO_LARGE: 502,
  AGENT_TIMEOUT: 504,
  TRANSCRIPT_UNREADABLE: 500,
  NO_BACKEND: 503,
  BACKEND_TRANSIENT: 503,
  UNSUPPORTED_ON_BACKEND: 501,
  NOT_RUNNING: 409,
  CONSOLE_FAILED: 502,
  CONFIG_MISSING: 409,
  TEAM_CONFIG_UNREADABLE: 500,
  PRECONDITION_FAILED: 412,
  IMAGE_MISSING: 409,
  WEAK_SANDBOX: 409,
  SECRET_UNREADABLE: 500,
  STOP_FAILED: 500,
  PLATFORM_UNAVAILABLE: 503,
  WEBHOOK_NOT_CONFIGURED: 503,
  STORAGE_FULL: 507,
  DRAINING: 503,
  MEMORY_UNAVAILABLE: 503,
  MEMORY_NOT_CONFIGURED: 503,
  MEMORY_PLUGIN_FAILED: 502,
  GONE: 410,
  CAPACITY: 503,
  PURGE_FAILED: 500,
  NOT_IMPLEMENTED: 501,
  INTERNAL: 500,
};

export interface RenderedFault {
  status: number;
  body: Record<string, unknown>;
  headers: Record<string, string>;
}

export function renderFault(fault: Fault): RenderedFault {
  const status = STATUS_OF_FAULT[fault.code];
  const headers: Record<string, string> = {};
  if (fault.retryAfterSeconds !== undefined) headers['retry-after'] = String(fault.retryAfterSeconds);
  // A body that speaks for itself (`status: confirmation_required`) carries no error text.
  const body =
    fault.code === 'CONFIRMATION_REQUIRED'
      ? { ...fault.extra }
      : { error: fault.message, code: wireCode(fault.code), ...fault.extra };
  return { status, body, headers };
}

/** Turns whatever was thrown into a Fault; anything unknown is a bug and becomes INTERNAL without its details. */
export function toFault(thrown: unknown, translate?: (thrown: unknown) => Fault | null): Fault {
  if (isFault(thrown)) return thrown;
  // A library may throw a text or nothing at all; no translation reads those.
  if (!(thrown instanceof Object))
    return faults.internal('internal error', new Error(`thrown: ${String(thrown)}`));
  const translated = translate?.(thrown);
  if (translated) return translated;
  const error = thrown as Partial<FastifyError>;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Fault('BODY_TOO_LARGE', 'request body is too large');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return faults.invalidRequest('invalid request body');
    case 'FST_ERR_BAD_URL':
      return faults.invalidRequest('invalid URL');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Fault('UNSUPPORTED_MEDIA_TYPE', 'the content type cannot be read');
    case 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE':
      // Only methods that no route has insist on one.
      return faults.notFound('not found');
    default:
      return faults.internal('internal error', thrown);
  }
}

/** Larger bodies are not waited for. */
const DRAINED_BYTES = 64 * 1024 * 1024;

export function sendFault(request: FastifyRequest, reply: FastifyReply, fault: Fault): FastifyReply {
  const rendered = renderFault(fault);
  if (rendered.status >= 500 && fault.code === 'INTERNAL') {
    request.log.error({ err: fault.cause ?? fault, requestId: request.id }, 'request failed by a bug');
  } else if (rendered.status >= 500) {
    request.log.warn({ code: fault.code, requestId: request.id, detail: fault.message }, 'request failed');
  }
  if (fault.code === 'BODY_TOO_LARGE') keepOpen(request, reply);
  return reply.code(rendered.status).headers(rendered.headers).send(rendered.body);
}

/**
 * A connection that is closed while its client still sends loses the answer. So the rest of a body that ends soon is
 * taken off the wire (Node does that after the answer); one without a length, or a huge one, is cut off.
 */
function keepOpen(request: FastifyRequest, reply: FastifyReply): void {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (length <= DRAINED_BYTES) reply.removeHeader('connection');
}
