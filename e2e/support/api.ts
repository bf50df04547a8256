// API: plain calls to a tenant under test, and waiting for a condition with a deadline.

import type { TenantProcess } from '../../bench/tenant-process.ts';

export interface Answer {
  status: number;
  body: Record<string, unknown> & { error?: string };
  text: string;
  headers: Headers;
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** Calls as the administrator, unless `headers` carry another credential (an empty one sends none). */
export function apiOf(tenant: Pick<TenantProcess, 'url' | 'adminToken'>): Call {
  return async (method, path, body, headers = {}) => {
    const credential = tenant.adminToken === '' ? {} : { authorization: `Bearer ${tenant.adminToken}` };
    const sent = Object.fromEntries(
      Object.entries({ ...credential, ...headers }).filter(([, value]) => value !== ''),
    );
    const response = await fetch(tenant.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...sent },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      redirect: 'manual',
    });
    const text = await response.text();
    return { status: response.status, body: parse(text), text, headers: response.headers };
  };
}

function parse(text: string): Answer['body'] {
  try {
    return JSON.parse(text) as Answer['body'];
  } catch {
    return {};
  }
}

export async function until<T>(
  what: string,
  look: () => Promise<T | null | false | undefined>,
  limitMs = 30_000,
): Promise<T> {
  const endAt = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > endAt) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export interface WorkspaceRow {
  id: string;
  name: string;
  status: string;
  parent_id: string | null;
  url: string;
}

export async function listWorkspaces(call: Call): Promise<WorkspaceRow[]> {
  return (await call('GET', '/workspaces')).body as unknown as WorkspaceRow[];
}

export async function allOnline(call: Call, count: number, limitMs = 30_000): Promise<WorkspaceRow[]> {
  return until(
    `${count} workspaces online`,
    async () => {
      const rows = await listWorkspaces(call);
      return rows.length === count && rows.every((row) => row.status === 'online') ? rows : null;
    },
    limitMs,
  );
}

export function message(text: string, messageId: string = crypto.randomUUID()): Record<string, unknown> {
  return {
    jsonrpc: '2.0',
    id: '1',
    method: 'message/send',
    params: { message: { role: 'user', kind: 'message', messageId, parts: [{ kind: 'text', text }] } },
  };
}
