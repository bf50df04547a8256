// Tenant environment: everything that a hosted tenant is told at its start. Nothing of the platform's own goes in.

import type { TenantSpec } from '../driver.ts';
import { PLACEMENT_MARK } from './process-identity.ts';

export function tenantEnvironment(
  spec: TenantSpec,
  place: {
    host: string;
    port: number;
    platformUrl: string;
    dataDir: string;
    programPath: string;
    /** Whether this platform places workspaces one by one. */
    hasUnits: boolean;
  },
): Record<string, string> {
  return {
    PATH: place.programPath,
    HOME: place.dataDir,
    LANG: 'C.UTF-8',
    NODE_ENV: 'production',
    // By this mark a tenant is found again after a crash of the control plane.
    [PLACEMENT_MARK]: spec.orgId,
    PORT: String(place.port),
    HOST: place.host,
    MOLECULE_DATA_DIR: place.dataDir,
    MOLECULE_ENV: 'production',
    // Not `saas`: that would let a tenant's agents live on addresses of this machine, where other tenants are.
    MOLECULE_DEPLOY_MODE: 'self-hosted',
    MOLECULE_ORG_ID: spec.orgId,
    MOLECULE_ORG_SLUG: spec.slug,
    MOLECULE_CP_URL: place.platformUrl,
    MOLECULE_CP_SHARED_SECRET: spec.provisionSecret.reveal(),
    MOLECULE_EDGE_KEY: spec.edgeKey.reveal(),
    ADMIN_TOKEN: spec.adminToken.reveal(),
    SECRETS_ENCRYPTION_KEY: spec.dataKey.reveal(),
    EXTERNAL_PLATFORM_URL: spec.publicUrl,
    WORKSPACE_BACKEND: 'process',
    ...(place.hasUnits ? { WORKSPACE_BACKENDS: 'cloud' } : {}),
  };
}
