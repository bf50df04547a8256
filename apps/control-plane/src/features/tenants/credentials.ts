// Tenant credentials: made once, sealed before they are kept, opened only to start or to call the tenant.

import { randomBytes } from 'node:crypto';
import { formatToken } from '@molecule/domain';
import { digestOf, tenantEdgeKey } from '@molecule/http';
import { Secret } from '@molecule/kit';
import type { Place, Seal } from './seal.ts';
import type { TenantRow } from './tenant-store.ts';

/** The row of an organisation's tenant has the organisation's own id. */
const placeOf = (orgId: string, column: string): Place => ({
  orgId,
  table: 'tenant_instances',
  column,
  rowId: orgId,
});

export interface TenantCredentials {
  adminToken: Secret;
  dataKey: Secret;
  edgeKey: Secret;
}

export class CredentialBox {
  readonly #seal: Seal;
  readonly #platformEdgeKey: Secret;

  constructor(seal: Seal, platformEdgeKey: Secret) {
    this.#seal = seal;
    this.#platformEdgeKey = platformEdgeKey;
  }

  make(orgId: string): { adminTokenSealed: Buffer; adminTokenDigest: Buffer; dataKeySealed: Buffer } {
    const adminToken = formatToken(randomBytes(32).toString('base64url'), 'admin');
    return {
      adminTokenSealed: this.#seal.close(adminToken, placeOf(orgId, 'admin_token')),
      adminTokenDigest: digestOf(adminToken),
      dataKeySealed: this.#seal.close(randomBytes(32).toString('base64'), placeOf(orgId, 'data_key')),
    };
  }

  /** The same value, sealed anew. */
  reseal(orgId: string, column: 'admin_token' | 'data_key', blob: Buffer): Buffer {
    const place = placeOf(orgId, column);
    return this.#seal.close(this.#seal.open(blob, place), place);
  }

  /** Null when the credentials were not made yet; throws when they do not open. */
  open(tenant: TenantRow): TenantCredentials | null {
    if (!tenant.adminTokenSealed || !tenant.dataKeySealed) return null;
    return {
      adminToken: Secret.of(this.#seal.open(tenant.adminTokenSealed, placeOf(tenant.orgId, 'admin_token'))),
      dataKey: Secret.of(this.#seal.open(tenant.dataKeySealed, placeOf(tenant.orgId, 'data_key'))),
      edgeKey: Secret.of(tenantEdgeKey(this.#platformEdgeKey.reveal(), tenant.orgId)),
    };
  }
}
