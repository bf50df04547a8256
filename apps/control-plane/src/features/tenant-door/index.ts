// Tenant door: what tenants ask of the platform and report to it.
export { RevocationFeed } from './follow-revocations.ts';
export type { BootEvent, ReportStore } from './report-store.ts';
export { bindTenantDoor, type TenantDoorDeps } from './routes.ts';
