// Platform admin: what operators and release jobs may do. Nothing here reads a tenant's content.

import { z } from 'zod';
import { lenientInt, timestamp, uuid } from './common.ts';
import { instanceStatus, orgStatus, provisionStatus, slugParams } from './platform-orgs.ts';
import { definePlatformRoute } from './platform-route.ts';

const operator = { policy: 'operator', tag: 'admin' } as const;
const tag = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,199}$/, 'must be the name of an image');

export const adminCreateOrg = definePlatformRoute({
  ...operator,
  name: 'adminCreateOrg',
  method: 'POST',
  path: '/cp/admin/orgs',
  summary: 'Make an organisation for somebody',
  body: z.strictObject({
    slug: z.string().max(64),
    name: z.string().min(1).max(255),
    owner_user_id: uuid,
    provider: z.string().max(64).nullish(),
  }),
  response: z.object({ id: uuid, slug: z.string(), name: z.string(), status: orgStatus }),
  status: 201,
  errors: [400, 404, 409],
});

export const adminOrg = z.object({
  id: uuid,
  slug: z.string(),
  status: orgStatus,
  instance_status: instanceStatus,
  created_at: timestamp,
  last_error: z.string().optional(),
});

export const adminListOrgs = definePlatformRoute({
  ...operator,
  name: 'adminListOrgs',
  method: 'GET',
  path: '/cp/admin/orgs',
  summary: 'Organisations with both of their states, newest first',
  query: z.object({ limit: lenientInt(100, 1, 500) }),
  response: z.object({ orgs: z.array(adminOrg) }),
});

export const readTenantToken = definePlatformRoute({
  ...operator,
  name: 'readTenantToken',
  method: 'GET',
  path: '/cp/admin/orgs/:slug/admin-token',
  summary:
    'The standing token is never shown: with a reason (`X-Molecule-Reason`), a sign-in link is made, and audited',
  params: slugParams,
  response: z.object({ admin_token: z.null(), sign_in_url: z.string(), expires_at: timestamp }),
  errors: [403, 404, 409],
});

export const setCanary = definePlatformRoute({
  ...operator,
  name: 'setCanary',
  method: 'POST',
  path: '/cp/admin/orgs/:slug/canary',
  summary: 'Choose who gets a release first; refused once provisioned',
  params: slugParams,
  body: z.object({ is_canary: z.boolean() }),
  response: z.object({ is_canary: z.boolean() }),
  errors: [404, 409],
});

export const pinTenant = definePlatformRoute({
  ...operator,
  name: 'pinTenant',
  method: 'POST',
  path: '/cp/admin/orgs/:slug/pin',
  summary: 'Hold a tenant on the image that it runs, or on the named one: rollouts to any other leave it out',
  params: slugParams,
  /** `image` null: no longer; left out: the one that it runs. */
  body: z.object({ image: tag.nullable().optional(), reason: z.string().max(500).optional() }),
  isBodyOptional: true,
  response: z.object({ pinned_image: z.string().nullable() }),
  errors: [404],
});

const redeployResult = z.object({
  slug: z.string(),
  phase: z.string(),
  ssm_status: z.string(),
  ssm_exit_code: z.number().nullable(),
  healthz_ok: z.boolean(),
  verified_on_target: z.boolean(),
  error: z.string().optional(),
});
export type RedeployResult = z.output<typeof redeployResult>;

const fleetAnswer = z.object({
  ok: z.boolean(),
  /** In a dry run also those that are left out, with the phase `pinned`. */
  results: z.array(redeployResult),
  stragglers: z.array(z.string()).optional(),
  error: z.string().optional(),
  rollout_id: uuid.optional(),
});

export const redeployTenant = definePlatformRoute({
  ...operator,
  name: 'redeployTenant',
  method: 'POST',
  path: '/cp/admin/tenants/:slug/redeploy',
  summary: 'Bring one tenant to an image; it goes back by itself when the image does not serve',
  params: slugParams,
  body: z.object({ target_tag: tag.optional() }),
  isBodyOptional: true,
  response: fleetAnswer,
  errors: [400, 404, 409],
});

export const redeployOrg = definePlatformRoute({
  ...redeployTenant,
  name: 'redeployOrg',
  path: '/cp/admin/orgs/:slug/redeploy',
});

export const redeployFleet = definePlatformRoute({
  ...operator,
  name: 'redeployFleet',
  method: 'POST',
  path: '/cp/admin/tenants/redeploy-fleet',
  summary: 'Upgrade the fleet: a canary alone, a soak, then batches; the first failed batch stops it',
  body: z.object({
    target_tag: tag.optional(),
    canary_slug: z.string().max(64).optional(),
    soak_seconds: z.number().int().min(0).max(86_400).default(60),
    batch_size: z.number().int().min(1).max(500).default(3),
    max_stragglers: z.number().int().min(0).max(10_000).default(1),
    dry_run: z.boolean().default(false),
    only_slugs: z.array(z.string().max(64)).max(10_000).optional(),
    confirm: z.boolean().optional(),
  }),
  invalidBody: 'invalid request body',
  response: fleetAnswer,
  errors: [400, 409],
});

