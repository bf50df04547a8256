// Reorganise: what a move in the chart would change, and which roles a person looks for or has chosen. Pure.
//
//   R1. Of roles that are chosen together, only the topmost move or go: what stands below them comes along.
//   R2. A preview tells pairs of roles that may talk after a move and not before, and the other way round, for all that
//       moves and all that stays, by the same rule as the server's.

import { judgeCommunication, MAX_DEPTH } from '@molecule/domain';
import { say } from '../../languages/say.ts';
import { teamsOf } from '../teams/model.ts';
import { childrenByParent, type Role, type Roles } from '../workspaces/model.ts';

export interface MovePreview {
  /** Why it can't be done, in a sentence; null when it can. */
  trouble: string | null;
  /** Pairs that may talk afterwards and could not before. */
  gained: readonly Pair[];
  /** Pairs that could talk before and may not afterwards. */
  lost: readonly Pair[];
}

export interface Pair {
  movedId: string;
  otherId: string;
}

/** Beyond so many roles that move, pairs are told of the topmost alone. */
const JUDGED_ROLES = 100;

export function topmost(roles: Roles, ids: Iterable<string>): string[] {
  const chosen = new Set(ids);
  return [...chosen].filter((id) => roles[id] && !ancestors(roles, id).some((above) => chosen.has(above)));
}

function ancestors(roles: Roles, id: string): string[] {
  const chain: string[] = [];
  let at = roles[id]?.parentId;
  while (at && chain.length < MAX_DEPTH && roles[at]) {
    chain.push(at);
    at = roles[at]?.parentId;
  }
  return chain;
}

export function withDescendants(roles: Roles, ids: readonly string[]): string[] {
  const chart = childrenByParent(roles);
  const all = new Set(ids);
  const stack = [...ids];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const { id: below } of chart.get(id) ?? []) {
      if (all.has(below)) continue;
      all.add(below);
      stack.push(below);
    }
  }
  return [...all];
}

/** `ids` are topmost roles (R1); a null manager stands for the top of the chart. */
export function previewMove(roles: Roles, ids: readonly string[], managerId: string | null): MovePreview {
  const trouble = troubleWithMove(roles, ids, managerId);
  if (trouble) return { trouble, gained: [], lost: [] };
  const moving = new Set(ids);
  const before = (id: string) => (roles[id] ? roles[id].parentId : undefined);
  const after = (id: string) => (moving.has(id) ? managerId : before(id));
  const family = withDescendants(roles, ids);
  const judged = family.length > JUDGED_ROLES ? ids : family;
  const inFamily = new Set(family);
  const gained: Pair[] = [];
  const lost: Pair[] = [];
  for (const movedId of judged) {
    for (const otherId of Object.keys(roles)) {
      if (inFamily.has(otherId)) continue;
      const could = judgeCommunication({ parentOf: before }, movedId, otherId).allowed;
      const may = judgeCommunication({ parentOf: after }, movedId, otherId).allowed;
      if (may && !could) gained.push({ movedId, otherId });
      if (could && !may) lost.push({ movedId, otherId });
    }
  }
  return { trouble: null, gained, lost };
}

function troubleWithMove(roles: Roles, ids: readonly string[], managerId: string | null): string | null {
  if (managerId === null) return null;
  const manager = roles[managerId];
  if (!manager) return say('reorganise.thatRoleWasRemoved');
  if (ids.includes(managerId)) return say('reorganise.managerCantStandBelow', { manager: manager.name });
  const above = ancestors(roles, managerId).find((id) => ids.includes(id));
  if (above)
    return say('reorganise.managerStandsBelow', {
      manager: manager.name,
      above: roles[above]?.name ?? above,
    });
  return null;
}

export type StatusFilter = 'all' | 'working' | 'attention' | 'resting';
export interface RoleFilter {
  text: string;
  status: StatusFilter;
}
export const NO_FILTER: RoleFilter = { text: '', status: 'all' };

export function isFiltering(filter: RoleFilter): boolean {
  return filter.text.trim() !== '' || filter.status !== 'all';
}

/** Every word must be in the name, the purpose, the engine or the current task. */
export function matchesFilter(role: Role, filter: RoleFilter): boolean {
  if (!matchesStatus(role, filter.status)) return false;
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text =
    `${role.name} ${role.purpose ?? ''} ${role.runtime} ${role.model ?? ''} ${role.currentTask}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** What the filter leaves out; a collapsed team is left out when nobody in it is meant. */
export function isDimmed(roles: Roles, role: Role, filter: RoleFilter): boolean {
  if (!isFiltering(filter) || matchesFilter(role, filter)) return false;
  const hidden = teamsOf(roles).hidden.get(role.id)?.ids ?? [];
  return !hidden.some((id) => roles[id] && matchesFilter(roles[id], filter));
}

function matchesStatus(role: Role, status: StatusFilter): boolean {
  switch (status) {
    case 'all':
      return true;
    case 'working':
      return role.activeTasks > 0;
    case 'attention':
      return role.status === 'failed' || role.status === 'degraded' || role.status === 'offline';
    case 'resting':
      return role.status === 'paused' || role.status === 'hibernated';
  }
}
