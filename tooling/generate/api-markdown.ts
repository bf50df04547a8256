// API markdown: every operation of the tenant as a page to read: who may call it, what goes in, what comes out, what goes wrong.

import { POLICY_CALLERS, type Policy } from '@molecule/contracts';
import { describeApi } from '@molecule/http';
import { apiInfo, listRoutes } from './api-reference.ts';

interface Schema {
  type?: string | string[];
  format?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  $ref?: string;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: Schema;
}

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  'x-policy': Policy;
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> };
  'x-invalid-body'?: string;
  responses: Record<string, Response>;
}

interface Response {
  $ref?: string;
  description?: string;
  content?: Record<string, { schema: Schema }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Response> };
}

interface Entry {
  path: string;
  method: string;
  operation: Operation;
}

/** Beyond this depth a shape is named and not spelled out. */
const SPELLED_DEPTH = 2;

export function apiMarkdown(root: string): string {
  const { paths, components } = describeApi(listRoutes(), apiInfo(root)) as unknown as Document;
  const describe = (response: Response): string => {
    const named =
      response.$ref === undefined ? response : components.responses[response.$ref.split('/').at(-1) ?? ''];
    return named?.description ?? '';
  };
  const entries = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const tags = [...new Set(entries.map(({ operation }) => operation.tags[0] ?? ''))].sort();
  return [
    '# API of a tenant',
    '',
    'Generated from `packages/contracts` by `npm run generate`; the same as OpenAPI is in [openapi.json](openapi.json) and on',
    'every tenant under `/openapi.json`. Errors are `{"error": string}` with a stable `code`; a 429 or 503 that passes by',
    'itself says in `Retry-After` when. Every operation may also answer 401 (no credential, or a bad one), 413 (body too',
    'large), 429 (too many requests), 500 (a bug of the server), 503 (the datastore is away) and 507 (the disk is full).',
    '',
    ...overviewOf(tags, entries),
    ...tags.flatMap((tag) => [
      `## ${tag}`,
      '',
      ...entries
        .filter(({ operation }) => operation.tags[0] === tag)
        .flatMap((entry) => sectionOf(entry, describe)),
    ]),
  ].join('\n');
}

function overviewOf(tags: readonly string[], entries: readonly Entry[]): string[] {
  const rows = tags.flatMap((tag) =>
    entries
      .filter(({ operation }) => operation.tags[0] === tag)
      .map(
        ({ method, path, operation }) => `| ${tag} | \`${method} ${path}\` | ${cell(operation.summary)} |`,
      ),
  );
  return ['| | Operation | |', '|---|---|---|', ...rows, ''];
}

function sectionOf({ path, method, operation }: Entry, describe: (response: Response) => string): string[] {
  const body = operation.requestBody;
  const successes = Object.entries(operation.responses).filter(([status]) => Number(status) < 400);
  const success = successes[0]?.[1];
  const statuses = successes.map(([status]) => status).join(' or ');
  return [
    `### ${method} ${path}`,
    '',
    `${operation.summary}. May be called by ${POLICY_CALLERS[operation['x-policy']]}. Operation \`${operation.operationId}\`.`,
    '',
    ...parameterTable(operation.parameters),
    ...(body ? shapeTable(`Body${body.required ? '' : ' (may be left out)'}`, schemaOf(body.content)) : []),
    ...shapeTable(`Answer ${statuses}`, schemaOf(success?.content), contentTypeOf(success?.content)),
    ...errorLine(operation, describe),
  ];
}

function parameterTable(parameters: readonly Parameter[]): string[] {
  if (parameters.length === 0) return [];
  const rows = parameters.map(
    ({ name, in: place, required, schema, description }) =>
      `| \`${name}\` | ${place} | ${cell(typeText(schema))}${required ? ', required' : ''} | ${cell(description ?? '')} |`,
  );
  return ['| Parameter | In | Type | |', '|---|---|---|---|', ...rows, ''];
}

function shapeTable(title: string, schema: Schema | undefined, contentType = 'application/json'): string[] {
  if (contentType !== 'application/json') return [`${title}: \`${contentType}\``, ''];
  const element = schema?.type === 'array' ? schema.items : schema;
  const properties = Object.entries(element?.properties ?? {});
  if (properties.length === 0) return [`${title}: ${typeText(schema ?? {})}`, ''];
  const isRequired = (name: string) => element?.required?.includes(name) === true;
  const rows = properties.map(
    ([name, property]) => `| \`${name}\`${isRequired(name) ? '' : ' ?'} | ${cell(typeText(property))} |`,
  );
  const head = schema?.type === 'array' ? `${title}: a list of` : title;
  return [`| ${head} | Type |`, '|---|---|', ...rows, ''];
}

/** Those that every operation may answer stand at the top of the page. */
function errorLine(operation: Operation, describe: (response: Response) => string): string[] {
  const common = ['401', '413', '429', '500', '503', '507'];
  const text = operation['x-invalid-body'];
  const own = Object.entries(operation.responses)
    .filter(([status]) => Number(status) >= 400 && !common.includes(status))
    .map(([status, response]) => {
      const literal =
        status === '400' && text !== undefined ? ` (\`${text}\` for a body of the wrong shape)` : '';
      return `${status} ${describe(response)}${literal}`;
    });
  return own.length === 0 ? [] : [`Errors: ${own.join('; ')}.`, ''];
}

const schemaOf = (content: Record<string, { schema: Schema }> | undefined): Schema | undefined =>
  Object.values(content ?? {})[0]?.schema;
const contentTypeOf = (content: Record<string, unknown> | undefined): string | undefined =>
  Object.keys(content ?? {})[0];
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function typeText(schema: Schema, depth = 0): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map((part) => typeText(part, depth)))].join(' | ');
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {}, depth)}`;
  if (schema.type === 'object') return objectText(schema, depth);
  if (schema.type === undefined) return 'any JSON';
  const type = [schema.type].flat().join(' | ');
  return schema.format === undefined ? type : `${type} (${schema.format})`;
}

function objectText({ properties, required, additionalProperties }: Schema, depth: number): string {
  const known = Object.entries(properties ?? {});
  if (known.length === 0) {
    const values =
      typeof additionalProperties === 'object' ? typeText(additionalProperties, depth + 1) : 'any JSON';
    return `object of ${values}`;
  }
  if (depth >= SPELLED_DEPTH) return 'object';
  const parts = known.map(
    ([name, property]) => `${name}${required?.includes(name) ? '' : '?'}: ${typeText(property, depth + 1)}`,
  );
  return `{ ${parts.join(', ')} }`;
}
