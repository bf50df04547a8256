// Collapse team: teams are put away and brought back; the board changes at once, and changes back when the server refuses.
//
//   C1. Saved one after the other, in the order in which they were wanted. What was meanwhile wanted otherwise is not saved.

import { workspaces } from '@molecule/contracts';
import { say } from '../../languages/say.ts';
import type { CanvasTools } from '../../store/canvas-context.ts';
import type { Roles } from '../workspaces/model.ts';
import { attempt } from '../workspaces/role-actions.ts';
import { collapsedAbove, collapsedTeams, teamsOf, teamsToCollapse } from './model.ts';
import type { TeamWish } from './wishes.ts';

export function hasTeam(tools: CanvasTools, id: string): boolean {
  return teamsOf(tools.store.getState().roles).whole.has(id);
}

/** Resolves when it is saved. */
export function setCollapsed(
  tools: CanvasTools,
  ids: readonly string[],
  isCollapsed: boolean,
): Promise<void> {
  const wishes = ids.map((id): [string, TeamWish] => [id, { isCollapsed, contradictions: null }]);
  show(tools, wishes);
  const saved = (saving.get(tools) ?? Promise.resolve()).then(async () => {
    for (const [id, wish] of wishes) await save(tools, id, wish);
  });
  saving.set(tools, saved);
  return saved;
}

const saving = new WeakMap<CanvasTools, Promise<void>>();

/** C1. */
async function save(tools: CanvasTools, id: string, wish: TeamWish): Promise<void> {
  const isWanted = () => tools.store.getState().wishes[id] === wish;
  if (!isWanted()) return;
  const { isCollapsed } = wish;
  const isSaved = await attempt(tools, say('teams.notSaved'), () =>
    tools.call(workspaces.updateWorkspace, { params: { id }, body: { collapsed: isCollapsed } }),
  );
  if (!isWanted()) return;
  tools.store.setState(({ wishes: { [id]: _ended, ...rest }, roles }) =>
    isSaved
      ? { wishes: { ...rest, [id]: { isCollapsed, contradictions: 0 } } }
      : { wishes: rest, roles: withCollapsed(roles, id, !isCollapsed) },
  );
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

function show({ store }: CanvasTools, wanted: readonly [string, TeamWish][]): void {
  store.setState(({ roles, wishes }) => ({
    wishes: { ...wishes, ...Object.fromEntries(wanted) },
    roles: wanted.reduce((all, [id, { isCollapsed }]) => withCollapsed(all, id, isCollapsed), roles),
  }));
}

function withCollapsed(roles: Roles, id: string, isCollapsed: boolean): Roles {
  const role = roles[id];
  return role ? { ...roles, [id]: { ...role, isCollapsed } } : roles;
}
