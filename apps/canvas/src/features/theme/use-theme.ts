// Use theme: the chosen theme, kept in this browser and put on the page.

import { useCallback, useSyncExternalStore } from 'react';
import { parseTheme, THEME_KEY, type Theme } from './model.ts';

const CHANGED = 'molecule:theme';

/** Called before the first paint, so that nobody sees the wrong theme flash. */
export function applySavedTheme(): void {
  applyTheme(readTheme());
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore((onChange) => {
    window.addEventListener(CHANGED, onChange);
    return () => window.removeEventListener(CHANGED, onChange);
  }, readTheme);
  const choose = useCallback((next: Theme) => {
    try {
      localStorage.setItem(THEME_KEY, next);
    } catch (error) {
      console.warn('the theme is not kept: this browser refuses storage', error);
    }
    applyTheme(next);
    window.dispatchEvent(new Event(CHANGED));
  }, []);
  return [theme, choose];
}

function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function readTheme(): Theme {
  try {
    return parseTheme(localStorage.getItem(THEME_KEY));
  } catch {
    // Storage may be refused; the page then follows the system, which it shows.
    return parseTheme(document.documentElement.dataset.theme ?? null);
  }
}
