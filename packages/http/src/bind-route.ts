// Bind route: joins a route contract with the use-case that answers it. Identify, authorise, parse, answer: in this order.
//
//   B1. No route exists without a contract, and no contract without a policy: the server refuses to boot otherwise.
//   B2. Nothing of the body is parsed before the caller was authorised.

import type { AnyRoute, BodyOf, ParamsOf, QueryOf, ResponseOf, RouteContract } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { cameThroughAgentsDoor } from './agents-door.ts';
import type { Caller } from './caller.ts';
import type { CallerEvidence } from './identify-caller.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    contract?: AnyRoute;
  }
  interface FastifyRequest {
    /** What the server's own `identify` made of the credential. */
    caller: unknown;
  }
}

export interface Call<C extends AnyRoute, Who = Caller> {
  caller: Who;
  params: ParamsOf<C>;
  query: QueryOf<C>;
  body: BodyOf<C>;
  request: FastifyRequest;
  reply: FastifyReply;
}

export type Handler<C extends AnyRoute, Who = Caller> = (
  call: Call<C, Who>,
) => Promise<ResponseOf<C> | FastifyReply>;

/** Throws a Fault when the caller may not call this route with these path parameters. */
export type Authorize<Who = Caller, Route extends AnyRoute = RouteContract> = (
  route: Route,
  caller: Who,
  params: Record<string, string>,
  request: FastifyRequest,
) => Promise<void> | void;

export interface Binder<Who = Caller, Route extends AnyRoute = RouteContract> {
  bind<C extends Route>(app: FastifyInstance, contract: C, handler: Handler<C, Who>): void;
  /** Counts a route that had to be mounted by other means (an upgrade) as bound; it has to pass what is returned. */
  adopt(contract: Route): Admit<Who, Route>;
  /** Every contract bound so far. */
  bound(): readonly Route[];
}

/** Runs between identifying and authorising: fences and budgets. May set headers; throws a Fault or sends to refuse. */
export type Admit<Who = Caller, Route extends AnyRoute = RouteContract> = (
  route: Route,
  caller: Who,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<void> | void;

/** A server with callers or policies of its own says so by the types of what it passes. */
export function createBinder<Who = Caller, Route extends AnyRoute = RouteContract>(
  identify: (evidence: CallerEvidence) => Promise<Who>,
  authorize: Authorize<Who, Route>,
  admit: Admit<Who, Route> = () => {},
): Binder<Who, Route> {
  const contracts: Route[] = [];
  return {
    bound: () => contracts,
    adopt: (contract) => {
      contracts.push(contract);
      return admit;
    },
    bind(app, contract, handler) {
      contracts.push(contract);
      app.route({
        method: contract.method,
        url: contract.path,
        bodyLimit: contract.bodyLimit,
        config: { contract },
        exposeHeadRoute: false,
        onRequest: async (request, reply) => {
          const caller = await identify({
            headers: request.headers,
            rawHeaders: request.raw.rawHeaders,
            isAgentsDoor: cameThroughAgentsDoor(request.raw),
          });
          await admit(contract, caller, request, reply);
          if (reply.sent) return;
          await authorize(contract, caller, (request.params ?? {}) as Record<string, string>, request);
          request.caller = caller;
        },
        handler: async (request, reply) => {
          if (!request.caller) throw new Error(`${contract.name} was reached without a caller`);
          const result = await handler({
            caller: request.caller as Who,
            params: parsePart(contract.params, request.params, 'invalid path') as never,
            query: parsePart(contract.query, request.query, 'invalid query') as never,
            body: parseBody(contract, request.body) as never,
            request,
            reply,
          });
          if (reply.sent || result === reply) return reply;
          return reply
            .code(reply.statusCode === 200 ? (contract.status ?? 200) : reply.statusCode)
            .send(result);
        },
      });
    },
  };
}

function parsePart(schema: z.ZodType | undefined, value: unknown, message: string): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value ?? {});
  if (!parsed.success) throw faults.invalidRequest(`${message}: ${describeIssues(parsed.error)}`);
  return parsed.data;
}

/** The contract fixes the 400 text of many routes (`invalidBody`); what exactly is wrong stands beside it in `details`. */
function parseBody(contract: AnyRoute, value: unknown): unknown {
  if (!contract.body) return value;
  if (value === undefined || value === null) {
    if (contract.isBodyOptional) return contract.body.parse({});
    throw faults.invalidRequest(contract.invalidBody ?? 'invalid request body', {
      details: 'a JSON body is required',
    });
  }
  const parsed = contract.body.safeParse(value);
  if (!parsed.success) {
    throw faults.invalidRequest(contract.invalidBody ?? 'invalid request body', {
      details: describeIssues(parsed.error),
    });
  }
  return parsed.data;
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
    .join('; ');
}

/** B1: looks at every route that Fastify learned of, when it is about to serve. */
export function refuseRoutesWithoutContract(app: FastifyInstance): void {
  const routes: { method: string | string[]; url: string; config?: { contract?: AnyRoute } }[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', async () => {
    for (const route of routes) {
      if (route.config?.contract || route.method === 'HEAD' || route.method === 'OPTIONS') continue;
      throw new Error(`route ${String(route.method)} ${route.url} has no contract and so no policy`);
    }
  });
}
