// Tenant: the built tenant for scenarios, without the demo organisation, and short ways to call it.

import { startTenantProcess, type TenantProcess } from '../../bench/tenant-process.ts';

export interface Answer {
  status: number;
  text: string;
  headers: Headers;
}

export interface CallOptions {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON; a string is sent as it stands. */
  body?: unknown;
}

export interface ScenarioTenant extends TenantProcess {
  call(path: string, options?: CallOptions): Promise<Answer>;
  /** With the admin token; throws unless the answer is 2xx, and parses it. */
  asAdmin<T = Record<string, unknown>>(path: string, options?: CallOptions): Promise<T>;
}

/**
 * No backend and no rate limit, unless `env` says otherwise: agents are external and played by the scenario. `headers` go
 * with every call.
 */
export async function startScenarioTenant(
  env: Record<string, string> = {},
  options: { dataDir?: string; headers?: Record<string, string> } = {},
): Promise<ScenarioTenant> {
  const settings = {
    WORKSPACE_BACKEND: 'none',
    RATE_LIMIT: '100000000',
    REMOTE_LIVENESS_STALE_AFTER: '86400',
    ...env,
  };
  const cluster = process.env.MOLECULE_TEST_CLUSTER;
  const tenant = await startTenantProcess(settings, {
    ...options,
    ...(cluster && !options.dataDir ? { cluster } : {}),
  });
  if (env.ADMIN_TOKEN) tenant.adminToken = env.ADMIN_TOKEN;
  const call = (path: string, callOptions: CallOptions = {}) =>
    callTenant(tenant.url, path, {
      ...callOptions,
      headers: { ...options.headers, ...callOptions.headers },
    });
  return Object.assign(tenant, {
    call,
    asAdmin: async <T>(path: string, callOptions: CallOptions = {}): Promise<T> => {
      const answer = await call(path, {
        ...callOptions,
        headers: { authorization: `Bearer ${tenant.adminToken}`, ...callOptions.headers },
      });
      if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
      return JSON.parse(answer.text) as T;
    },
  });
}

/** Reads the whole answer, but of an event stream only that it was opened. */
export async function callTenant(base: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  const controller = new AbortController();
  const response = await fetch(base + path, {
    method,
    redirect: 'manual',
    signal: AbortSignal.any([controller.signal, AbortSignal.timeout(60_000)]),
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const isStream = response.headers.get('content-type')?.includes('event-stream') === true;
  const text = isStream ? '' : await response.text();
  if (isStream) controller.abort();
  return { status: response.status, text, headers: response.headers };
}

export interface ExternalAgent {
  id: string;
  token: string;
}

/** An external workspace in poll mode, with its token. */
export async function addExternalAgent(
  tenant: ScenarioTenant,
  name: string,
  parentId: string | null = null,
): Promise<ExternalAgent> {
  const made = await tenant.asAdmin<{ id: string; connection: { auth_token: string } }>('/workspaces', {
    method: 'POST',
    body: { name, external: true, parent_id: parentId },
  });
  const token = made.connection.auth_token;
  await tenant.asAdmin('/registry/register', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: { id: made.id, agent_card: { name }, delivery_mode: 'poll' },
  });
  return { id: made.id, token };
}

/** Waits for a condition with a deadline. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, limitMs = 10_000) {
  const endAt = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > endAt) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
