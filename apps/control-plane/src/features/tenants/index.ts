// Tenants: what is wanted of each, what is, its credentials, and how it is called.
export { type BootPayload, claimedOrg, mintBootToken, verifyBootToken } from './boot-token.ts';
export { type CallTenant, createCallTenant, type TenantAddress, type TenantAnswer } from './call-tenant.ts';
export { CredentialBox, type TenantCredentials } from './credentials.ts';
export { Seal } from './seal.ts';
export type { StandingTenant, StepRow, TenantRow, TenantStore, Wanted } from './tenant-store.ts';
