// Teams: which roles stand on the board when teams are collapsed, who stands in for those that do not, and what goes on
// among them. Pure.
//
//   T1. Whoever reports to a collapsed role, directly or not, is not on the board; the topmost collapsed role stands in.
//   T2. Nothing that happens below a collapsed role is lost: its card counts it, and messages run to and from that card.
//   T3. Whether a team is collapsed is kept by the server, so that everybody sees the same board.

import { MAX_DEPTH } from '@molecule/domain';
import {
  type Census,
  childrenByParent,
  countRoles,
  oncePerRoles,
  type Role,
  type Roles,
} from '../workspaces/model.ts';

export type Chart = ReadonlyMap<string | null, readonly Role[]>;

/** Everything that is derived from one reading of the roles, derived once. */
export interface Teams {
  /** Everybody. */
  whole: Chart;
  /** Those who stand on the board (T1). */
  visible: Chart;
  /** What is hidden below each collapsed role that has a team and stands on the board. */
  hidden: ReadonlyMap<string, HiddenTeam>;
}

export interface HiddenTeam {
  ids: readonly string[];
  census: Census;
}

export const teamsOf = oncePerRoles(deriveTeams);

function deriveTeams(roles: Roles): Teams {
  const whole = childrenByParent(roles);
  const visible = new Map<string | null, readonly Role[]>();
  const hidden = new Map<string, HiddenTeam>();
  const stack: (string | null)[] = [null];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const reports = whole.get(id);
    if (!reports) continue;
    if (id !== null && roles[id]?.isCollapsed) {
      hidden.set(id, hiddenBelow(roles, whole, id));
      continue;
    }
    visible.set(id, reports);
    for (const report of reports) stack.push(report.id);
  }
  return { whole, visible, hidden };
}

function hiddenBelow(roles: Roles, whole: Chart, id: string): HiddenTeam {
  const found: Record<string, Role> = {};
  const stack = [id];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const report of whole.get(next) ?? []) {
      if (found[report.id] || !roles[report.id]) continue;
      found[report.id] = report;
      stack.push(report.id);
    }
  }
  return { ids: Object.keys(found), census: countRoles(found) };
}

/** The role itself, or the one that stands in for it on the board (T1). */
export function standIn(roles: Roles, id: string): string {
  let shown = id;
  let at = roles[id]?.parentId;
  for (let step = 0; at && roles[at] && step < MAX_DEPTH; step++) {
    if (roles[at]?.isCollapsed) shown = at;
    at = roles[at]?.parentId;
  }
  return shown;
}

/** The collapsed roles above one: they must expand before it is seen. */
export function collapsedAbove(roles: Roles, id: string): string[] {
  const above: string[] = [];
  let at = roles[id]?.parentId;
  for (let step = 0; at && roles[at] && step < MAX_DEPTH; step++) {
    if (roles[at]?.isCollapsed) above.push(at);
    at = roles[at]?.parentId;
  }
  return above;
}

/**
 * The teams that "collapse all" closes: those of the first level at which somebody has reports below a head. Teams further
 * down are hidden with them.
 */
export function teamsToCollapse(roles: Roles): string[] {
  const { whole } = teamsOf(roles);
  const heads = (whole.get(null) ?? []).filter((head) => whole.has(head.id));
  const leads = heads.flatMap((head) => whole.get(head.id) ?? []).filter((lead) => whole.has(lead.id));
  const chosen = leads.length > 0 ? leads : heads;
  return chosen.filter((role) => !role.isCollapsed).map(({ id }) => id);
}

export function collapsedTeams(roles: Roles): string[] {
  return Object.values(roles)
    .filter((role) => role.isCollapsed)
    .map(({ id }) => id);
}
