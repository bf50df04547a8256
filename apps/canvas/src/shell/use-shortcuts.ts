// Use shortcuts: the keys that work everywhere, except while somebody is writing.

import { useEffect } from 'react';

export interface Shortcuts {
  onPalette(): void;
  onCheatSheet(): void;
  onOutline(): void;
  onActivity(): void;
  onApprovals(): void;
  onBoard(): void;
  onFilter(): void;
  onNewRole(): void;
  onUndo(): void;
  onRedo(): void;
}

export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        shortcuts.onPalette();
        return;
      }
      const step = stepOf(event, shortcuts);
      if (step && !isWriting(event.target)) {
        event.preventDefault();
        step();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isWriting(event.target)) return;
      const action = actionOf(event.key, shortcuts);
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [shortcuts]);
}

function actionOf(key: string, shortcuts: Shortcuts): (() => void) | null {
  switch (key) {
    case '/':
      return shortcuts.onPalette;
    case '?':
      return shortcuts.onCheatSheet;
    case 'o':
      return shortcuts.onOutline;
    case 'a':
      return shortcuts.onActivity;
    case 'i':
      return shortcuts.onApprovals;
    case 'f':
      return shortcuts.onFilter;
    case 'n':
      return shortcuts.onNewRole;
    case 'b':
      return shortcuts.onBoard;
    default:
      return null;
  }
}

/** Ctrl Z, and Ctrl Shift Z or Ctrl Y. */
function stepOf(event: KeyboardEvent, shortcuts: Shortcuts): (() => void) | null {
  if (!(event.metaKey || event.ctrlKey)) return null;
  const key = event.key.toLowerCase();
  if (key === 'y' || (key === 'z' && event.shiftKey)) return shortcuts.onRedo;
  return key === 'z' ? shortcuts.onUndo : null;
}

function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest('[role="dialog"]') !== null
  );
}
