// Platform tenants: what a tenant asks of the platform and reports to it. Nothing here has room for a text of a tenant.

import { z } from 'zod';
import { timestamp, uuid } from './common.ts';
import { orgStatus, plan } from './platform-orgs.ts';
import { definePlatformRoute } from './platform-route.ts';

export const readTenantConfig = definePlatformRoute({
  name: 'readTenantConfig',
  method: 'GET',
  path: '/cp/tenants/config',
  policy: 'tenant',
  tag: 'tenants',
  summary: 'Settings that the platform rotates; empty values are never sent',
  response: z.record(z.string(), z.string()),
});

export const readEntitlements = definePlatformRoute({
  name: 'readEntitlements',
  method: 'GET',
  path: '/cp/tenants/entitlements',
  policy: 'tenant',
  tag: 'tenants',
  summary: 'What the plan allows; a tenant works with the last good copy for a day',
  response: z.object({
    max_workspaces: z.number().int().nullable(),
    max_tier: z.number().int().nullable(),
    plan,
    status: orgStatus,
    as_of: timestamp,
  }),
});

export const followRevocations = definePlatformRoute({
  name: 'followRevocations',
  method: 'GET',
  path: '/cp/tenants/revocations',
  policy: 'tenant',
  tag: 'tenants',
  summary: 'Who is to be cut off, as server-sent events, replayed from `after`',
  query: z.object({ after: z.coerce.number().int().min(0).default(0) }),
  contentType: 'text/event-stream',
  response: z.unknown(),
});

export const BOOT_EVENT_STATUSES = ['start', 'ok', 'fail'] as const;

export const sendBootEvent = definePlatformRoute({
  name: 'sendBootEvent',
  method: 'POST',
  path: '/cp/tenants/boot-event',
  policy: 'boot',
  tag: 'tenants',
  summary: 'How far the boot is',
  body: z.object({
    stage: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a short name in lower case'),
    status: z.enum(BOOT_EVENT_STATUSES),
    detail: z.string().max(500).nullish(),
    elapsed_ms: z.number().int().min(0).max(86_400_000).nullish(),
    at: z.iso.datetime({ offset: true }).nullish(),
  }),
  response: z.unknown(),
  status: 204,
});

export const sendBackupReport = definePlatformRoute({
  name: 'sendBackupReport',
  method: 'POST',
  path: '/cp/tenants/backup-report',
  policy: 'tenant',
  tag: 'tenants',
  summary: 'Whether a backup went well; never the dump',
  body: z.object({
    status: z.enum(['ok', 'failed']),
    bytes: z.number().int().min(0).nullish(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullish(),
    started_at: z.iso.datetime({ offset: true }),
    finished_at: z.iso.datetime({ offset: true }),
  }),
  response: z.unknown(),
  status: 204,
});

const tokens = z.number().int().min(0).max(1e12);
const modelName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\w./:@-]+$/, 'must be a name');

export const usageEvent = z.object({
  event_id: uuid,
  org_id: uuid,
  workspace_id: uuid.nullish(),
  model: modelName,
  provider: modelName,
  tokens_in: tokens,
  tokens_out: tokens,
  cache_read: tokens.default(0),
  cache_write: tokens.default(0),
  at: z.iso.datetime({ offset: true }),
});
export type UsageEvent = z.output<typeof usageEvent>;

export const sendUsage = definePlatformRoute({
  name: 'sendUsage',
  method: 'POST',
  path: '/cp/llm-usage-events',
  policy: 'tenant',
  tag: 'tenants',
  summary: 'Model usage, each event counted once however often it is sent',
  body: z.object({ events: z.array(usageEvent).min(1).max(500) }),
  response: z.object({ accepted: z.number().int(), duplicates: z.number().int(), too_old: z.number().int() }),
  errors: [404],
});

const workspaceParams = z.object({ id: uuid });
const unitQuery = z.object({
  instance_id: z.string().max(200).optional(),
  provider: z.string().max(64).optional(),
});

export const provisionBody = z.object({
  org_id: uuid,
  workspace_id: uuid,
  runtime: z.string().min(1).max(100),
  template: z.string().max(200).nullish(),
  tier: z.number().int().min(1).max(4),
  instance_type: z.string().max(64).nullish(),
  disk_gb: z.number().int().min(1).max(2_000).nullish(),
  provider: z.string().max(64).nullish(),
  data_persistence: z.boolean().nullish(),
  kind: z.enum(['platform']).nullish(),
  display: z.string().max(200).nullish(),
  platform_url: z.string().max(2_000),
  env: z.record(z.string(), z.string()),
  config_files: z.record(z.string(), z.string()).nullish(),
  template_assets: z.record(z.string(), z.string()).nullish(),
});
export type ProvisionBody = z.input<typeof provisionBody>;

export const provisionUnit = definePlatformRoute({
  name: 'provisionUnit',
  method: 'POST',
  path: '/cp/workspaces/provision',
  policy: 'provision',
  tag: 'workspaces',
  summary: 'Place a workspace of a tenant; what it carries passes through and is never kept',
  bodyLimit: 24 * 1024 * 1024,
  body: provisionBody,
  response: z.object({ instance_id: z.string(), private_ip: z.string().nullable(), state: z.string() }),
  status: 201,
  errors: [400, 404, 409, 501, 503],
});

export const readUnit = definePlatformRoute({
  name: 'readUnit',
  method: 'GET',
  path: '/cp/workspaces/:id/status',
  policy: 'provision',
  tag: 'workspaces',
  summary: 'The state of a placed workspace; `running` is the only live one',
  params: workspaceParams,
  query: unitQuery,
  response: z.object({ state: z.string() }),
  errors: [404, 501, 503],
});

export const deleteUnit = definePlatformRoute({
  name: 'deleteUnit',
  method: 'DELETE',
  path: '/cp/workspaces/:id',
  policy: 'provision',
  tag: 'workspaces',
  summary: 'End a placed workspace; `prune` erases its volume too',
  params: workspaceParams,
  query: unitQuery.extend({ prune: z.string().optional() }),
  response: z.unknown(),
  status: 204,
  errors: [404, 501, 503],
});

export const ensureImage = definePlatformRoute({
  name: 'ensureImage',
  method: 'POST',
  path: '/cp/workspaces/ensure-image',
  policy: 'provision',
  tag: 'workspaces',
  summary: 'The image of an engine, ready and pinned by its digest',
  body: z.object({ runtime: z.string().min(1).max(100) }),
  response: z.object({ status: z.literal('ready'), image_ref: z.string() }),
  errors: [501],
});

export const readUnitConsole = definePlatformRoute({
  name: 'readUnitConsole',
  method: 'GET',
  path: '/cp/admin/workspaces/:id/console',
  policy: 'operator',
  tag: 'workspaces',
  summary: 'The boot console of a placed workspace; read through, never stored',
  params: workspaceParams,
  response: z.object({ output: z.string() }),
  errors: [404, 501],
});

/** OpenAI- and Anthropic-shaped; off unless the operator turns it on. */
export const llmRelay = definePlatformRoute({
  name: 'llmRelay',
  method: 'POST',
  path: '/cp/internal/llm/*',
  policy: 'tenant',
  tag: 'tenants',
  summary: 'Relay of platform-managed models; not part of this version',
  response: z.unknown(),
  errors: [501],
});
