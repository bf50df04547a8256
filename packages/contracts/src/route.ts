// Route: one HTTP operation as data. The server binds it, the client is built from it, OpenAPI is printed from it.

import type { z } from 'zod';

/**
 * Who may call. Every route names exactly one policy; the server refuses to boot on a route without.
 *
 * - `open`: nobody is asked for a credential.
 * - `admin`: ADMIN_TOKEN, an org token or a session.
 * - `workspace`: the above, or the token of the workspace in the path.
 * - `workspace_in_query`: as `workspace`; the workspace stands in the query, as `workspace_id`.
 * - `delegator`: as `workspace`, and the workspace that `X-Workspace-ID` names, with its token: it delegates to the path.
 * - `superior`: admin-class, or the token of a workspace above the one in the path; never its own.
 * - `context`: as `workspace`, and the token of a direct report.
 * - `state`: as `workspace`, and the token of a removed workspace for that workspace: its agent learns that it is gone.
 * - `member`: the above, or any live workspace token that may talk to the workspace in the path.
 * - `agent`: register, heartbeat, card: the workspace's own token (named in the body or path), or admin-class.
 * - `relay`: A2A: the rules of the relay, decided inside.
 * - `canvas`: viewport writes: admin-class or any live workspace token.
 * - `stream`: WebSocket: admin-class, or a workspace with its token.
 */
export type Policy =
  | 'open'
  | 'admin'
  | 'workspace'
  | 'workspace_in_query'
  | 'delegator'
  | 'superior'
  | 'context'
  | 'state'
  | 'member'
  | 'agent'
  | 'relay'
  | 'canvas'
  | 'stream';

/** Each policy as the end of the sentence “may be called by …”. */
export const POLICY_CALLERS: Readonly<Record<Policy, string>> = {
  open: 'anybody',
  admin: 'an administrator: the admin token, an organisation token or a session',
  workspace: 'an administrator, or the workspace in the path with its own token',
  superior: 'an administrator, or a workspace above the one in the path',
  workspace_in_query: 'an administrator, or the workspace that `?workspace_id=` names with its own token',
  delegator:
    'an administrator, or the workspace in the path with its own token; with `X-Workspace-ID`, the one that delegates',
  context: 'an administrator, the workspace in the path, or one directly below it',
  state: 'an administrator, or the workspace in the path, also after its removal',
  member: 'an administrator, or a workspace that may talk to the one in the path',
  agent: 'the workspace that the request names, with its own token; most also by an administrator',
  relay: 'an administrator, or a workspace that may talk to the one in the path',
  canvas: 'an administrator, or any workspace',
  stream: 'an administrator, or a workspace for what concerns it',
};

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

type Schema = z.ZodType;

export interface RouteContract<
  P extends Schema | undefined = Schema | undefined,
  Q extends Schema | undefined = Schema | undefined,
  B extends Schema | undefined = Schema | undefined,
  R extends Schema = Schema,
  W extends string = Policy,
> {
  /** Unique verb-noun name; becomes the OpenAPI operationId and the client's function. */
  name: string;
  method: Method;
  /** Fastify pattern, such as `/workspaces/:id`. */
  path: string;
  policy: W;
  tag: string;
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  /** Headers that this operation reads, beside the credential. */
  headers?: Readonly<Record<string, { doc: string; isRequired?: boolean }>>;
  /** True when the body may be left out. */
  isBodyOptional?: boolean;
  response: R;
  /** Content type of the answer; JSON when absent. */
  contentType?: string;
  /** Success status; 200 when absent. */
  status?: number;
  /** Other statuses of success, with an answer of the same shape. */
  alsoStatuses?: readonly number[];
  /** Bytes; the default is LIMITS.jsonBodyBytes. */
  bodyLimit?: number;
  /**
   * What a 500 of this operation says when a step of it failed; any other 500 is a bug, told without details. A part in
   * angle brackets is filled in.
   */
  failures?: readonly string[];
  /** Error statuses that this operation documents beside the common ones. Never 500: see `failures`. */
  errors?: readonly number[];
  /** Bodies of errors that are not the common one, by status. */
  errorShapes?: Readonly<Record<number, z.ZodType>>;
  /** The 400 text for a body of the wrong shape; the contract fixes these strings per route. */
  invalidBody?: string;
  /** The 413 text for a body beyond `bodyLimit`, where the contract fixes it. */
  tooLarge?: string;
}

export function defineRoute<
  R extends Schema,
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(contract: RouteContract<P, Q, B, R>): RouteContract<P, Q, B, R> {
  return contract;
}

/** An operation of the tenant (its policies are above) or of another server with policies of its own. */
export type AnyRoute = RouteContract<
  Schema | undefined,
  Schema | undefined,
  Schema | undefined,
  Schema,
  string
>;

type Out<S> = S extends Schema ? z.output<S> : undefined;
type In<S> = S extends Schema ? z.input<S> : undefined;

export type ParamsOf<C> =
  C extends RouteContract<infer P, infer _Q, infer _B, infer _R, string> ? Out<P> : never;
export type QueryOf<C> =
  C extends RouteContract<infer _P, infer Q, infer _B, infer _R, string> ? Out<Q> : never;
export type BodyOf<C> =
  C extends RouteContract<infer _P, infer _Q, infer B, infer _R, string> ? Out<B> : never;
export type ParamsIn<C> =
  C extends RouteContract<infer P, infer _Q, infer _B, infer _R, string> ? In<P> : never;
export type QueryIn<C> =
  C extends RouteContract<infer _P, infer Q, infer _B, infer _R, string> ? In<Q> : never;
export type BodyIn<C> =
  C extends RouteContract<infer _P, infer _Q, infer B, infer _R, string> ? In<B> : never;
export type ResponseOf<C> =
  C extends RouteContract<infer _P, infer _Q, infer _B, infer R, string> ? Out<R> : never;
