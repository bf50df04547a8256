// Ask new role: opens the dialog for a role below a manager, or at the top of the chart.

import type { CanvasTools } from '../../store/canvas-context.ts';

export function askNewRole({ store }: CanvasTools, managerId: string | null): void {
  store.setState({ hiring: { managerId } });
}

/** Below the role that the keyboard is on or whose panel is open. */
export function askNewRoleHere(tools: CanvasTools): void {
  const { roles, focusedId, panel } = tools.store.getState();
  const at = panel.kind === 'role' ? panel.id : focusedId;
  askNewRole(tools, at && roles[at] ? at : null);
}
