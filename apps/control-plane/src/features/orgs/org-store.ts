// Org store: organisations, who belongs to them, and the audit of what was done to them.

import type { platform } from '@molecule/contracts';

export type Role = 'owner' | 'admin' | 'member';

export interface Org {
  id: string;
  slug: string;
  name: string;
  status: platform.OrgStatus;
  plan: platform.Plan;
  region: string | null;
  isCanary: boolean;
  maxWorkspaces: number | null;
  maxTier: number | null;
  partnerId: string | null;
  createdAt: number;
  updatedAt: number;
}

export interface NewOrg {
  slug: string;
  name: string;
  plan: platform.Plan;
  region: string | null;
  /** Null when an operator or a partner makes it. */
  ownerUserId: string | null;
  partnerId: string | null;
  createdBy: string;
  status: 'provisioning' | 'awaiting_payment';
  driver: string;
}

export interface AuditEntry {
  actor: string;
  action: string;
  org?: { id: string; slug: string };
  partnerId?: string | null;
  /** Names, numbers and states only; never a credential, an address or a text of a tenant. */
  detail?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface OrgStore {
  /** Organisation, owner, tenant row and audit in one transaction; null when the slug is taken. */
  create(input: NewOrg): Promise<Org | null>;
  find(slugOrId: string): Promise<Org | null>;
  roleOf(orgId: string, userId: string): Promise<Role | null>;
  listOf(userId: string): Promise<Org[]>;
  listOfPartner(partnerId: string, orgId: string | null): Promise<Org[]>;
  listAll(limit: number): Promise<Org[]>;
  audit(entry: AuditEntry): Promise<void>;
}
