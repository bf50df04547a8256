// Memory access: which namespaces a workspace may read and write, computed from the chart at the time of the call.
//
//   A1. Its own: `workspace:<self>`.
//   A2. The team above, `team:<parent>`, for a child; the team below, `team:<self>`, for a root and for whoever has
//       somebody below. Both readable and writable. Somebody in the middle has both.
//   A3. `org:<root>` is read by the whole tenant and written by that root alone. What was written for everybody stays
//       readable when its writer stops being a root.
//   A4. Nothing else, and nothing at all for a workspace that is unknown or removed. The chart is asked every time.

import type { memories, memoryPlugin } from '@molecule/contracts';
import { Fault, faults, type WorkspaceState } from '@molecule/domain';
import type { WorkspaceDirectory } from '../workspaces/index.ts';

export interface OpenNamespace {
  name: string;
  kind: memoryPlugin.NamespaceKind;
  isWritable: boolean;
  direction: 'up' | 'down' | null;
  /** The workspace that it is named after. */
  ownerId: string;
}

export const GLOBAL_IS_FOR_ROOTS = 'only root workspaces can write GLOBAL memories';

export type MemoryChart = Pick<WorkspaceDirectory, 'get' | 'parentOf' | 'childrenOf'>;

/** Namespaces of roots, today's and former ones that wrote for everybody. */
export interface OrgNamespaces {
  readonly roots: () => readonly string[];
}

/** In the order of a listing: own, teams, organisation. */
export function namespacesOf(chart: MemoryChart, orgs: OrgNamespaces, id: string): OpenNamespace[] {
  const parent = chart.parentOf(id);
  if (parent === undefined) return [];
  const isRoot = parent === null;
  const open = (kind: memoryPlugin.NamespaceKind, ownerId: string): OpenNamespace => ({
    name: `${kind}:${ownerId}`,
    kind,
    isWritable: true,
    direction: null,
    ownerId,
  });
  const above = parent === null ? [] : [{ ...open('team', parent), direction: 'up' as const }];
  const hasTeam = isRoot || chart.childrenOf(id).length > 0;
  const below = hasTeam ? [{ ...open('team', id), direction: 'down' as const }] : [];
  const roots = new Set(isRoot ? [id, ...orgs.roots()] : orgs.roots());
  const everybody = [...roots].map((root) => ({ ...open('org', root), isWritable: isRoot && root === id }));
  return [open('workspace', id), ...above, ...below, ...everybody];
}

/** Where a write of a scope goes: TEAM to the own team of whoever has one, else to the team above. */
export function namespaceForScope(
  chart: MemoryChart,
  workspace: Pick<WorkspaceState, 'id'>,
  scope: memories.MemoryScope,
): string {
  const parent = chart.parentOf(workspace.id);
  if (parent === undefined) throw faults.workspaceNotFound();
  switch (scope) {
    case 'LOCAL':
      return `workspace:${workspace.id}`;
    case 'TEAM':
      return parent === null || chart.childrenOf(workspace.id).length > 0
        ? `team:${workspace.id}`
        : `team:${parent}`;
    case 'GLOBAL':
      if (parent !== null) throw new Fault('FORBIDDEN', GLOBAL_IS_FOR_ROOTS);
      return `org:${workspace.id}`;
  }
}

export function kindOf(namespace: string): memoryPlugin.NamespaceKind {
  const [kind] = namespace.split(':');
  return kind === 'workspace' || kind === 'team' || kind === 'org' ? kind : 'custom';
}

export function scopeOf(namespace: string): memories.MemoryScope {
  const kind = kindOf(namespace);
  return kind === 'workspace' ? 'LOCAL' : kind === 'team' ? 'TEAM' : 'GLOBAL';
}

/** What others can read. */
export function isWide(namespace: string): boolean {
  return kindOf(namespace) !== 'workspace';
}

export function ownerOf(namespace: string): string {
  return namespace.slice(namespace.indexOf(':') + 1);
}
