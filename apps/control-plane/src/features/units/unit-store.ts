// Unit store: which workspaces were placed for whom, and how they stand. A row is there before its unit is.

export interface UnitRow {
  orgId: string;
  workspaceId: string;
  instanceId: string | null;
  /** `pending` until it is placed. `terminated`: its volume may be kept. */
  state: 'pending' | 'running' | 'terminated';
}

export interface UnitStore {
  /** Counts against `max` (null: no limit), one organisation at a time; one that counts already counts once. Null: there is no room. */
  claim(
    unit: { orgId: string; workspaceId: string; runtime: string; tier: number },
    max: number | null,
  ): Promise<UnitRow | null>;
  setState(
    orgId: string,
    workspaceId: string,
    state: UnitRow['state'],
    instanceId: string | null,
  ): Promise<void>;
  forget(orgId: string, workspaceId: string): Promise<void>;
  find(orgId: string, workspaceId: string): Promise<UnitRow | null>;
  /** Of all organisations, for operators: a workspace's id is its tenant's own word. Newest first. */
  findAll(workspaceId: string): Promise<UnitRow[]>;
}
