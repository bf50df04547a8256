// Focus chart: brings the keyboard to the chart: to the role it was on, or to the first one.

import { standIn, teamsOf } from '../features/teams/model.ts';
import type { CanvasStore } from '../store/store.ts';

export function focusChart(store: CanvasStore): void {
  const { roles, focusedId } = store.getState();
  const id = focusedId && roles[focusedId] ? standIn(roles, focusedId) : firstRole(roles);
  if (!id) return;
  // Whatever has the focus gives it up: the card may have to come into sight before it can take it.
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  store.setState({ focusedId: null });
  store.setState({ focusedId: id });
  document.querySelector<HTMLElement>(`[data-role-id="${CSS.escape(id)}"]`)?.focus();
}

function firstRole(roles: Parameters<typeof teamsOf>[0]): string | undefined {
  return teamsOf(roles).visible.get(null)?.[0]?.id;
}
