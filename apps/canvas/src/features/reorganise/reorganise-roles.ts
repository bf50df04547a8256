// Reorganise roles: moves in the chart, renames, places and pauses that can be undone, and removals that cannot.

import { workspaces } from '@molecule/contracts';
import { say } from '../../languages/say.ts';
import { listWords } from '../../languages/value-words.ts';
import type { CanvasTools } from '../../store/canvas-context.ts';
import type { Roles } from '../workspaces/model.ts';
import {
  attempt,
  pauseRole,
  removeRole,
  renameRole,
  restartRole,
  resumeRole,
  saveMove,
} from '../workspaces/role-actions.ts';
import { topmost } from './model.ts';
import { addStep } from './undo.ts';

type Place = { id: string; parentId: string | null; x: number; y: number };

/** New people take the place that the layout gives them. */
export async function moveRoles(
  tools: CanvasTools,
  ids: readonly string[],
  managerId: string | null,
): Promise<boolean> {
  const { roles } = tools.store.getState();
  const moving = topmost(roles, ids).filter((id) => roles[id]?.parentId !== managerId);
  const before = moving.map((id) => placeOf(roles, id));
  const after = before.map(({ id }) => ({ id, parentId: managerId, x: 0, y: 0 }));
  if (moving.length === 0) return true;
  if (!(await putAll(tools, after))) return false;
  addStep(tools, {
    label: managerId
      ? say('reorganise.movedBelow', { names: namesOf(roles, moving), manager: roles[managerId]?.name ?? '' })
      : say('reorganise.movedToTop', { names: namesOf(roles, moving) }),
    undo: () => putAll(tools, before),
    redo: () => putAll(tools, after),
  });
  return true;
}

function placeOf(roles: Roles, id: string): Place {
  const role = roles[id];
  return { id, parentId: role?.parentId ?? null, x: role?.x ?? 0, y: role?.y ?? 0 };
}

async function putAll(tools: CanvasTools, places: readonly Place[]): Promise<boolean> {
  let isWhole = true;
  for (const { id, parentId, x, y } of places) {
    const isPut = await attempt(
      tools,
      say('reorganise.notMoved', { name: namesOf(tools.store.getState().roles, [id]) }),
      () => tools.call(workspaces.updateWorkspace, { params: { id }, body: { parent_id: parentId, x, y } }),
    );
    isWhole &&= isPut;
    if (!isPut) continue;
    tools.store.setState(({ roles, moved: { [id]: _place, ...moved } }) => ({
      moved,
      roles: roles[id] ? { ...roles, [id]: { ...roles[id], parentId, x, y } } : roles,
    }));
  }
  return isWhole;
}

/** A card was put elsewhere by hand. */
export async function keepPlace(
  tools: CanvasTools,
  id: string,
  before: { x: number; y: number },
): Promise<void> {
  const to = tools.store.getState().moved[id];
  if (!to) return;
  if (!(await saveMove(tools, id))) return;
  const put = async (at: { x: number; y: number }) => {
    tools.store.setState(({ moved }) => ({ moved: { ...moved, [id]: at } }));
    return saveMove(tools, id);
  };
  addStep(tools, {
    label: say('reorganise.otherPlace', { name: namesOf(tools.store.getState().roles, [id]) }),
    undo: () => put(before),
    redo: () => put(to),
  });
}

export async function renameUndoably(tools: CanvasTools, id: string, name: string): Promise<boolean> {
  const before = tools.store.getState().roles[id]?.name ?? name;
  if (!(await renameRole(tools, id, name))) return false;
  addStep(tools, {
    label: say('reorganise.beforeIsCalledName', { before, name }),
    undo: () => renameRole(tools, id, before),
    redo: () => renameRole(tools, id, name),
  });
  return true;
}

type Verb = 'pause' | 'resume';
const VERBS = { pause: pauseRole, resume: resumeRole } as const;

/** Those that the verb changes; others are left alone. */
export async function pauseOrResume(tools: CanvasTools, verb: Verb, ids: readonly string[]): Promise<void> {
  const { roles } = tools.store.getState();
  const changed = ids.filter((id) => (roles[id]?.status === 'paused') === (verb === 'resume'));
  const run = async (which: Verb) => {
    let isWhole = true;
    for (const id of changed) isWhole = (await VERBS[which](tools, id)) && isWhole;
    return isWhole;
  };
  if (changed.length === 0 || !(await run(verb))) return;
  const other = verb === 'pause' ? 'resume' : 'pause';
  addStep(tools, {
    label: say(verb === 'pause' ? 'reorganise.paused' : 'reorganise.resumed', {
      names: namesOf(roles, changed),
    }),
    undo: () => run(other),
    redo: () => run(verb),
  });
}

export async function restartAll(tools: CanvasTools, ids: readonly string[]): Promise<void> {
  const { roles } = tools.store.getState();
  for (const id of ids) if (roles[id]?.runtime !== 'external') await restartRole(tools, id);
}

export async function removeAll(tools: CanvasTools, ids: readonly string[]): Promise<void> {
  for (const id of topmost(tools.store.getState().roles, ids)) await removeRole(tools, id);
}

const NAMED = 2;

export function namesOf(roles: Roles, ids: readonly string[]): string {
  const names = ids.map((id) => roles[id]?.name ?? say('reorganise.aRemovedRoleFirst'));
  const rest = names.length - NAMED;
  if (rest > 0) return say('reorganise.namesMore', { names: listWords(names.slice(0, NAMED)), more: rest });
  const [first = '', second] = names;
  return second === undefined ? first : say('reorganise.twoNames', { first, second });
}
