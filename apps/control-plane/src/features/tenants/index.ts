// Tenants: what is wanted of each, what is, its credentials, and how it is called.
export { openAwsKeyService } from './aws-key-service.ts';
export { type BootPayload, claimedOrg, mintBootToken, verifyBootToken } from './boot-token.ts';
export { type CallTenant, createCallTenant, type TenantAddress, type TenantAnswer } from './call-tenant.ts';
export { CredentialBox, type TenantCredentials } from './credentials.ts';
export { EnvelopeSeal } from './envelope-seal.ts';
export type { KeyService } from './key-service.ts';
export { Seal, type Sealer } from './seal.ts';
export type { StandingTenant, StepRow, TenantRow, TenantStore, Wanted } from './tenant-store.ts';
