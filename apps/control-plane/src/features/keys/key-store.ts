// Key store: partner keys by digest.

import type { platform } from '@molecule/contracts';

export interface PartnerKey {
  id: string;
  name: string;
  prefix: string;
  partnerId: string;
  orgId: string | null;
  scopes: readonly platform.PartnerScope[];
  rateLimit: number;
  createdBy: string;
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  lastUsedAt: number | null;
}

export interface KeyStore {
  create(
    input: Omit<PartnerKey, 'id' | 'createdAt' | 'revokedAt' | 'lastUsedAt'> & { hash: Buffer },
  ): Promise<PartnerKey>;
  /** Live keys only; notes the use. */
  use(hash: Buffer): Promise<PartnerKey | null>;
  /** `partnerId` null: all. */
  list(partnerId: string | null): Promise<PartnerKey[]>;
  find(id: string): Promise<PartnerKey | null>;
  /** False when it was revoked before. */
  revoke(id: string): Promise<boolean>;
}
