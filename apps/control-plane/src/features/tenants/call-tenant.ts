// Call tenant: the few calls that the platform makes to a tenant, each bounded in time and bytes. What a tenant answers is
// read for these purposes and never kept.

import { faults, isUuid } from '@molecule/domain';
import { EDGE_HEADER, signEdge } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import { request } from 'undici';

const CALL_LIMIT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

export interface TenantAddress {
  orgId: string;
  upstream: string;
  adminToken: string;
  edgeKey: string;
}

export interface TenantAnswer {
  status: number;
  body: unknown;
}

export type CallTenant = (
  tenant: TenantAddress,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
) => Promise<TenantAnswer>;

/** Rejects with a fault when the tenant cannot be reached in time; any status that it answers is returned. */
export function createCallTenant(clock: Clock): CallTenant {
  return async (tenant, method, path, body) => {
    if (!isUuid(tenant.orgId)) throw new Error('a tenant is called for an organisation');
    try {
      const answer = await request(tenant.upstream + path, {
        method,
        headers: {
          authorization: `Bearer ${tenant.adminToken}`,
          'x-molecule-org-id': tenant.orgId,
          [EDGE_HEADER]: signEdge(tenant.edgeKey, tenant.orgId, clock.now()),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        headersTimeout: CALL_LIMIT_MS,
        bodyTimeout: CALL_LIMIT_MS,
        signal: AbortSignal.timeout(CALL_LIMIT_MS),
      });
      return { status: answer.statusCode, body: await readBounded(answer.body) };
    } catch (error) {
      throw faults.backendTransient('the tenant does not answer', error);
    }
  };
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer of the tenant is too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return null; // Not every answer is JSON; its status says enough.
  }
}
