// OpenAPI: the document of all bound routes, made from their contracts. OpenAPI 3.1 with JSON Schema 2020-12.

import { POLICY_CALLERS, type Policy, type RouteContract } from '@molecule/contracts';
import { z } from 'zod';

const SECURITY_OF: Record<Policy, readonly Record<string, string[]>[]> = {
  open: [],
  admin: [{ bearer: [] }, { session: [] }],
  workspace: [{ bearer: [] }, { session: [] }],
  workspace_in_query: [{ bearer: [] }, { session: [] }],
  delegator: [{ bearer: [] }, { session: [] }],
  superior: [{ bearer: [] }, { session: [] }],
  context: [{ bearer: [] }, { session: [] }],
  state: [{ bearer: [] }, { session: [] }],
  member: [{ bearer: [] }, { session: [] }],
  agent: [{ bearer: [] }, {}],
  relay: [{ bearer: [] }, { session: [] }],
  canvas: [{ bearer: [] }, { session: [] }],
  stream: [{ bearer: [] }, { session: [] }],
};

const ERROR_TEXT: Record<number, string> = {
  400: 'The request is malformed or its values are not allowed',
  401: 'No credential, or one that is not valid',
  402: 'The budget of the workspace is used up',
  403: 'The caller may not do this',
  404: 'No such thing',
  409: 'Not in the present state',
  410: 'It existed and is gone',
  412: 'Something that is required is not set',
  413: 'The body is too large',
  422: 'The idempotency key was used with another body',
  429: 'Too many requests, or a queue is full',
  500: 'A bug of the server',
  501: 'Not available here',
  502: 'The agent answered badly or not at all',
  503: 'Not available now; Retry-After says when',
  504: 'The agent did not answer in time',
  507: 'The disk is full',
};
const COMMON_ERRORS = [400, 401, 404, 413, 429, 500, 503, 507];

export interface ApiInfo {
  title: string;
  version: string;
  description: string;
}

type Json = Record<string, unknown>;

export function describeApi(contracts: readonly RouteContract[], info: ApiInfo): Json {
  const paths: Record<string, Json> = {};
  for (const contract of contracts) {
    const path = contract.path.replace(/:([A-Za-z_]+)/g, '{$1}').replace(/\*$/, '{path}');
    const item = paths[path] ?? {};
    item[contract.method.toLowerCase()] = describeOperation(contract, path);
    paths[path] = item;
  }
  return {
    openapi: '3.1.0',
    info,
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'molecule_session' },
      },
      schemas: { Error: ERROR_SCHEMA },
      responses: Object.fromEntries(
        Object.entries(ERROR_TEXT).map(([status, text]) => [`Error${status}`, jsonResponse(text, ERROR_REF)]),
      ),
    },
  };
}

const ERROR_REF: Json = { $ref: '#/components/schemas/Error' };

const ERROR_SCHEMA: Json = {
  type: 'object',
  required: ['error'],
  properties: { error: { type: 'string' }, code: { type: 'string' }, retry_after: { type: 'number' } },
};

function jsonResponse(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } };
}

function describeOperation(contract: RouteContract, path: string): Json {
  const answer = {
    description: 'Success',
    // A redirect has no body.
    ...((contract.status ?? 200) < 300
      ? { content: { [contentTypeOf(contract)]: { schema: toSchema(contract.response, 'output') } } }
      : {}),
  };
  const successes = [contract.status ?? 200, ...(contract.alsoStatuses ?? [])];
  // What may be answered although nothing is broken; a 500 is always a bug or a failed stop.
  const serverErrors = (contract.errors ?? []).filter((status) => status > 500);
  // What names a workspace may name one that was removed.
  const ofRemoved = contract.path.includes('/:id') && contract.policy !== 'open' ? [410] : [];
  const errors = new Set([...COMMON_ERRORS, ...ofRemoved, ...(contract.errors ?? [])]);
  const responses: Record<string, Json> = Object.fromEntries(
    successes.map((status) => [String(status), answer]),
  );
  for (const status of [...errors].sort((a, b) => a - b)) {
    const shape = contract.errorShapes?.[status];
    if (status === 500 && contract.failures) {
      const steps = contract.failures.map((text) => `\`${text}\``).join(', ');
      responses[status] = jsonResponse(
        `A step failed: ${steps}. Anything else is a bug of the server`,
        ERROR_REF,
      );
      continue;
    }
    responses[String(status)] = shape
      ? jsonResponse(ERROR_TEXT[status] ?? 'Error', toSchema(shape, 'output'))
      : { $ref: `#/components/responses/Error${status}` };
  }
  return {
    operationId: contract.name,
    tags: [contract.tag],
    summary: contract.summary,
    description: `May be called by ${POLICY_CALLERS[contract.policy]}.`,
    'x-policy': contract.policy,
    ...(serverErrors.length > 0 ? { 'x-server-errors': serverErrors } : {}),
    ...(contract.body ? { 'x-invalid-body': contract.invalidBody ?? 'invalid request body' } : {}),
    security: SECURITY_OF[contract.policy],
    parameters: [
      ...pathParameters(path, contract),
      ...queryParameters(contract),
      ...headerParameters(contract),
    ],
    ...(contract.body
      ? {
          requestBody: {
            required: contract.isBodyOptional !== true,
            content: { 'application/json': { schema: toSchema(contract.body, 'input') } },
          },
        }
      : {}),
    responses,
  };
}

function contentTypeOf(contract: RouteContract): string {
  return contract.contentType ?? 'application/json';
}

function pathParameters(path: string, contract: RouteContract): Json[] {
  const properties = propertiesOf(contract.params);
  return [...path.matchAll(/\{([A-Za-z_]+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? { type: 'string' },
  }));
}

function queryParameters(contract: RouteContract): Json[] {
  return Object.entries(propertiesOf(contract.query)).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema,
  }));
}

function headerParameters(contract: RouteContract): Json[] {
  return Object.entries(contract.headers ?? {}).map(([name, { doc, isRequired }]) => ({
    name,
    in: 'header',
    required: isRequired === true,
    description: doc,
    schema: { type: 'string' },
  }));
}

function propertiesOf(schema: z.ZodType | undefined): Record<string, Json> {
  if (!schema) return {};
  const json = toSchema(schema, 'input') as { properties?: Record<string, Json> };
  return json.properties ?? {};
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
  }) as Json;
  return json;
}
