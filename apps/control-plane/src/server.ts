// Server: mounts each feature's routes; every operation stands under its stable name and its older alias.

import type { platform } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import {
  type Authorize,
  addSecurityHeaders,
  type CallerEvidence,
  createServer,
  refuseRoutesWithoutContract,
} from '@molecule/http';
import type { Log } from '@molecule/kit';
import type { FastifyInstance } from 'fastify';
import type { PlatformCaller } from './access/caller.ts';
import { createPlatformBinder } from './access/platform-binder.ts';
import type { PlatformRateLimit } from './access/platform-rate-limit.ts';
import { type AdminDeps, bindAdminRoutes } from './features/admin/index.ts';
import { type BillingDeps, bindBillingRoutes, bindStripeWebhook } from './features/billing/index.ts';
import { serveConsole } from './features/console/index.ts';
import { bindFleetRoutes, type FleetDeps } from './features/fleet/index.ts';
import { bindKeyRoutes, type KeyDeps } from './features/keys/index.ts';
import { bindLifecycleRoutes, type LifecycleDeps } from './features/lifecycle/index.ts';
import { bindMemberRoutes, type MemberDeps } from './features/members/index.ts';
import { bindOrgRoutes, type OrgRouteDeps } from './features/orgs/index.ts';
import { bindPeopleRoutes, type PeopleDeps } from './features/people/index.ts';
import { bindTenantDoor, type TenantDoorDeps } from './features/tenant-door/index.ts';
import { bindUnitRoutes, type UnitRouteDeps } from './features/units/index.ts';
import { translateDatabaseError } from './translate-database-error.ts';

export interface ServerDeps {
  log: Log;
  identify(evidence: CallerEvidence): Promise<PlatformCaller>;
  authorize: Authorize<PlatformCaller, platform.PlatformRoute>;
  rateLimit: PlatformRateLimit;
  consoleDir: string;
  people: PeopleDeps;
  orgs: OrgRouteDeps;
  members: MemberDeps;
  lifecycle: LifecycleDeps;
  keys: KeyDeps;
  billing: BillingDeps;
  tenantDoor: TenantDoorDeps;
  units: UnitRouteDeps;
  admin: AdminDeps;
  fleet: FleetDeps;
}

export async function buildServer(deps: ServerDeps): Promise<FastifyInstance> {
  const app = createServer({
    log: deps.log,
    bodyLimitBytes: LIMITS.jsonBodyBytes,
    translate: translateDatabaseError,
  });
  refuseRoutesWithoutContract(app);
  addSecurityHeaders(app, (path) => !path.startsWith('/cp/') && !path.startsWith('/api/'));
  const { bind } = createPlatformBinder(app, deps.identify, deps.authorize, (route, caller, request, reply) =>
    deps.rateLimit.admit(route, caller, request, reply),
  );
  bindPeopleRoutes(bind, deps.people);
  bindOrgRoutes(bind, deps.orgs);
  bindMemberRoutes(bind, deps.members);
  bindLifecycleRoutes(bind, deps.lifecycle);
  bindKeyRoutes(bind, deps.keys);
  bindBillingRoutes(bind, deps.billing);
  await bindStripeWebhook(app, deps.billing);
  bindTenantDoor(bind, deps.tenantDoor);
  bindUnitRoutes(bind, deps.units);
  bindAdminRoutes(bind, deps.admin);
  bindFleetRoutes(bind, deps.fleet);
  await serveConsole(app, deps.consoleDir);
  app.setNotFoundHandler(async (_, reply) => reply.code(404).send({ error: 'not found', code: 'not_found' }));
  return app;
}
