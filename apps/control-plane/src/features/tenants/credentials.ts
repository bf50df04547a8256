// Tenant credentials: made once, sealed before they are kept, opened only to start or to call the tenant.

import { randomBytes } from 'node:crypto';
import { formatToken } from '@molecule/domain';
import { digestOf, tenantEdgeKey } from '@molecule/http';
import { Secret } from '@molecule/kit';
import type { Place, Sealer } from './seal.ts';
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
  readonly #seal: Sealer;
  readonly #platformEdgeKey: Secret;

  constructor(seal: Sealer, platformEdgeKey: Secret) {
    this.#seal = seal;
    this.#platformEdgeKey = platformEdgeKey;
  }

  async make(
    orgId: string,
  ): Promise<{ adminTokenSealed: Buffer; adminTokenDigest: Buffer; dataKeySealed: Buffer }> {
    const adminToken = formatToken(randomBytes(32).toString('base64url'), 'admin');
    return {
      adminTokenSealed: await this.#seal.close(adminToken, placeOf(orgId, 'admin_token')),
      adminTokenDigest: digestOf(adminToken),
      dataKeySealed: await this.#seal.close(randomBytes(32).toString('base64'), placeOf(orgId, 'data_key')),
    };
  }

  /** The same value, sealed anew. */
  async reseal(orgId: string, column: 'admin_token' | 'data_key', blob: Buffer): Promise<Buffer> {
    const place = placeOf(orgId, column);
    return this.#seal.close(await this.#seal.open(blob, place), place);
  }

  /** How the rows should be sealed from now on; null when they are sealed so. */
  async renew(tenant: TenantRow): Promise<{ adminTokenSealed: Buffer; dataKeySealed: Buffer } | null> {
    const { orgId, adminTokenSealed, dataKeySealed } = tenant;
    if (!adminTokenSealed || !dataKeySealed) return null;
    if (this.#seal.isCurrent(adminTokenSealed) && this.#seal.isCurrent(dataKeySealed)) return null;
    return {
      adminTokenSealed: await this.reseal(orgId, 'admin_token', adminTokenSealed),
      dataKeySealed: await this.reseal(orgId, 'data_key', dataKeySealed),
    };
  }

  /** Null when the credentials were not made yet; throws when they do not open. */
  async open(tenant: TenantRow): Promise<TenantCredentials | null> {
    if (!tenant.adminTokenSealed || !tenant.dataKeySealed) return null;
    return {
      adminToken: Secret.of(
        await this.#seal.open(tenant.adminTokenSealed, placeOf(tenant.orgId, 'admin_token')),
      ),
      dataKey: Secret.of(await this.#seal.open(tenant.dataKeySealed, placeOf(tenant.orgId, 'data_key'))),
      edgeKey: Secret.of(tenantEdgeKey(this.#platformEdgeKey.reveal(), tenant.orgId)),
    };
  }
}
