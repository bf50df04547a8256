// Orgs: customers of the platform, each with exactly one tenant.
export { type CreateOrgDeps, createOrg } from './create-org.ts';
export { type OpenTenantDeps, openTenant } from './open-tenant.ts';
export { OrgOfRequest } from './org-of-request.ts';
export type { AuditEntry, NewOrg, Org, OrgStore, Role } from './org-store.ts';
export { type Credits, NO_CREDITS, orgView } from './org-view.ts';
export { bindOrgRoutes, type OrgRouteDeps } from './routes.ts';
