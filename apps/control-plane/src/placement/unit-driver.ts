// Unit driver: where the workspaces run that the platform places one by one for a tenant: beside their tenant, where it
// reaches them and no other tenant does.
//
//   W1. `place` is idempotent by organisation and workspace: there is one unit at most, and asking again answers the same.
//   W2. A unit is found under its organisation only.
//   W3. `end` keeps what the unit wrote; `erase` leaves nothing.
//   W4. Units outlive the control plane. They end with their tenant: one that is stopped has no compute at all.

import type { Tier } from '@molecule/domain';

export interface UnitSpec {
  orgId: string;
  workspaceId: string;
  tier: Tier;
  env: Readonly<Record<string, string>>;
  /** Relative path below /configs → content. */
  files: ReadonlyMap<string, Buffer>;
  /** What was saved of sessions before this moment is dropped, once for each value. Epoch milliseconds; 0 keeps them. */
  sessionResetAt: number;
}

export interface PlacedUnit {
  instanceId: string;
  /** Where the tenant reaches the agent, on port 8000. */
  address: string;
}

export interface UnitFacts {
  state: 'running' | 'terminated' | 'unknown';
  instanceId: string;
}

export interface UnitDriver {
  place(spec: UnitSpec): Promise<PlacedUnit>;
  /** Null: nothing of it is kept here. */
  inspect(orgId: string, workspaceId: string): Promise<UnitFacts | null>;
  end(orgId: string, workspaceId: string): Promise<void>;
  erase(orgId: string, workspaceId: string): Promise<void>;
  /** The end of what its agent printed; for operators, never stored. */
  readLog(orgId: string, workspaceId: string, maxBytes: number): Promise<string>;
}

/** The port that every placed agent listens on. */
export const UNIT_PORT = 8000;
