// Choose roles: which roles a person has taken together, by pointer or key, on the board and in the outline alike.

import type { CanvasTools } from '../../store/canvas-context.ts';
import type { CanvasStore } from '../../store/store.ts';
import { toggleTeam } from '../teams/collapse-team.ts';
import { matchesFilter } from './model.ts';

export function toggleChosen(store: CanvasStore, id: string): void {
  store.setState(({ chosenIds }) => {
    const next = new Set(chosenIds);
    if (!next.delete(id)) next.add(id);
    return { chosenIds: next };
  });
}

/** All that the filter lets through. */
export function chooseAll(store: CanvasStore): void {
  store.setState(({ roles, filter }) => ({
    chosenIds: new Set(
      Object.values(roles)
        .filter((role) => matchesFilter(role, filter))
        .map(({ id }) => id),
    ),
  }));
}

/** True when the event was meant for choosing: then it opens nothing. */
export function isChoosing(event: { ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }): boolean {
  return event.ctrlKey || event.metaKey || event.shiftKey;
}

interface ChartKey {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** The keys that mean the same on a card and on a line. True when one was taken. */
export function takeChartKey(tools: CanvasTools, event: ChartKey, id: string): boolean {
  const { store } = tools;
  const key = event.key.toLowerCase();
  if (event.altKey) return false;
  if (event.ctrlKey || event.metaKey) {
    if (key !== 'a') return false;
    chooseAll(store);
    return true;
  }
  const { chosenIds } = store.getState();
  if (key === 'x') toggleChosen(store, id);
  else if (key === 'c') void toggleTeam(tools, id);
  else if (key === 'm') {
    store.setState({ moving: { ids: chosenIds.size > 0 ? [...chosenIds] : [id], to: undefined } });
  } else if (key === 'escape' && chosenIds.size > 0) store.setState({ chosenIds: new Set() });
  else return false;
  return true;
}
