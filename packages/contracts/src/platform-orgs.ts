// Platform organisations: make, list, follow while they boot, open, change and leave.

import { z } from 'zod';
import { timestamp, uuid } from './common.ts';
import { definePlatformRoute } from './platform-route.ts';

export const ORG_STATUSES = [
  'awaiting_payment',
  'provisioning',
  'running',
  'failed',
  'suspended',
  'purging',
] as const;
export const orgStatus = z.enum(ORG_STATUSES);
export type OrgStatus = z.output<typeof orgStatus>;

export const INSTANCE_STATUSES = ['provisioning', 'running', 'failed', 'stopped', 'purged'] as const;
export const instanceStatus = z.enum(INSTANCE_STATUSES);
export type InstanceStatus = z.output<typeof instanceStatus>;

export const PLANS = ['free', 'starter', 'pro'] as const;
export const plan = z.enum(PLANS);
export type Plan = z.output<typeof plan>;

const name = z.string().min(1).max(255);
export const slugParams = z.object({ slug: z.string().max(64) });

export const orgRow = z.object({
  id: uuid,
  slug: z.string(),
  name: z.string(),
  plan,
  status: orgStatus,
  created_at: timestamp,
  updated_at: timestamp,
  credits_balance: z.number(),
  plan_monthly_credits: z.number(),
  overage_used_credits: z.number(),
  overage_cap_credits: z.number(),
});
export type OrgView = z.output<typeof orgRow>;

export const createOrg = definePlatformRoute({
  name: 'createOrg',
  method: 'POST',
  path: '/cp/orgs',
  policy: 'creator',
  scope: 'orgs:create',
  tag: 'orgs',
  summary: 'Make an organisation and begin to provision its tenant',
  body: z.object({
    slug: z.string().max(64),
    name,
    plan: plan.optional(),
    region: z.string().max(64).nullish(),
    vpc_id: z.string().max(64).nullish(),
    subnet_ids: z.array(z.string().max(64)).max(16).nullish(),
  }),
  response: z.object({ id: uuid, slug: z.string(), name: z.string(), plan, status: orgStatus }),
  status: 201,
  errors: [400, 403, 409, 429, 503],
});

export const listOrgs = definePlatformRoute({
  name: 'listOrgs',
  method: 'GET',
  path: '/cp/orgs',
  policy: 'creator',
  scope: 'orgs:read',
  tag: 'orgs',
  summary: 'The organisations that the caller may see, newest first',
  response: z.object({ orgs: z.array(orgRow) }),
});

export const readOrg = definePlatformRoute({
  name: 'readOrg',
  method: 'GET',
  path: '/cp/orgs/:slug',
  policy: 'member',
  scope: 'orgs:read',
  tag: 'orgs',
  summary: 'One organisation',
  params: slugParams,
  response: orgRow,
});

export const provisionStatus = z.object({
  slug: z.string(),
  status: orgStatus,
  stage: z.string().nullable(),
  stages: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['pending', 'running', 'ok', 'failed']),
      at: timestamp.nullable(),
      ms: z.number().nullable(),
    }),
  ),
  error: z.string().optional(),
  deadline: timestamp.nullable(),
});
export type ProvisionStatus = z.output<typeof provisionStatus>;

export const readProvisionStatus = definePlatformRoute({
  name: 'readProvisionStatus',
  method: 'GET',
  path: '/cp/orgs/:slug/provision-status',
  policy: 'member',
  scope: 'provision:status',
  tag: 'orgs',
  summary: 'How far the tenant is: its boot steps, each with its time',
  params: slugParams,
  response: provisionStatus,
});

export const readOrgStatus = definePlatformRoute({
  ...readProvisionStatus,
  name: 'readOrgStatus',
  path: '/cp/orgs/:slug/status',
  summary: 'The same by the id of the organisation',
});

export const followProvisionStatus = definePlatformRoute({
  name: 'followProvisionStatus',
  method: 'GET',
  path: '/cp/orgs/:slug/provision-status/stream',
  policy: 'member',
  scope: 'provision:status',
  tag: 'orgs',
  summary: 'The boot steps as they change, as server-sent events',
  params: slugParams,
  contentType: 'text/event-stream',
  response: z.unknown(),
});

/** What the world may know. The edge is told `upstream` and `org_id` too. */
export const instanceView = z.object({
  slug: z.string(),
  status: z.string(),
  ip: z.string().nullable(),
  region: z.string().nullable().optional(),
  upstream: z.string().nullable(),
  slot: z.string(),
  generation: z.number().int(),
  org_id: uuid.optional(),
});
export type InstanceView = z.output<typeof instanceView>;

export const readInstance = definePlatformRoute({
  name: 'readInstance',
  method: 'GET',
  path: '/cp/orgs/:slug/instance',
  policy: 'open',
  tag: 'orgs',
  summary: 'Where a tenant is and whether it runs',
  params: slugParams,
  response: instanceView,
  errors: [404, 429],
});

export const openTenant = definePlatformRoute({
  name: 'openTenant',
  method: 'POST',
  path: '/cp/orgs/:slug/open',
  policy: 'member',
  tag: 'orgs',
  summary: 'A link that signs the caller in at the tenant; works once, for a short time',
  params: slugParams,
  response: z.object({ url: z.string() }),
  errors: [409, 503],
});

export const retryOrg = definePlatformRoute({
  name: 'retryOrg',
  method: 'POST',
  path: '/cp/orgs/:slug/retry',
  policy: 'org_admin',
  tag: 'orgs',
  summary: 'Provision again after a failure',
  params: slugParams,
  response: z.object({ status: orgStatus }),
  status: 202,
  errors: [409],
});
