// Lifecycle store: changes of an organisation's state, its deletion step by step, and what an export shows.

import type { platform } from '@molecule/contracts';
import type { Org } from '../orgs/index.ts';

export interface Purge {
  id: string;
  orgId: string;
  slug: string;
  status: 'running' | 'failed' | 'done';
  lastStep: string | null;
  attempts: number;
  /** Epoch milliseconds. */
  at: number;
}

export interface LifecycleStore {
  change(
    orgId: string,
    change: { name?: string; maxWorkspaces?: number | null; maxTier?: number | null; plan?: platform.Plan },
  ): Promise<Org | null>;
  /** False when the organisation is in none of the states of `from`. Suspending tells the tenant in the same transaction. */
  setStatus(
    orgId: string,
    from: readonly platform.OrgStatus[],
    to: platform.OrgStatus,
    options?: { tells?: 'org_suspended' },
  ): Promise<boolean>;

  /** The open deletion of this organisation, begun now when there was none. The organisation is `purging` afterwards. */
  beginPurge(org: { id: string; slug: string }, requestedBy: string): Promise<Purge>;
  openPurge(orgId: string): Promise<Purge | null>;
  /** Of an organisation that is gone already, or nearly. */
  openPurgeOfSlug(slug: string): Promise<Purge | null>;
  openPurges(): Promise<Purge[]>;
  stepDone(purgeId: string, step: string): Promise<void>;
  purgeFailed(purgeId: string, error: string): Promise<void>;
  purgeDone(purgeId: string): Promise<void>;
  /** People whose only organisation this was. */
  forgetLonelyPeople(orgId: string): Promise<number>;
  /** Usage stays as numbers without an owner; everything else of the organisation goes, but the audit and the purge. */
  deleteRows(orgId: string): Promise<void>;
  /** The settled ones; the others would be a reason not to call. */
  forgetClaims(orgId: string): Promise<void>;
  liveClaims(orgId: string): Promise<{ kind: string; externalId: string }[]>;

  resources(orgId: string): Promise<{ kind: string; externalId: string | null; state: string; at: number }[]>;
  auditOf(orgId: string): Promise<{ action: string; actor: string; at: number }[]>;
  creditsOf(orgId: string): Promise<{ kind: string; amount: number; reason: string; at: number }[]>;
  units(
    orgId: string,
  ): Promise<{ id: string; runtime: string; tier: number; instanceId: string | null; state: string }[]>;
}
