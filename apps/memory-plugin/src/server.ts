// Server: the plugin wire over HTTP. Who is calling, what is asked, and each failure in the shape of the contract.

import { timingSafeEqual } from 'node:crypto';
import type { memoryPlugin } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import { digestOf, isText, isTooDeep, parseBearer } from '@molecule/http';
import type { Secret } from '@molecule/kit';
import { DatabaseFull, DatabaseUnavailable, DatabaseValueRefused } from '@molecule/postgres';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { PluginFault, pluginFaults } from './plugin-fault.ts';
import { describeError, type PluginRoute } from './plugin-route.ts';

const METHODS = ['GET', 'PUT', 'PATCH', 'POST', 'DELETE'] as const;
const REQUEST_MS = 30_000;
/** A name of the greatest length with every character escaped. */
const PATH_PART_CHARS = 3 * LIMITS.memoryNamespaceChars;

export interface ServerDeps {
  log: FastifyBaseLogger;
  token: Secret | null;
  routes: readonly PluginRoute[];
}

export function buildServer({ log, token, routes }: ServerDeps): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LIMITS.jsonBodyBytes,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: 65_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PATH_PART_CHARS },
    frameworkErrors: (error, _request, reply) => {
      void send(reply, toPluginFault(error));
    },
  });
  app.setErrorHandler((error, request, reply) => {
    const fault = toPluginFault(error);
    if (fault.code === 'internal') request.log.error({ err: error }, 'request failed by a bug');
    return send(reply, fault);
  });
  app.setNotFoundHandler((_request, reply) => send(reply, pluginFaults.notFound('there is no such path')));
  readJson(app);
  if (token) app.addHook('onRequest', requireToken(digestOf(token.reveal())));
  for (const route of routes) mount(app, route);
  refuseOtherMethods(app, routes);
  return app;
}

function requireToken(digest: Buffer): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const bearer = parseBearer(request.headers.authorization);
    if (bearer === null || !timingSafeEqual(digestOf(bearer), digest)) throw pluginFaults.unauthorised();
  };
}

/** Whatever content type a client claims. */
function readJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    const text = String(body);
    if (text.trim() === '') {
      done(null, undefined);
      return;
    }
    try {
      const value: unknown = JSON.parse(text);
      if (isTooDeep(value)) done(pluginFaults.badRequest('body: nested too deeply'));
      else if (!isText(value))
        done(pluginFaults.badRequest('body: NUL and halves of characters are not text'));
      else done(null, value);
    } catch {
      done(pluginFaults.badRequest('body: not valid JSON'));
    }
  });
}

function mount(app: FastifyInstance, route: PluginRoute): void {
  app.route({
    method: route.method,
    url: route.path,
    exposeHeadRoute: false,
    ...(route.bodyLimitBytes === undefined ? {} : { bodyLimit: route.bodyLimitBytes }),
    handler: async (request, reply) => {
      const answer = await route.answer({
        params: request.params as Record<string, string>,
        query: request.query as Record<string, string | undefined>,
        body: request.body,
      });
      return reply.code(answer.status).send(answer.body);
    },
  });
}

function refuseOtherMethods(app: FastifyInstance, routes: readonly PluginRoute[]): void {
  for (const path of new Set(routes.map((route) => route.path))) {
    const allowed: string[] = routes.filter((route) => route.path === path).map((route) => route.method);
    const refused = METHODS.filter((method) => !allowed.includes(method));
    app.route({
      method: refused,
      url: path,
      exposeHeadRoute: false,
      handler: (_request, reply) =>
        reply
          .code(405)
          .header('allow', allowed.join(', '))
          .send({
            code: 'bad_request',
            message: `use ${allowed.join(' or ')}`,
          } satisfies memoryPlugin.PluginError),
    });
  }
}

function toPluginFault(error: unknown): PluginFault {
  if (error instanceof PluginFault) return error;
  if (error instanceof DatabaseUnavailable || error instanceof DatabaseFull)
    return pluginFaults.unavailable();
  if (error instanceof DatabaseValueRefused) return pluginFaults.badRequest('a value cannot be stored');
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return pluginFaults.tooLarge();
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return pluginFaults.badRequest('the request cannot be read');
  return pluginFaults.internal();
}

function send(reply: FastifyReply, fault: PluginFault): FastifyReply {
  return reply.code(fault.status).send(describeError(fault));
}
