// RPC error: the one table from what went wrong to a JSON-RPC error and an HTTP status, for the agent's own door.

import { FAULT_CODES, type Fault, type FaultCode, wireCode } from '@molecule/domain';

export const RPC_PARSE_ERROR = -32700;
export const RPC_VERSION_NOT_SUPPORTED = -32009;
export const RPC_INVALID_REQUEST = -32600;
export const RPC_INVALID_PARAMS = -32602;
export const RPC_INTERNAL_ERROR = -32603;
/** Ours, from the range that JSON-RPC leaves to servers: nothing was started, the same request may be sent again. */
export const RPC_BUSY = -32050;
export const RPC_DRAINING = -32051;

export interface RpcFailure {
  status: number;
  retryAfterSeconds: number | null;
  body: {
    jsonrpc: '2.0';
    id: string | number | null;
    error: { code: number; message: string; data?: Record<string, unknown> };
  };
}

const RPC_OF_FAULT: Partial<Record<FaultCode, { code: number; status: number }>> = {
  INVALID_REQUEST: { code: RPC_INVALID_REQUEST, status: 200 },
  IDEMPOTENCY_MISMATCH: { code: RPC_INVALID_PARAMS, status: 200 },
  BODY_TOO_LARGE: { code: RPC_INVALID_REQUEST, status: 413 },
  QUEUE_FULL: { code: RPC_BUSY, status: 503 },
  DRAINING: { code: RPC_DRAINING, status: 503 },
};

export function rpcFailure(fault: Fault, id: string | number | null): RpcFailure {
  const { code, status } = RPC_OF_FAULT[fault.code] ?? { code: RPC_INTERNAL_ERROR, status: 500 };
  const retryAfterSeconds = fault.retryAfterSeconds ?? null;
  return {
    status,
    retryAfterSeconds,
    body: {
      jsonrpc: '2.0',
      id,
      error: {
        code,
        message: fault.message,
        data: {
          code: wireCode(fault.code),
          retryable: FAULT_CODES[fault.code].retryable,
          ...(retryAfterSeconds === null ? {} : { retry_after: retryAfterSeconds }),
        },
      },
    },
  };
}

export class UnsupportedVersion extends Error {
  override readonly name = 'UnsupportedVersion';
  constructor(version: string) {
    super(`A2A version "${version.slice(0, 20)}" is not supported; this agent speaks 1.0 and 0.3`);
  }
}

export function versionFailure(error: UnsupportedVersion, id: string | number | null): RpcFailure {
  return {
    status: 200,
    retryAfterSeconds: null,
    body: { jsonrpc: '2.0', id, error: { code: RPC_VERSION_NOT_SUPPORTED, message: error.message } },
  };
}

export function parseFailure(message: string): RpcFailure {
  return {
    status: 200,
    retryAfterSeconds: null,
    body: { jsonrpc: '2.0', id: null, error: { code: RPC_PARSE_ERROR, message } },
  };
}
