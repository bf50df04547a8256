// Tenant store: what is wanted of each tenant, what is, its boot steps, and the claims on outside resources.

import type { platform } from '@molecule/contracts';

export type Wanted = 'up' | 'stopped' | 'gone';

export interface TenantRow {
  orgId: string;
  slug: string;
  orgStatus: platform.OrgStatus;
  region: string | null;
  status: platform.InstanceStatus;
  wanted: Wanted;
  driver: string;
  generation: number;
  slot: string;
  upstream: string | null;
  image: string;
  /** Sealed; null until the credentials were made. */
  adminTokenSealed: Buffer | null;
  dataKeySealed: Buffer | null;
  attempt: number;
  stage: string | null;
  lastError: string | null;
  deadlineAt: number | null;
  failures: number;
}

/** A tenant that runs, as far as its row knows. */
export interface StandingTenant {
  orgId: string;
  upstream: string | null;
  image: string;
}

export interface StepRow {
  name: string;
  state: 'running' | 'ok' | 'failed';
  startedAt: number;
  endedAt: number | null;
  deadlineAt: number;
}

export interface TenantStore {
  find(orgId: string): Promise<TenantRow | null>;
  findBySlug(slug: string): Promise<TenantRow | null>;
  /** The organisation whose tenant holds the token of this digest. */
  findByToken(digest: Buffer): Promise<{ orgId: string } | null>;
  /** Organisations that the reconciler should work on now, the longest waiting first; without those of `except`. */
  due(limit: number, except: readonly string[]): Promise<string[]>;
  /** A page of tenants that should run and did when they were last worked on, by id. */
  standing(after: string | null, limit: number): Promise<StandingTenant[]>;
  dueNow(orgIds: readonly string[]): Promise<void>;
  /** False when another process holds the organisation; else runs `work` alone. The hold ends with this process. */
  hold(orgId: string, work: () => Promise<void>): Promise<boolean>;

  /** Write-ahead: only where there are none yet, so that a repeated step changes nothing. */
  /** The same credentials, sealed anew; nothing happens where the row changed meanwhile. */
  replaceCredentials(
    tenant: TenantRow,
    sealed: { adminTokenSealed: Buffer; dataKeySealed: Buffer },
  ): Promise<void>;
  keepCredentials(
    orgId: string,
    made: { adminTokenSealed: Buffer; adminTokenDigest: Buffer; dataKeySealed: Buffer },
  ): Promise<void>;
  steps(orgId: string, attempt: number): Promise<StepRow[]>;
  /** Keeps the first beginning and its deadline when the step was begun before. */
  beginStep(orgId: string, attempt: number, name: string, limitMs: number): Promise<StepRow>;
  endStep(orgId: string, attempt: number, name: string, state: 'ok' | 'failed'): Promise<void>;

  /** A changed address is a new generation. */
  placed(orgId: string, upstream: string): Promise<void>;
  /** The tenant answered its proof: instance and, where it was being made, the organisation run. */
  running(orgId: string, nextLookMs: number): Promise<void>;
  failed(orgId: string, error: string): Promise<void>;
  stopped(orgId: string): Promise<void>;
  /** Looks again after `afterMs`; counts a failure when there was an error. */
  later(orgId: string, afterMs: number, error: string | null): Promise<void>;
  want(orgId: string, wanted: Wanted): Promise<void>;
  /** A new attempt, from the first step. False when the organisation did not fail. */
  retry(orgId: string): Promise<boolean>;

  claim(orgId: string, kind: string, externalId: string): Promise<void>;
  settle(
    orgId: string,
    kind: string,
    externalId: string,
    state: 'created' | 'deleting' | 'deleted',
  ): Promise<void>;
}