export const rollingUpgrade = definePlatformRoute({
  ...redeployFleet,
  name: 'rollingUpgrade',
  path: '/cp/admin/rolling-upgrade',
  summary: 'The same with a soak of 30 s and one tenant at a time',
});

export const rollout = z.object({
  id: uuid,
  target: z.string(),
  state: z.enum(['running', 'paused', 'done', 'failed']),
  error: z.string().optional(),
  created_at: timestamp,
  tenants: z.array(
    z.object({ slug: z.string(), phase: z.string(), is_canary: z.boolean(), error: z.string().optional() }),
  ),
});

export const listRollouts = definePlatformRoute({
  ...operator,
  name: 'listRollouts',
  method: 'GET',
  path: '/cp/admin/rollouts',
  summary: 'Upgrades of the fleet, newest first, with how many tenants are in which phase',
  query: z.object({ limit: lenientInt(20, 1, 100) }),
  response: z.object({
    rollouts: z.array(rollout.omit({ tenants: true }).extend({ phases: z.record(z.string(), z.number()) })),
  }),
});

export const readRollout = definePlatformRoute({
  ...operator,
  name: 'readRollout',
  method: 'GET',
  path: '/cp/admin/rollouts/:id',
  summary: 'How far an upgrade is',
  params: z.object({ id: z.string().max(64) }),
  response: rollout,
  errors: [404],
});

const steerRollout = { ...operator, method: 'POST', params: z.object({ id: z.string().max(64) }) } as const;
export const pauseRollout = definePlatformRoute({
  ...steerRollout,
  name: 'pauseRollout',
  path: '/cp/admin/rollouts/:id/pause',
  summary: 'Start no further tenant',
  response: z.object({ state: z.string() }),
  errors: [404, 409],
});
export const resumeRollout = definePlatformRoute({
  ...steerRollout,
  name: 'resumeRollout',
  path: '/cp/admin/rollouts/:id/resume',
  summary: 'Go on',
  response: z.object({ state: z.string() }),
  errors: [404, 409],
});

export const redeployWorkspaces = definePlatformRoute({
  ...operator,
  name: 'redeployWorkspaces',
  method: 'POST',
  path: '/cp/admin/tenants/:slug/workspaces/redeploy',
  summary: 'Pull the pinned images of engines again; not part of this version',
  params: slugParams,
  body: z.object({ runtime: z.string().max(100).default(''), recreate: z.boolean().default(false) }),
  isBodyOptional: true,
  response: z.unknown(),
  errors: [501],
});

export const redeployWorkspacesFleet = definePlatformRoute({
  ...operator,
  name: 'redeployWorkspacesFleet',
  method: 'POST',
  path: '/cp/admin/tenants/workspaces/redeploy-fleet',
  summary: 'The same for all tenants; not part of this version',
  body: z.object({ runtime: z.string().max(100).default(''), recreate: z.boolean().default(false) }),
  isBodyOptional: true,
  response: z.unknown(),
  errors: [501],
});

const computeAnswer = z.object({ instance_status: instanceStatus });
export const stopTenant = definePlatformRoute({
  ...operator,
  name: 'stopTenant',
  method: 'POST',
  path: '/cp/admin/tenants/:slug/stop',
  summary: 'Stop its compute and keep its data',
  params: slugParams,
  response: computeAnswer,
  status: 202,
  errors: [404, 409],
});
export const startTenant = definePlatformRoute({
  ...stopTenant,
  name: 'startTenant',
  path: '/cp/admin/tenants/:slug/start',
  summary: 'Start its compute again',
});

export const listBootEvents = definePlatformRoute({
  ...operator,
  name: 'listBootEvents',
  method: 'GET',
  path: '/cp/admin/tenants/:slug/boot-events',
  summary: 'What the tenant said about its boots, newest first',
  params: slugParams,
  query: z.object({ limit: lenientInt(100, 1, 500) }),
  response: z.object({
    events: z.array(
      z.object({
        stage: z.string(),
        status: z.string(),
        elapsed_ms: z.number().nullable(),
        at: timestamp,
      }),
    ),
  }),
});

export const readDiagnostics = definePlatformRoute({
  ...operator,
  name: 'readDiagnostics',
  method: 'GET',
  path: '/cp/admin/tenants/:slug/diagnostics',
  summary: 'The tenant as its driver finds it, its boot steps and its claims',
  params: slugParams,
  response: z.object({
    instance: z.object({
      status: instanceStatus,
      wanted: z.string(),
      driver: z.string(),
      found: z.string(),
      image: z.string(),
      generation: z.number(),
      last_error: z.string().nullable(),
    }),
    dns: z.object({ name: z.string(), mode: z.literal('wildcard') }),
    tunnel: z.null(),
    provision: provisionStatus,
    resources: z.array(
      z.object({ kind: z.string(), external_id: z.string().nullable(), state: z.string(), at: timestamp }),
    ),
  }),
  errors: [404],
});

