// Tenant: health, sign-in, what this server is, and the saved canvas viewport.

import { z } from 'zod';
import { timestamp } from './common.ts';
import { defineRoute } from './route.ts';

export const health = defineRoute({
  name: 'health',
  method: 'GET',
  path: '/health',
  policy: 'open',
  tag: 'tenant',
  summary: 'Is the server up?',
  response: z.object({
    status: z.literal('ok'),
    version: z.string().optional(),
    uptime: z.number().optional(),
    database: z.string().optional(),
  }),
});

export const readiness = defineRoute({
  name: 'readiness',
  method: 'GET',
  path: '/health/ready',
  policy: 'open',
  tag: 'tenant',
  summary: 'Can the server serve: is its datastore there and is it not draining?',
  response: z.object({ status: z.literal('ready') }),
  errors: [503],
});

export const metrics = defineRoute({
  name: 'metrics',
  method: 'GET',
  path: '/metrics',
  policy: 'open',
  tag: 'tenant',
  summary: 'Prometheus metrics',
  contentType: 'text/plain',
  response: z.string(),
});

export const buildInfo = defineRoute({
  name: 'buildInfo',
  method: 'GET',
  path: '/buildinfo',
  policy: 'open',
  tag: 'tenant',
  summary: 'Which build this is',
  response: z.object({
    git_sha: z.string(),
    /** SHA-256 of the program that runs, as hex. */
    build: z.string().optional(),
  }),
});

export const liveness = defineRoute({
  name: 'liveness',
  method: 'GET',
  path: '/admin/liveness',
  policy: 'admin',
  tag: 'tenant',
  summary: 'When each background loop last ticked',
  response: z.object({
    subsystems: z.record(z.string(), z.object({ last_tick_at: timestamp, seconds_ago: z.number().int() })),
    backend: z.string().optional(),
    /** The organisation of a hosted tenant. */
    org_id: z.string().optional(),
  }),
});

/** What the canvas needs to know before it draws; tells no secret. */
export const tenantInfo = z.object({
  version: z.string(),
  mode: z.enum(['normal', 'development', 'production']),
  /** True when requests pass without a credential (bootstrap or development mode); the canvas says so. */
  is_open: z.boolean(),
  backend: z.string(),
  runtimes: z.array(z.object({ name: z.string(), installed: z.boolean(), simulated: z.boolean() })),
  /** Provider key names that are set, such as `ANTHROPIC_API_KEY`; never values. */
  provider_keys: z.array(z.string()),
  demo_template: z.string(),
});
export type TenantInfo = z.output<typeof tenantInfo>;

export const readTenant = defineRoute({
  name: 'readTenant',
  method: 'GET',
  path: '/canvas/tenant',
  policy: 'admin',
  tag: 'tenant',
  summary: 'What this tenant is and can run',
  response: tenantInfo,
});

export const signIn = defineRoute({
  name: 'signIn',
  method: 'POST',
  path: '/auth/sign-in',
  policy: 'open',
  tag: 'tenant',
  summary: 'Exchange a one-time code or the admin token for a session cookie',
  body: z.object({ code: z.string().optional(), token: z.string().optional() }),
  invalidBody: 'invalid request body',
  response: z.object({ status: z.literal('signed_in') }),
  errors: [429],
});

export const signInByLink = defineRoute({
  name: 'signInByLink',
  method: 'GET',
  path: '/auth/link',
  policy: 'open',
  tag: 'tenant',
  summary: 'The printed URL: exchanges its one-time code for a session cookie and leads to the canvas',
  query: z.object({ code: z.string().optional() }),
  response: z.unknown(),
  status: 303,
});

export const signOut = defineRoute({
  name: 'signOut',
  method: 'POST',
  path: '/auth/sign-out',
  policy: 'open',
  tag: 'tenant',
  summary: 'End the session of this browser',
  response: z.object({ status: z.literal('signed_out') }),
});

export const createSignInLink = defineRoute({
  name: 'createSignInLink',
  method: 'POST',
  path: '/admin/sign-in-links',
  policy: 'admin',
  tag: 'tenant',
  summary: 'A fresh one-time sign-in URL; `subject` is whom the platform makes it for',
  body: z.object({ subject: z.string().min(1).max(200).optional() }),
  isBodyOptional: true,
  invalidBody: 'invalid request body',
  response: z.object({ url: z.string(), expires_at: timestamp }),
  status: 201,
});

export const viewport = z.object({ x: z.number(), y: z.number(), zoom: z.number() });

export const readViewport = defineRoute({
  name: 'readViewport',
  method: 'GET',
  path: '/canvas/viewport',
  policy: 'open',
  tag: 'canvas',
  summary: 'The saved viewport of the canvas',
  response: viewport,
});

export const saveViewport = defineRoute({
  name: 'saveViewport',
  method: 'PUT',
  path: '/canvas/viewport',
  policy: 'canvas',
  tag: 'canvas',
  summary: 'Save the viewport of the canvas',
  body: viewport,
  invalidBody: 'invalid viewport data',
  response: z.object({ status: z.literal('saved') }),
});

export const openApiDocument = defineRoute({
  name: 'openApiDocument',
  method: 'GET',
  path: '/openapi.json',
  policy: 'open',
  tag: 'tenant',
  summary: 'This API as an OpenAPI 3.1 document',
  response: z.looseObject({ openapi: z.string() }),
});

export const apiPage = defineRoute({
  name: 'apiPage',
  method: 'GET',
  path: '/docs/api',
  policy: 'open',
  tag: 'tenant',
  summary: 'This API as a readable page',
  contentType: 'text/html',
  response: z.string(),
});

export const apiPageStyle = defineRoute({
  name: 'apiPageStyle',
  method: 'GET',
  path: '/docs/api.css',
  policy: 'open',
  tag: 'tenant',
  summary: 'The style of the readable page',
  contentType: 'text/css',
  response: z.string(),
});
