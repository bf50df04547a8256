// Placement driver: where a tenant runs. One interface, one contract suite, every implementation.
//
//   D1. `ensureRunning` is idempotent by organisation: however often and from however many crashes it is called, there is
//       one tenant at most.
//   D2. `stop` keeps all data; `destroy` leaves nothing, and says so only when nothing is left.
//   D3. "I don't know" is an answer: a driver that cannot tell says `unknown`, and nobody acts on that.
//   D4. Tenants outlive the control plane: its end, however it comes, stops none of them. Only a driver of one machine
//       stops them when somebody stops the whole platform there.
//   D5. A tenant that is brought from one image to another keeps its data from before, until that is settled; brought back,
//       it gets that data again: the new image may have changed what the old one cannot read.

import type { Secret } from '@molecule/kit';
import type { UnitDriver } from './unit-driver.ts';

export interface TenantSpec {
  orgId: string;
  slug: string;
  /** The address that people open, without a trailing slash. */
  publicUrl: string;
  /** Where the tenant reaches the platform. */
  platformUrl: string;
  image: string;
  adminToken: Secret;
  /** The tenant's own encryption key. */
  dataKey: Secret;
  /** By which the tenant checks that a request came through the edge. */
  edgeKey: Secret;
  provisionSecret: Secret;
}

export interface Placement {
  /** Where the edge reaches the tenant, such as `http://127.0.0.1:41234`. */
  upstream: string;
}

export type TenantState =
  | { state: 'running'; upstream: string; image: string }
  | { state: 'stopped' | 'absent' | 'unknown' };

export interface PlacementDriver {
  readonly name: string;
  /** What this driver's tenants can do beyond the contract suite. */
  readonly capabilities: {
    hasSlots: boolean;
    stopsWithPlatform: boolean;
    /** How many organisations may be worked on at once; absent: 8, which a single machine bears. */
    startsAtOnce?: number;
  };
  /** Null: it places tenants only, and no workspaces for them. */
  readonly units: UnitDriver | null;
  /** Throws a Fault that says what is missing when no further tenant can be placed. */
  checkRoom(orgId: string): Promise<void>;
  ensureRunning(spec: TenantSpec): Promise<Placement>;
  inspect(orgId: string): Promise<TenantState>;
  hasImage(image: string): Promise<boolean>;
  /** SHA-256 of the program that a tenant of this image runs, as hex; null: this driver cannot tell. */
  buildOf(image: string): Promise<string | null>;
  /** D5. The upgrade stays: what it could go back to is dropped. */
  settleImage(orgId: string): Promise<void>;
  stop(orgId: string): Promise<void>;
  destroy(orgId: string): Promise<void>;
  /** Every organisation of which something is left, for sweeps. */
  list(): Promise<string[]>;
  /** The end of what the tenant printed at its start; for operators, never stored. */
  readLog(orgId: string, maxBytes: number): Promise<string>;
}