export const adminDeleteTenant = definePlatformRoute({
  ...operator,
  name: 'adminDeleteTenant',
  method: 'DELETE',
  path: '/cp/admin/tenants/:slug',
  summary: 'Delete an organisation; a failed deletion resumes when it is asked again',
  params: slugParams,
  body: z.object({ confirm: z.string().max(64) }),
  invalidBody: 'confirm must be the slug',
  failures: ['the deletion did not come to its end; ask again to go on'],
  response: z.unknown(),
  status: 204,
  errors: [400, 404],
});

export const readStats = definePlatformRoute({
  ...operator,
  name: 'readStats',
  method: 'GET',
  path: '/cp/admin/stats',
  summary: 'Counts, and what is left of organisations that nobody knows',
  response: z.object({
    orgs: z.record(z.string(), z.number()),
    instances: z.record(z.string(), z.number()),
    claims: z.record(z.string(), z.number()),
    orphan_claims: z.number(),
    open_purges: z.number(),
    users: z.number(),
    /** Ids of which the driver finds something and the platform has no row; 100 at most, null while it does not answer. */
    unowned_tenants: z.array(z.string()).nullable(),
  }),
});

const listed = z.object({
  email: z
    .string()
    .max(254)
    .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address'),
});
export const listAllowed = definePlatformRoute({
  ...operator,
  name: 'listAllowed',
  method: 'GET',
  path: '/cp/admin/beta-allowlist',
  summary: 'Addresses that may sign up while sign-up is closed',
  response: z.object({ emails: z.array(z.string()) }),
});
export const allowAddress = definePlatformRoute({
  ...operator,
  name: 'allowAddress',
  method: 'POST',
  path: '/cp/admin/beta-allowlist',
  summary: 'Let an address sign up',
  body: listed,
  response: z.unknown(),
  status: 204,
});
export const forgetAddress = definePlatformRoute({
  ...operator,
  name: 'forgetAddress',
  method: 'DELETE',
  path: '/cp/admin/beta-allowlist',
  summary: 'Take an address off the list',
  body: listed,
  response: z.unknown(),
  status: 204,
});

const pinMap = z.record(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/), z.string().min(1).max(300));
export const readPins = definePlatformRoute({
  ...operator,
  name: 'readPins',
  method: 'GET',
  path: '/cp/admin/pins/:kind',
  summary: 'Pinned images or machines by engine',
  params: z.object({ kind: z.enum(['images', 'machines']) }),
  response: pinMap,
});
export const writePins = definePlatformRoute({
  ...operator,
  name: 'writePins',
  method: 'PUT',
  path: '/cp/admin/pins/:kind',
  summary: 'Replace the pins of a kind',
  params: z.object({ kind: z.enum(['images', 'machines']) }),
  body: pinMap,
  response: pinMap,
});

export const rotateEnvelope = definePlatformRoute({
  ...operator,
  name: 'rotateEnvelope',
  method: 'POST',
  path: '/cp/admin/envelope/rotate',
  summary: 'Seal again, with the key of today, what was sealed with an older one',
  response: z.object({ resealed: z.number().int() }),
});

export const listAudit = definePlatformRoute({
  ...operator,
  name: 'listAudit',
  method: 'GET',
  path: '/cp/admin/audit',
  summary: 'What was done, newest first',
  query: z.object({ limit: lenientInt(100, 1, 500), before: z.coerce.number().int().optional() }),
  response: z.object({
    entries: z.array(
      z.object({
        id: z.number(),
        at: timestamp,
        actor: z.string(),
        action: z.string(),
        org_id: z.string().nullable(),
        slug: z.string().nullable(),
        partner_id: z.string().nullable(),
        detail: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
});

export const joinWaitlist = definePlatformRoute({
  name: 'joinWaitlist',
  method: 'POST',
  path: '/cp/waitlist/request',
  policy: 'open',
  tag: 'platform',
  summary: 'Wait for a place; asking again is no error',
  body: z.object({
    email: z
      .string()
      .max(254)
      .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address'),
    name: z.string().max(255).nullish(),
    use_case: z.string().max(2_000).nullish(),
  }),
  response: z.object({ status: z.enum(['received', 'already_received']), message: z.string() }),
  errors: [429],
});

export const listPlatformTemplates = definePlatformRoute({
  name: 'listPlatformTemplates',
  method: 'GET',
  path: '/cp/templates',
  policy: 'open',
  tag: 'platform',
  summary: 'Templates that ship with the product',
  response: z.object({
    templates: z.array(z.object({ name: z.string(), kind: z.enum(['org', 'workspace']) })),
  }),
});

export const readPlatformTemplate = definePlatformRoute({
  name: 'readPlatformTemplate',
  method: 'GET',
  path: '/cp/templates/:name',
  policy: 'open',
  tag: 'platform',
  summary: 'One template',
  params: z.object({ name: z.string().max(64) }),
  response: z.object({ name: z.string(), kind: z.enum(['org', 'workspace']), files: z.array(z.string()) }),
  errors: [404],
});
