// Create server: a Fastify instance with the edges that every server of ours shares: JSON bodies, faults, request ids.

import { Fault, faults, LIMITS } from '@molecule/domain';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { isText, isTooDeep } from './json-limits.ts';
import { sendFault, toFault } from './render-fault.ts';

export interface ServerOptions {
  log: FastifyBaseLogger;
  bodyLimitBytes: number;
  /** Turns errors of libraries (the datastore, say) into faults; null for those it does not know. */
  translate?: (thrown: unknown) => Fault | null;
}

export function createServer(options: ServerOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimitBytes,
    trustProxy: false,
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    routerOptions: { maxParamLength: 4_096 },
    genReqId: () => crypto.randomUUID(),
    frameworkErrors: (error, request, reply) => {
      void sendFault(request, reply, toFault(error, options.translate));
    },
  });
  app.decorateRequest('caller', null);
  readJsonWhateverTheContentType(app);
  app.setErrorHandler((error, request, reply) => {
    const fault = toFault(error, options.translate);
    const text = request.routeOptions.config.contract?.tooLarge;
    return sendFault(
      request,
      reply,
      text && fault.code === 'BODY_TOO_LARGE' ? new Fault(fault.code, text) : fault,
    );
  });
  return app;
}

/** Clients post JSON under several content types, and empty bodies under `application/json`. */
function readJsonWhateverTheContentType(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    const text = typeof body === 'string' ? body : body.toString('utf8');
    if (text.trim() === '') {
      done(null, undefined);
      return;
    }
    const refuse = (details: string) => {
      const contract = request.routeOptions.config.contract;
      done(faults.invalidRequest(contract?.invalidBody ?? 'invalid request body', { details }));
    };
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      refuse('not valid JSON');
      return;
    }
    if (text.length > LIMITS.jsonDepth && isTooDeep(value)) refuse('the JSON is nested too deeply');
    // Such characters come in through escapes only.
    else if (text.includes('\\u') && !isText(value)) refuse('NUL and halves of characters are not text');
    else done(null, value);
  });
}
