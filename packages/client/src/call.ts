// Call: one typed function that turns a route contract into a fetch. No retry is hidden here: the caller decides.

import type { AnyRoute, BodyIn, common, ParamsIn, QueryIn, ResponseOf } from '@molecule/contracts';

export interface ClientOptions {
  /** Without a trailing slash; empty for the same origin. */
  baseUrl: string;
  /** Sent with every call. */
  headers?: () => Record<string, string>;
  fetch?: typeof fetch;
  /** Milliseconds until a call is given up. */
  timeoutMs?: number;
}

/** The server answered with a status that is not a success. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly status: number;
  readonly body: common.ErrorBody;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, body: common.ErrorBody, retryAfterSeconds: number | null) {
    super(body.error);
    this.status = status;
    this.body = body;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

type Optional<T> = T extends undefined ? { [K in never]: never } : T;
export type CallInput<C> = {
  params?: Optional<ParamsIn<C>>;
  query?: Partial<Optional<QueryIn<C>>>;
  body?: BodyIn<C>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

export type Call = <C extends AnyRoute>(route: C, input?: CallInput<C>) => Promise<ResponseOf<C>>;

export function createClient(options: ClientOptions): Call {
  const doFetch = options.fetch ?? fetch;
  return async (route, input = {}) => {
    const response = await doFetch(options.baseUrl + buildPath(route.path, input.params, input.query), {
      method: route.method,
      headers: {
        accept: 'application/json',
        ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers?.(),
        ...input.headers,
      },
      body: input.body === undefined ? undefined : JSON.stringify(input.body),
      signal: joinSignals(input.signal, options.timeoutMs),
      credentials: 'same-origin',
    });
    const text = await response.text();
    if (!response.ok) throw toCallError(response, text);
    return (text === '' ? undefined : JSON.parse(text)) as ResponseOf<typeof route>;
  };
}

export function buildPath(pattern: string, params: unknown, query: unknown): string {
  const values = (params ?? {}) as Record<string, string>;
  const path = pattern.replace(/:([A-Za-z_]+)|\*/g, (found, name: string | undefined) => {
    const value = values[name ?? found];
    if (value === undefined) throw new Error(`path parameter "${name ?? found}" of ${pattern} is missing`);
    // A wildcard stands for a path: its slashes stay.
    return name ? encodeURIComponent(value) : value.split('/').map(encodeURIComponent).join('/');
  });
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    // A list is the same name several times.
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== null) search.append(key, String(one));
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

function joinSignals(
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
): AbortSignal | undefined {
  if (timeoutMs === undefined) return signal;
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

function toCallError(response: Response, text: string): CallError {
  const retryAfter = Number(response.headers.get('retry-after'));
  return new CallError(
    response.status,
    parseErrorBody(text, response.statusText),
    Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null,
  );
}

function parseErrorBody(text: string, fallback: string): common.ErrorBody {
  try {
    const body: unknown = JSON.parse(text);
    if (
      typeof body === 'object' &&
      body !== null &&
      typeof (body as { error?: unknown }).error === 'string'
    ) {
      return body as common.ErrorBody;
    }
  } catch {
    // Not JSON: an intermediary answered; its status text is all there is to tell.
  }
  return { error: fallback || `HTTP error ${text.slice(0, 100)}`.trim() };
}
