// Platform lifecycle: change, suspend, export and delete an organisation; its compute ledger and its counters.

import { z } from 'zod';
import { timestamp, uuid } from './common.ts';
import { instanceStatus, orgRow, orgStatus, plan, slugParams } from './platform-orgs.ts';
import { definePlatformRoute } from './platform-route.ts';

export const changeOrg = definePlatformRoute({
  name: 'changeOrg',
  method: 'PATCH',
  path: '/cp/orgs/:slug',
  policy: 'org_admin',
  tag: 'orgs',
  summary: 'Change the name; limits and plan are for operators',
  params: slugParams,
  body: z.object({
    name: z.string().min(1).max(255).optional(),
    max_workspaces: z.number().int().min(0).max(100_000).nullish(),
    max_tier: z.number().int().min(1).max(4).nullish(),
    billing_plan: plan.optional(),
  }),
  response: orgRow,
  errors: [403],
});

const accepted = z.object({ status: orgStatus });

export const suspendOrg = definePlatformRoute({
  name: 'suspendOrg',
  method: 'POST',
  path: '/cp/orgs/:slug/suspend',
  policy: 'operator',
  tag: 'orgs',
  summary: 'Revoke its keys, stop its compute and close its name; data is kept',
  params: slugParams,
  response: accepted,
  status: 202,
  errors: [404, 409],
});

export const resumeOrg = definePlatformRoute({
  ...suspendOrg,
  name: 'resumeOrg',
  path: '/cp/orgs/:slug/resume',
  summary: 'Open it again; its keys are to be minted anew',
});

const confirmation = z.object({
  confirm: z.union([z.literal(true), z.string().max(64)]),
  delete_workspaces: z.boolean().optional(),
});

export const deleteOrg = definePlatformRoute({
  name: 'deleteOrg',
  method: 'DELETE',
  path: '/cp/orgs/:slug',
  policy: 'owner',
  scope: 'orgs:delete',
  tag: 'orgs',
  summary: 'Delete an organisation with everything of it; a failed deletion resumes when it is asked again',
  params: slugParams,
  body: confirmation,
  invalidBody: 'confirm must be the slug',
  failures: ['the deletion did not come to its end; ask again to go on'],
  response: z.unknown(),
  status: 204,
  errors: [400, 409],
});

export const exportOrg = definePlatformRoute({
  name: 'exportOrg',
  method: 'GET',
  path: '/cp/orgs/:slug/export',
  policy: 'owner',
  scope: 'orgs:export',
  tag: 'orgs',
  summary: 'Everything that the platform holds about an organisation; its content is exported by its tenant',
  params: slugParams,
  response: z.object({
    org: orgRow,
    instance: z.object({
      status: instanceStatus,
      driver: z.string(),
      image: z.string(),
      generation: z.number(),
    }),
    members: z.array(z.object({ user_id: uuid, email: z.string(), role: z.string(), created_at: timestamp })),
    resources: z.array(
      z.object({ kind: z.string(), external_id: z.string().nullable(), state: z.string(), at: timestamp }),
    ),
    credits: z.array(z.object({ kind: z.string(), amount: z.number(), reason: z.string(), at: timestamp })),
    audit: z.array(z.object({ action: z.string(), actor: z.string(), at: timestamp })),
    tenant_export: z.object({ url: z.string() }),
  }),
});

export const listOrgWorkspaces = definePlatformRoute({
  name: 'listOrgWorkspaces',
  method: 'GET',
  path: '/cp/orgs/:slug/workspaces',
  policy: 'member',
  scope: 'orgs:read',
  tag: 'orgs',
  summary: 'Units that the platform placed for the tenant: ids and states, no names',
  params: slugParams,
  response: z.object({
    org: z.string(),
    workspaces: z.array(
      z.object({
        id: uuid,
        runtime: z.string(),
        tier: z.number(),
        instance_id: z.string().nullable(),
        status: z.string(),
      }),
    ),
  }),
});

export const readOrgMetrics = definePlatformRoute({
  name: 'readOrgMetrics',
  method: 'GET',
  path: '/cp/orgs/:slug/metrics',
  policy: 'member',
  scope: 'billing:read',
  tag: 'orgs',
  summary: 'Counters that follow from the ledger and from usage; what only the tenant knows is null',
  params: slugParams,
  response: z.object({
    total_workspaces: z.number(),
    active_agents: z.null(),
    avg_response_time_ms: z.null(),
    total_tasks_dispatched: z.null(),
  }),
});

export const installFromMarketplace = definePlatformRoute({
  name: 'installFromMarketplace',
  method: 'POST',
  path: '/cp/orgs/:slug/marketplace/install',
  policy: 'member',
  tag: 'orgs',
  summary: 'Gone: content is installed at the tenant',
  params: slugParams,
  response: z.unknown(),
  errors: [410],
});
