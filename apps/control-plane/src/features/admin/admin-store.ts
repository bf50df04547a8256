// Admin store: what operators look at and set.

import type { platform } from '@molecule/contracts';

export interface AdminOrg {
  id: string;
  slug: string;
  status: platform.OrgStatus;
  instanceStatus: platform.InstanceStatus;
  createdAt: number;
  lastError: string | null;
}

export interface AuditRow {
  id: number;
  at: number;
  actor: string;
  action: string;
  orgId: string | null;
  slug: string | null;
  partnerId: string | null;
  detail: Record<string, unknown>;
}

export interface AdminStore {
  /** Newest first. */
  listOrgs(limit: number): Promise<AdminOrg[]>;
  /** False once the tenant was provisioned. */
  setCanary(orgId: string, isCanary: boolean): Promise<boolean>;
  /** Undefined: to the image that it runs. What it is held on now. */
  pin(orgId: string, image: string | null | undefined): Promise<string | null>;
  stats(): Promise<{
    orgs: Record<string, number>;
    instances: Record<string, number>;
    claims: Record<string, number>;
    orphanClaims: number;
    openPurges: number;
    users: number;
  }>;
  /** Those of the ids that are no organisation's, 100 at most. */
  unknownAmong(orgIds: readonly string[]): Promise<string[]>;
  /** Newest first; `before` is the id of the last one seen. */
  audit(limit: number, before: number | null): Promise<AuditRow[]>;
  allowed(): Promise<string[]>;
  isAllowed(email: string): Promise<boolean>;
  allow(email: string, by: string): Promise<void>;
  forget(email: string): Promise<void>;
  pins(kind: 'images' | 'machines'): Promise<Record<string, string>>;
  setPins(kind: 'images' | 'machines', pins: Readonly<Record<string, string>>, by: string): Promise<void>;
  /** False when the same address asked within the hour. */
  joinWaitlist(input: { email: string; name: string | null; useCase: string | null }): Promise<boolean>;
  /** Seals anew what was sealed before; answers how many. */
  reseal(
    turn: (orgId: string, column: 'admin_token' | 'data_key', blob: Buffer) => Promise<Buffer>,
  ): Promise<number>;
}
