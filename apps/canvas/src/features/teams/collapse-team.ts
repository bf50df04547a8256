// Collapse team: teams are put away and brought back; the board changes at once, and changes back when the server refuses.

import { workspaces } from '@molecule/contracts';
import { say } from '../../languages/say.ts';
import type { CanvasTools } from '../../store/canvas-context.ts';
import { attempt } from '../workspaces/role-actions.ts';
import { collapsedAbove, collapsedTeams, teamsOf, teamsToCollapse } from './model.ts';

export function hasTeam(tools: CanvasTools, id: string): boolean {
  return teamsOf(tools.store.getState().roles).whole.has(id);
}

export async function setCollapsed(
  tools: CanvasTools,
  ids: readonly string[],
  isCollapsed: boolean,
): Promise<void> {
  show(tools, ids, isCollapsed);
  for (const id of ids) {
    const isSaved = await attempt(tools, say('teams.notSaved'), () =>
      tools.call(workspaces.updateWorkspace, { params: { id }, body: { collapsed: isCollapsed } }),
    );
    if (!isSaved) show(tools, [id], !isCollapsed);
  }
}

export async function toggleTeam(tools: CanvasTools, id: string): Promise<void> {
  if (!hasTeam(tools, id)) return;
  await setCollapsed(tools, [id], !tools.store.getState().roles[id]?.isCollapsed);
}

export const collapseAll = (tools: CanvasTools) =>
  setCollapsed(tools, teamsToCollapse(tools.store.getState().roles), true);

export const expandAll = (tools: CanvasTools) =>
  setCollapsed(tools, collapsedTeams(tools.store.getState().roles), false);

/** Opens whatever hides the role, so that it can be seen. */
export const revealRole = (tools: CanvasTools, id: string) =>
  setCollapsed(tools, collapsedAbove(tools.store.getState().roles, id), false);

/** Opens a team, and whatever hides it. */
export async function revealTeam(tools: CanvasTools, id: string): Promise<void> {
  const { roles } = tools.store.getState();
  const closed = roles[id]?.isCollapsed ? [id] : [];
  await setCollapsed(tools, [...closed, ...collapsedAbove(roles, id)], false);
}

function show({ store }: CanvasTools, ids: readonly string[], isCollapsed: boolean): void {
  store.setState(({ roles }) => ({
    roles: {
      ...roles,
      ...Object.fromEntries(
        ids.flatMap((id) => (roles[id] ? [[id, { ...roles[id], isCollapsed }] as const] : [])),
      ),
    },
  }));
}
