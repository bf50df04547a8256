// Role actions: what a person can do to a role. Each tells how it went; the events that follow change the board.

import { CallError } from '@molecule/client';
import { workspaces } from '@molecule/contracts';
import { isChosenPlace } from '../../board/layout.ts';
import { say } from '../../languages/say.ts';
import type { CanvasTools } from '../../store/canvas-context.ts';

/** True when it worked; a failure is told as a notice. */
export async function attempt(
  tools: CanvasTools,
  failed: string,
  action: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    tools.store.getState().notify({ tone: 'error', title: failed, detail: failureWords(error) });
    return false;
  }
}

export function failureWords(error: unknown): string {
  if (error instanceof CallError) {
    const { retryAfterSeconds: count } = error;
    const after = count ? ` ${say('workspaces.tryAgainIn', { count })}` : '';
    return `${sentence(error.message)}${after}`;
  }
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return say('workspaces.theServerTookToo');
  return say('workspaces.theServerWasNot');
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(upper) ? upper : `${upper}.`;
}

export const restartRole = (tools: CanvasTools, id: string) =>
  attempt(tools, say('workspaces.theRoleWasNot'), () =>
    tools.call(workspaces.restartWorkspace, { params: { id }, body: {} }),
  );

export const pauseRole = (tools: CanvasTools, id: string) =>
  attempt(tools, say('workspaces.theRoleWasNotPaused'), () =>
    tools.call(workspaces.pauseWorkspace, { params: { id } }),
  );

export const resumeRole = (tools: CanvasTools, id: string) =>
  attempt(tools, say('workspaces.theRoleWasNotResumed'), () =>
    tools.call(workspaces.resumeWorkspace, { params: { id } }),
  );

export const renameRole = (tools: CanvasTools, id: string, name: string) =>
  attempt(tools, say('workspaces.theNameWasNot'), () =>
    tools.call(workspaces.updateWorkspace, { params: { id }, body: { name } }),
  );

export const moveRole = (tools: CanvasTools, id: string, backend: string) =>
  attempt(tools, say('workspaces.theRoleWasNotMoved'), () =>
    tools.call(workspaces.updateWorkspace, { params: { id }, body: { backend } }),
  );

export const removeRole = (tools: CanvasTools, id: string) =>
  attempt(tools, say('workspaces.theRoleWasNotRemoved'), () =>
    tools.call(workspaces.deleteWorkspace, { params: { id }, query: { confirm: 'true' } }),
  );

/** Keeps a place that was chosen by dragging; a place that can't be kept is given up visibly. */
export async function saveMove(tools: CanvasTools, id: string): Promise<boolean> {
  const to = tools.store.getState().moved[id];
  if (!to) return true;
  const isSaved = await attempt(tools, say('workspaces.theNewPlaceWas'), () =>
    tools.call(workspaces.updateWorkspace, { params: { id }, body: to }),
  );
  if (!isSaved) forgetMove(tools, id);
  return isSaved;
}

function forgetMove(tools: CanvasTools, id: string): void {
  const { [id]: _forgotten, ...moved } = tools.store.getState().moved;
  tools.store.setState({ moved });
}

/** Gives every role that was placed by hand back to the automatic layout. */
export async function tidyBoard(tools: CanvasTools): Promise<void> {
  const { roles, moved } = tools.store.getState();
  const placed = Object.values(roles).filter((role) => isChosenPlace(moved[role.id] ?? role));
  const home = { x: 0, y: 0 };
  tools.store.setState({
    moved: { ...moved, ...Object.fromEntries(placed.map(({ id }) => [id, home])) },
  });
  for (const { id } of placed) await saveMove(tools, id);
}
