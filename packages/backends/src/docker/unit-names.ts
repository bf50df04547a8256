// Unit names: what the engine calls the container, the volumes and the network of ours, and how we know them again.
// Every name comes from an id that exists before the thing does, so that a crash in between leaves nothing unknown.

import { faults, isUuid } from '@molecule/domain';

const PREFIX = 'molecule.platform';
export const LABELS = {
  managed: `${PREFIX}.managed`,
  /** The data folder's own id: two tenants may share an engine. */
  instance: `${PREFIX}.instance`,
  orgId: `${PREFIX}.org_id`,
  workspaceId: `${PREFIX}.workspace_id`,
  role: `${PREFIX}.role`,
} as const;

export interface Owner {
  instanceId: string;
  orgId: string;
}

export interface UnitNames {
  container: string;
  configs: string;
  workspace: string;
  sessions: string;
}

/** Throws INVALID_WORKSPACE_ID: nothing but a whole id reaches the engine. */
export function namesOf(workspaceId: string): UnitNames {
  if (!isUuid(workspaceId)) throw faults.invalidWorkspaceId();
  const unit = `ws-${workspaceId.toLowerCase()}`;
  return {
    container: unit,
    configs: `${unit}-configs`,
    workspace: `${unit}-workspace`,
    sessions: `${unit}-sessions`,
  };
}

export function networkName(owner: Owner): string {
  return `molecule-${owner.instanceId}`;
}

/** `unit` is what runs an agent; `helper` is a container that lives for one act on the volumes. */
export function labelsOf(
  owner: Owner,
  workspaceId: string,
  role: 'unit' | 'helper' | 'volume',
): Record<string, string> {
  return {
    [LABELS.managed]: 'true',
    [LABELS.instance]: owner.instanceId,
    [LABELS.orgId]: owner.orgId,
    [LABELS.workspaceId]: workspaceId.toLowerCase(),
    [LABELS.role]: role,
  };
}

export function isOwn(labels: Readonly<Record<string, string>> | undefined | null, owner: Owner): boolean {
  return labels?.[LABELS.managed] === 'true' && labels[LABELS.instance] === owner.instanceId;
}
